/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shell's settings file, read without running it, and changed so that all else stays byte for byte. */

#include <stdio.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/cmdline_file.h"
#include "installer/shell.h"
#include "tests/unit/check.h"

#define D "GRUB_CMDLINE_LINUX_DEFAULT"
#define L "GRUB_CMDLINE_LINUX"

static char *data_path(const char *name)
{
	char *path = text_format("%s/boot/grub/%s", getenv("SLIPWAY_TESTS"), name);

	if (!path)
		abort();
	return path;
}

/* "<unset>", or the value; NULL where it is not known. */
static char *value_of(const struct shell_script *s, const char *name)
{
	const struct shell_value *v = shell_find(s, name);

	if (s->unknown || (v && v->unknown))
		return NULL;
	return v ? shell_value_string(v) : strdup("<unset>");
}

static void check_row(const char *text, const char *file, bool is_bash, const char *status, const char *expected_default, const char *expected_linux)
{
	_cleanup_(shell_script_done) struct shell_script s = {};
	_cleanup_free_ char *got_default = NULL, *got_linux = NULL;
	bool stops = !str_eq(status, "0");

	CHECK(shell_read(text, is_bash, &s) == 0);
	got_default = value_of(&s, D);
	got_linux = value_of(&s, L);
	CHECK_ROW(file, str_eq(got_default, stops ? NULL : expected_default));
	CHECK_ROW(file, str_eq(got_linux, stops ? NULL : expected_linux));
}

TEST(real_files_have_the_values_that_bash_and_dash_find)
{
	_cleanup_free_ char *path = data_path("EXPECTED.tsv"), *table = NULL;
	char *rest;
	unsigned n = 0;

	CHECK(file_read(path, &table) >= 0);
	rest = table;
	rest += strcspn(rest, "\n") + 1;
	for (char *row; (row = strsep(&rest, "\n")) && *row; n++) {
		const char *file = strsep(&row, "\t"), *column[6];
		_cleanup_free_ char *name = text_format("files/%s", file), *file_path = NULL, *text = NULL;

		for (size_t i = 0; i < 6; i++)
			column[i] = strsep(&row, "\t");
		CHECK(name != NULL);
		file_path = data_path(name);
		CHECK_ROW(file, file_read(file_path, &text) >= 0);
		check_row(text, file, true, column[0], column[1], column[2]);
		check_row(text, file, false, column[3], column[4], column[5]);
	}
	CHECK(n == 24);
}

TEST(values_are_found_as_the_shell_finds_them)
{
	static const struct {
		const char *text, *value; /* NULL: refused */
	} rows[] = {
		{ "", "<unset>" },
		{ D "=a", "a" },
		{ D "=", "" },
		{ D "=\"a b\"", "a b" },
		{ D "='a $b \\'", "a $b \\" },
		{ D "=a\\ b", "a b" },
		{ D "=\"a\"'b'c\\\"", "abc\"" },
		{ D "=\"a\\$b\\`\\\\\\x\"", "a$b`\\\\x" },
		{ D "=a\\\nb\n", "ab" },
		{ "  " D "=a;" D "=b # " D "=c\n", "b" },
		{ "A=x B=y " D "=$A${B}z", "xyz" },
		{ "A=x; " D "=\"$A $A\"\nA=y\n", "x x" },
		{ D "=a\n" D "=\"$" D " b\"", "a b" },
		{ D "=\"$" D " b\"", " b" },
		{ "export " D "=a B", "a" },
		{ D "=$", "$" },
		{ D "=\"5$ $\"", "5$ $" },
		{ D "=a=b#c", "a=b#c" },
		{ "#" D "=a\n", "<unset>" },
		{ D "=a\nA=`cmd \\` \"x\"`\n", "a" },
		{ D "=a\nA=$(cmd $(nested ')') \"$(x)\")\n", "a" },
		{ D "=a\n[ -e /x ] || echo no > /dev/null\n", "a" },
		{ D "=a\nif [ -e /x ]; then\n A=b\nfi\n", "a" },
		{ D "=a\nif true; then\n " D "=b\nfi\n" D "=c\n", "c" },
		{ D "=a\nif true; then\n " D "=b\nfi\n", NULL },
		{ "true && " D "=a", NULL },
		{ "true &&\n" D "=a", NULL },
		{ D "=$(cat /proc/cmdline)", NULL },
		{ D "=`x`", NULL },
		{ D "=\"$HOME\"", NULL },
		{ D "=${X:-a}", NULL },
		{ ": ${" D ":=a}", NULL },
		{ D "=\"$1 $?\"", NULL },
		{ D "=\"`", NULL }, /* the text ends within both */
		{ D "=\"${x", NULL },
		{ "A=x; " D "=$\\\nA", NULL }, /* joined before names are looked for */
		{ "A=x; " D "=\"$A\\\nB\"", NULL },
		{ D "\\\n=a", NULL },
		{ "export " D "\\\n=a", NULL },
		{ D "=a\n;\n", NULL },
		{ D "=a\n&& true\n", NULL },
		{ D "=~/x", NULL },
		{ D "=$'a'", NULL },
		{ D "=(a b)", NULL },
		{ D "[0]=a", NULL },
		{ D "=a b", NULL },
		{ D "=\"a", NULL },
		{ D "='a", NULL },
		{ D "=`a", NULL },
		{ D "=$(a", NULL },
		{ D "=${a", NULL },
		{ D "=\"a\"\r\n", NULL },
		{ "\r\n", NULL },
		{ D "=a\n. /etc/x\n", NULL },
		{ D "=a\nsource x\n", NULL },
		{ D "=a\neval x\n", NULL },
		{ D "=a\nunset " D "\n", NULL },
		{ D "=a\nf() { " D "=b; }\nf\n", NULL },
		{ D "=a\nfunction f { x; }\n", NULL },
		{ D "=a\ncase a in a) " D "=b;; esac\n", NULL },
		{ D "=a\n(cd /)\n", NULL },
		{ D "=a\ncat <<EOF\n" D "=b\nEOF\n", NULL },
		{ D "=a\n$CMD\n", NULL },
		{ D "=a\nif true\n", NULL },
		{ D "=a\nfi\n", NULL },
		{ D "=a\nexit 0\n", NULL },
		{ "for " D " in a b; do :; done\n", NULL },
		{ D "=a | cat", NULL },
		{ D "=a & ", NULL },
		{ D "+=a", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(shell_script_done) struct shell_script s = {};
		_cleanup_free_ char *value = NULL;

		CHECK(shell_read(rows[i].text, false, &s) == 0);
		value = value_of(&s, D);
		if (!str_eq(value, rows[i].value))
			printf("# %s: '%s'\n", rows[i].text, value);
		CHECK_ROW(rows[i].text, str_eq(value, rows[i].value));
	}
}

#define WISH ((const struct argument_wish){ .wanted = (char *[]){ (char *)"dyndbg=\"file x +p\"", (char *)"s=1", NULL }, \
					    .unwanted = (char *[]){ (char *)"off", NULL } })

