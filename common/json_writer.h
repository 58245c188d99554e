/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON text written as it is told: for long lists, of which a tree in memory would take fifty times the text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

#define JSON_DEPTH_MAX 16

/* Empty: {}. The text has two blanks for each level, as json-c writes it; text.failed says that memory ran out. */
struct json_writer {
	struct text text;
	unsigned depth;
	char closers[JSON_DEPTH_MAX];
	bool has_members[JSON_DEPTH_MAX];
};

/* Goes on inside an object that was written elsewhere, up to its last member. */
void json_write_inside(struct json_writer *w);
/* What is opened must be closed; key NULL: an element of a list. A key is a word of ours and needs no escape. */
void json_write_object(struct json_writer *w, const char *key);
void json_write_array(struct json_writer *w, const char *key);
void json_write_close(struct json_writer *w);
/* As json_add_string(): odd bytes and control characters as \xNN; NULL gives null. */
void json_write_string(struct json_writer *w, const char *key, const char *value);
void json_write_bool(struct json_writer *w, const char *key, bool value);
void json_write_int(struct json_writer *w, const char *key, int64_t value);
void json_write_hex(struct json_writer *w, const char *key, uint64_t value, int digits); /* "0x010802" */
void json_write_null(struct json_writer *w, const char *key);
void json_write_strv(struct json_writer *w, const char *key, char *const *v);
