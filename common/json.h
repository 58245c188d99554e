/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short words for json-c: add a member, read a member, parse and print. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

static inline void json_putp(struct json_object **o)
{
	json_object_put(*o);
}

#define _cleanup_json_ _cleanup_(json_putp)

/* A string that is not UTF-8 (a serial number may hold any byte) is written with its odd bytes as \xNN; NULL gives null. */
void json_add_string(struct json_object *o, const char *key, const char *value);
void json_add_bool(struct json_object *o, const char *key, bool value);
void json_add_int(struct json_object *o, const char *key, int64_t value);
void json_add_hex(struct json_object *o, const char *key, uint64_t value, int digits); /* "0x010802" */
void json_add_null(struct json_object *o, const char *key);
void json_add_strv(struct json_object *o, const char *key, char *const *v);
struct json_object *json_add_object(struct json_object *o, const char *key);
struct json_object *json_add_array(struct json_object *o, const char *key);
void json_append_string(struct json_object *array, const char *value);

/* NULL, 0 or false where the member is absent or of another type. The string is borrowed from the object. */
const char *json_get_string(struct json_object *o, const char *key);
int64_t json_get_int(struct json_object *o, const char *key);
bool json_get_bool(struct json_object *o, const char *key);
struct json_object *json_get_array(struct json_object *o, const char *key);

/* The whole text is one document, else -EINVAL. */
int json_parse(const char *text, size_t size, struct json_object **ret);