TEST(a_value_is_changed_where_it_stands)
{
	static const char ours[] = "dyndbg=\\\"file x +p\\\" s=1";
	static const struct {
		const char *before, *head, *tail; /* ours stand between the two */
	} rows[] = {
		{ D "=\"quiet\" # keep\n", D "=\"quiet ", "\" # keep\n" },
		{ D "=\"\"\n", D "=\"", "\"\n" },
		{ D "=\n", D "=\"", "\"\n" },
		{ D "=quiet\n", D "=\"quiet ", "\"\n" },
		{ D "=\"a \\\nb off c\"\n", D "=\"a \\\nb c ", "\"\n" },
		{ D "=\"-- quiet\"\n" L "=\"\"\n", D "=\"", " -- quiet\"\n" L "=\"\"\n" },
		{ L "=\"a\"\n", L "=\"a ", "\"\n" },
		{ L "=\"a -- b\"\n" D "=\"quiet\"\n", L "=\"a ", " -- b\"\n" D "=\"quiet\"\n" },
		{ L "=\"a off\"\n" D "=\n", L "=\"a\"\n" D "=\"", "\"\n" },
		{ D "=a\n" D "=\"quiet\"\n", D "=a\n" D "=\"quiet ", "\"\n" },
		{ D "=\"off a\"\n" D "=\"$" D " b\"\n", D "=\"a\"\n" D "=\"$" D " b ", "\"\n" },
		{ "GRUB_DEFAULT=0\n", "GRUB_DEFAULT=0\n" D "=\"", "\" # added by slipway\n" },
		{ "GRUB_DEFAULT=0", "GRUB_DEFAULT=0\n" D "=\"", "\" # added by slipway" },
		{ "", D "=\"", "\" # added by slipway\n" },
		{ D "=\"$A\"\n", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(argument_edits_done) struct argument_edits edits = {}, again = {};
		_cleanup_free_ char *after = NULL, *why = NULL, *expected = NULL, *back = NULL, *twice = NULL;
		int r = cmdline_file_edit(&cmdline_format_grub, rows[i].before, &WISH, &edits, &after, &why);

		if (!rows[i].head) {
			CHECK_ROW(rows[i].before, r < 0 && why);
			continue;
		}
		expected = text_format("%s%s%s", rows[i].head, ours, rows[i].tail);
		CHECK(r >= 0);
		CHECK_STR(after, expected);
		CHECK(cmdline_file_take_back(&cmdline_format_grub, after, &edits, &back, &why) >= 0);
		/* Quotes that were put around a bare word stay; another edit gives the same text again. */
		if (!str_starts(rows[i].before, D "=\n") && !str_starts(rows[i].before, D "=quiet") && !strstr(rows[i].before, "off\"\n" D "=\n") &&
		    !strstr(rows[i].before, "off"))
			CHECK_STR(back, rows[i].before);
		CHECK(cmdline_file_edit(&cmdline_format_grub, back, &WISH, &again, &twice, &why) >= 0);
	}
}

TEST(single_quotes_are_kept_and_escaped)
{
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_free_ char *after = NULL, *why = NULL, *back = NULL;
	static const char before[] = D "='quiet \"x\"'\n";

	CHECK(cmdline_file_edit(&cmdline_format_grub, before, &WISH, &edits, &after, &why) >= 0);
	CHECK_STR(after, D "='quiet \"x\" dyndbg=\"file x +p\" s=1'\n");
	CHECK(cmdline_file_take_back(&cmdline_format_grub, after, &edits, &back, &why) >= 0);
	CHECK_STR(back, before);
}

TEST(a_refusal_names_the_place_and_the_way_out)
{
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *why = NULL;

	CHECK(cmdline_format_grub.get("A=b\n" D "=\"quiet $(x)\"\n", &lines, &why) < 0);
	CHECK(why && str_starts(why, "line 2, column 35: the value comes from a command; write "));
}

TEST(parts_that_stand_for_two_things_are_not_changed)
{
	static const char before[] = "A=\"off\"\n" D "=\"$A $A off\"\n";
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_free_ char *after = NULL, *why = NULL;

	CHECK(cmdline_file_edit(&cmdline_format_grub, before, &WISH, &edits, &after, &why) < 0 && why && !after);
	CHECK(str_starts(why, "line 2, column 28: "));
}

TEST_MAIN()
