/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short words for json-c: add a member, read a member, parse and print. */

#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

static struct json_object *string_new(const char *value)
{
	_cleanup_free_ char *safe = NULL;

	if (!value)
		return NULL;
	safe = text_escape_terminal(value);
	return json_object_new_string(safe ? safe : "");
}

void json_add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, string_new(value));
}

void json_add_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

void json_add_int(struct json_object *o, const char *key, int64_t value)
{
	json_object_object_add(o, key, json_object_new_int64(value));
}

void json_add_hex(struct json_object *o, const char *key, uint64_t value, int digits)
{
	_cleanup_free_ char *text = text_format("0x%0*llx", digits, (unsigned long long)value);

	json_add_string(o, key, text);
}

void json_add_null(struct json_object *o, const char *key)
{
	json_object_object_add(o, key, NULL);
}

void json_add_strv(struct json_object *o, const char *key, char *const *v)
{
	struct json_object *array = json_add_array(o, key);

	for (; v && *v; v++)
		json_append_string(array, *v);
}

struct json_object *json_add_object(struct json_object *o, const char *key)
{
	struct json_object *child = json_object_new_object();

	json_object_object_add(o, key, child);
	return child;
}

struct json_object *json_add_array(struct json_object *o, const char *key)
{
	struct json_object *child = json_object_new_array();

	json_object_object_add(o, key, child);
	return child;
}

void json_append_string(struct json_object *array, const char *value)
{
	json_object_array_add(array, string_new(value));
}

const char *json_get_string(struct json_object *o, const char *key)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, key, &member) || !json_object_is_type(member, json_type_string))
		return NULL;
	return json_object_get_string(member);
}

int64_t json_get_int(struct json_object *o, const char *key)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, key, &member) || !json_object_is_type(member, json_type_int))
		return 0;
	return json_object_get_int64(member);
}

bool json_get_bool(struct json_object *o, const char *key)
{
	struct json_object *member;

	return json_object_object_get_ex(o, key, &member) && json_object_is_type(member, json_type_boolean) &&
	       json_object_get_boolean(member);
}

struct json_object *json_get_array(struct json_object *o, const char *key)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, key, &member) || !json_object_is_type(member, json_type_array))
		return NULL;
	return member;
}

int json_parse(const char *text, size_t size, struct json_object **ret)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o;
	enum json_tokener_error error;
	size_t end;

	if (!tokener)
		return -ENOMEM;
	/* json-c wants to see the end of the text, so the NUL behind it is handed in too. */
	o = json_tokener_parse_ex(tokener, text, (int)size + 1);
	error = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	while (end < size && strchr(" \t\r\n", text[end]) && text[end])
		end++;
	if (error != json_tokener_success || !o || end < size) {
		json_object_put(o);
		return -EINVAL;
	}
	*ret = o;
	return 0;
}
