/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Written JSON is what json-c writes of the same members, whatever the strings hold. */

#include "common/cleanup.h"
#include "common/json.h"
#include "common/json_writer.h"
#include "tests/unit/check.h"

#define FLAGS (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

TEST(a_document_is_byte_for_byte_that_of_json_c)
{
	char *words[] = { (char *)"flr", (char *)"bus", NULL };
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *array, *item, *child;
	struct json_writer w = {};

	json_add_string(o, "address", "0000:05:00.0");
	json_add_int(o, "group", -7);
	json_add_int(o, "size", INT64_MAX);
	json_add_bool(o, "64bit", true);
	json_add_string(o, "none", NULL);
	json_add_hex(o, "class", 0x10802, 6);
	json_add_strv(o, "methods", words);
	json_add_strv(o, "empty", NULL);
	child = json_add_object(o, "link");
	json_add_bool(child, "full", false);
	array = json_add_array(o, "bars");
	for (int i = 0; i < 2; i++) {
		item = json_object_new_object();
		json_add_int(item, "index", i);
		json_add_strv(item, "inner", i ? words : NULL);
		json_object_array_add(array, item);
	}

	json_write_object(&w, NULL);
	json_write_string(&w, "address", "0000:05:00.0");
	json_write_int(&w, "group", -7);
	json_write_int(&w, "size", INT64_MAX);
	json_write_bool(&w, "64bit", true);
	json_write_string(&w, "none", NULL);
	json_write_hex(&w, "class", 0x10802, 6);
	json_write_strv(&w, "methods", words);
	json_write_strv(&w, "empty", NULL);
	json_write_object(&w, "link");
	json_write_bool(&w, "full", false);
	json_write_close(&w);
	json_write_array(&w, "bars");
	for (int i = 0; i < 2; i++) {
		json_write_object(&w, NULL);
		json_write_int(&w, "index", i);
		json_write_strv(&w, "inner", i ? words : NULL);
		json_write_close(&w);
	}
	json_write_close(&w);
	json_write_close(&w);
	CHECK(!w.text.failed && w.depth == 0);
	CHECK_STR(w.text.data, json_object_to_json_string_ext(o, FLAGS));
	text_done(&w.text);
}

/* Every byte, alone and beside others, and what only looks like UTF-8. */
TEST(strings_are_escaped_as_json_c_escapes_them)
{
	static const char *const strings[] = { "", "plain", "a\"b\\c/d", "line\nand\ttab", "\x1b[31mred", "caf\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x98\x80",
					       "\xc3", "\xe2\x86", "\xc0\xaf", "\xed\xa0\x80", "\xff\xfe", "\"", "\\", "\n", "S4EVNX0R1  ",
					       "<script>'&" };

	for (size_t i = 0; i < ARRAY_SIZE(strings) + 255; i++) {
		char one[4] = { 'x', (char)(i - ARRAY_SIZE(strings) + 1), 'y', '\0' };
		const char *s = i < ARRAY_SIZE(strings) ? strings[i] : one;
		_cleanup_json_ struct json_object *o = json_object_new_object(), *back = NULL;
		struct json_writer w = {};

		json_add_string(o, "s", s);
		json_write_object(&w, NULL);
		json_write_string(&w, "s", s);
		json_write_close(&w);
		CHECK_STR(w.text.data, json_object_to_json_string_ext(o, FLAGS));
		CHECK(json_parse(w.text.data, w.text.size, &back) == 0);
		text_done(&w.text);
	}
}

TEST(an_object_begun_elsewhere_is_gone_on_with)
{
	struct json_writer w = {};

	json_write_inside(&w);
	json_write_array(&w, "devices");
	json_write_close(&w);
	json_write_int(&w, "n", 0);
	json_write_close(&w);
	CHECK_STR(w.text.data, ",\n  \"devices\": [\n  ],\n  \"n\": 0\n}");
	text_done(&w.text);
}

TEST_MAIN()
