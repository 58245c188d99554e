/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text, records and JSON, with the bytes that devices and people may send. */

#include <errno.h>
#include <signal.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/process.h"
#include "common/record.h"
#include "common/text.h"
#include "tests/unit/check.h"

TEST(control_bytes_and_broken_utf8_are_shown_escaped)
{
	static const struct {
		const char *in, *terminal, *field;
	} rows[] = {
		{ "plain", "plain", "plain" },
		{ "", "", "" },
		{ "a\nb", "a\nb", "a\\x0ab" },
		{ "\033[2J", "\\x1b[2J", "\\x1b[2J" },
		{ "\177", "\\x7f", "\\x7f" },
		{ "größe", "größe", "größe" },
		{ "\xc3", "\\xc3", "\\xc3" },
		{ "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf" },             /* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m", "\\xc2\\x9b31m" },  /* C1: CSI */
		{ "\xe2\x82", "\\xe2\\x82", "\\xe2\\x82" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *terminal = text_escape_terminal(rows[i].in), *field = text_escape_field(rows[i].in);

		CHECK_STR(terminal, rows[i].terminal);
		CHECK_STR(field, rows[i].field);
	}
}

TEST(every_byte_survives_a_record)
{
	char all[256];

	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	{
		_cleanup_free_ char *word = text_escape_word(all), *line = text_format("name key=%s", word);
		struct record r;

		for (const char *c = word; *c; c++)
			CHECK(*c > 0x20 && *c < 0x7f);
		CHECK(record_parse(line, &r) == 1);
		CHECK_STR(record_find(&r, "key"), all);
		CHECK_STR(record_find(&r, "ke"), NULL);
	}
}

TEST(records_that_are_none_are_told_apart)
{
	static const struct {
		const char *line;
		int result;
	} rows[] = {
		{ "", 0 },            { "   ", 0 },          { "# a=b", 0 },       { "\t# a", 0 },     { "name", 1 },
		{ "name a=b", 1 },    { "name  a=b\t", 1 },  { "name a=", 1 },     { "name a", -EINVAL }, { "name a=%", -EINVAL },
		{ "name a=%4", -EINVAL }, { "name a=%zz", -EINVAL }, { "name a=%00", -EINVAL }, { "name =b", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *line = strdup(rows[i].line);
		struct record r;

		CHECK_ROW(rows[i].line, record_parse(line, &r) == rows[i].result);
	}
}

TEST(a_record_with_too_many_fields_is_refused)
{
	struct text t = {};
	_cleanup_free_ char *line = NULL;
	struct record r;

	text_append(&t, "name");
	for (int i = 0; i <= RECORD_FIELDS; i++)
		text_printf(&t, " k%d=v", i);
	line = text_take(&t);
	CHECK(record_parse(line, &r) == -E2BIG);
}

TEST(numbers_are_whole_strings)
{
	static const struct {
		const char *text;
		int r_unsigned, r_int, r_hex;
	} rows[] = {
		{ "0", 0, 0, 0 },           { "7", 0, 0, 0 },                    { "4294967295", 0, -ERANGE, 0 },
		{ "4294967296", -ERANGE, -ERANGE, 0 },  { "-1", -EINVAL, 0, -EINVAL }, { "", -EINVAL, -EINVAL, -EINVAL },
		{ " 1", -EINVAL, -EINVAL, -EINVAL }, { "1 ", -EINVAL, -EINVAL, -EINVAL }, { "+1", -EINVAL, -EINVAL, -EINVAL },
		{ "ff", -EINVAL, -EINVAL, 0 }, { "0xff", -EINVAL, -EINVAL, 0 },    { "1ffffffffffffffff", -EINVAL, -EINVAL, -ERANGE },
		{ "0x", -EINVAL, -EINVAL, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned u;
		uint64_t h;
		int n;

		CHECK_ROW(rows[i].text, parse_unsigned(rows[i].text, &u) == rows[i].r_unsigned);
		CHECK_ROW(rows[i].text, parse_int(rows[i].text, &n) == rows[i].r_int);
		CHECK_ROW(rows[i].text, parse_hex(rows[i].text, &h) == rows[i].r_hex);
	}
}

TEST(lists_are_split_joined_sorted_and_compared)
{
	_cleanup_(strv_freep) char **a = NULL, **b = NULL, **none = NULL;
	_cleanup_free_ char *joined = NULL, *empty = NULL;

	CHECK(strv_split(",c,,a b,", ", ", &a) == 0);
	CHECK(strv_length(a) == 3);
	strv_sort(a);
	joined = strv_join(a, "-");
	CHECK_STR(joined, "a-b-c");
	CHECK(strv_copy(a, &b) == 0 && strv_eq(a, b));
	CHECK(strv_contains(a, "b") && !strv_contains(a, "") && !strv_contains(NULL, "b"));
	CHECK(strv_split("", ",", &none) == 0 && !none);
	empty = strv_join(NULL, ",");
	CHECK_STR(empty, "");
	CHECK(strv_eq(NULL, NULL) && !strv_eq(a, NULL));
}

TEST(odd_bytes_are_valid_in_json)
{
	_cleanup_json_ struct json_object *o = json_object_new_object(), *back = NULL;
	const char *text;

	json_add_string(o, "serial", "\xff\x1b\"\\");
	json_add_string(o, "nothing", NULL);
	json_add_hex(o, "class", 0x10802, 6);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	CHECK_HAS(text, "\"class\":\"0x010802\"");
	CHECK_HAS(text, "\"nothing\":null");
	for (const char *c = text; *c; c++)
		CHECK(*c >= 0x20 && *c < 0x7f);
	CHECK(json_parse(text, strlen(text), &back) == 0);
	CHECK(json_get_string(back, "serial") && strstr(json_get_string(back, "serial"), "\\xff"));
}

TEST(json_is_one_whole_document)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{ "{}", 0 }, { " {} \n", 0 }, { "", -EINVAL }, { "{", -EINVAL }, { "{} {}", -EINVAL }, { "{}x", -EINVAL }, { "nope", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_json_ struct json_object *o = NULL;

		CHECK_ROW(rows[i].text, json_parse(rows[i].text, strlen(rows[i].text), &o) == rows[i].result);
	}
}

TEST(members_of_another_type_are_absent)
{
	_cleanup_json_ struct json_object *o = NULL;
	static const char text[] = "{\"s\":1,\"n\":\"1\",\"b\":\"true\",\"a\":{}}";

	CHECK(json_parse(text, strlen(text), &o) == 0);
	CHECK(!json_get_string(o, "s") && !json_get_string(o, "absent") && !json_get_string(NULL, "s"));
	CHECK(json_get_int(o, "n") == 0 && !json_get_bool(o, "b") && !json_get_array(o, "a"));
}

TEST(messages_cannot_write_to_the_terminal)
{
	_cleanup_free_ char *said = NULL;

	log_error("model %s", "\033[31mred\r");
	CHECK(log_errno(-ENOENT, "cannot read %s", "x") == -ENOENT);
	CHECK(log_invalid("option %s", "\tx") == -EINVAL);
	said = stderr_caught();
	CHECK_STR(said, "error: model \\x1b[31mred\\x0d\nerror: cannot read x: No such file or directory\nerror: option \tx\n");
}

TEST(no_shell_stands_between_us_and_a_program)
{
	char *argv[] = { (char *)"printf", (char *)"%s|", (char *)"$(id)", (char *)"a b", (char *)"; exit 7", NULL };
	char *fails[] = { (char *)"false", NULL }, *quotes[] = { (char *)"it's", (char *)"", (char *)"{a,b}", (char *)"~", (char *)"a=b", NULL };
	_cleanup_free_ char *output = NULL, *line = process_format(argv), *none = NULL, *quoted = process_format(quotes);

	CHECK(process_run(argv, &output) == 0);
	CHECK_STR(output, "$(id)|a b|; exit 7|");
	CHECK_STR(line, "printf '%s|' '$(id)' 'a b' '; exit 7'");
	CHECK_STR(quoted, "'it'\\''s' '' '{a,b}' '~' a=b");
	CHECK(process_run(fails, &none) == 1);
}

TEST(a_program_that_is_not_there_is_no_exit_status)
{
	char *missing[] = { (char *)"slipway-no-such-program", NULL };
	_cleanup_free_ char *none = NULL;

	/* Its vfork() is a fork, in which what posix_spawn() would say is lost. */
	if (getenv("MESON_EXE_WRAPPER"))
		CHECK_SKIP("qemu-user does not tell its program that another one cannot be started");
	CHECK(process_run(missing, &none) < 0);
}

TEST(a_program_whose_output_is_gathered_has_a_session_of_its_own_and_dies_of_a_broken_pipe)
{
	char *leads[] = { (char *)"/bin/sh", (char *)"-c", (char *)"read -r _ _ _ _ _ session _ </proc/$$/stat; [ $$ = $session ]", NULL };
	char *pipe[] = { (char *)"/bin/sh", (char *)"-c", (char *)"kill -s PIPE $$", NULL };
	_cleanup_free_ char *output = NULL, *more = NULL;

	CHECK(process_run(leads, &output) == 0);
	CHECK(process_run(leads, NULL) == 1);
	signal(SIGPIPE, SIG_IGN);
	CHECK(process_run(pipe, &more) == 128 + SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
}

TEST_MAIN()
