/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings files put together by chance: what is known of them without running them is what dash and bash find by running them. */

#include <stdio.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/cmdline_file.h"
#include "installer/shell.h"
#include "tests/unit/check.h"

#define D "GRUB_CMDLINE_LINUX_DEFAULT"
#define L "GRUB_CMDLINE_LINUX"
#define ROUNDS 250

static unsigned state;

static unsigned chance(unsigned n)
{
	state = state * 1103515245u + 12345u;
	return (state >> 16) % n;
}

#define PICK(list) ((list)[chance(ARRAY_SIZE(list))])

static void append_body(struct text *t, char without)
{
	static const char *const parts[] = {
		"a", "b c", " off ", "--", "=", "\\\"", "\\$", "$A", "${A}", ("$" D), ("${" L "}"), "'", "\"", "\\\n", "\\", "#", "~", ":~", "`echo x`",
		"$(echo y)", "$((1+1))", "${A:-z}", "$", "*", "!", "{", "}", "x=1 ", " ", "\t", "&", "|", ";", "(", ")", "\n", "$'", "5$", "\\'", "\\ ",
	};

	for (unsigned n = chance(5); n; n--) {
		const char *part = PICK(parts);

		if (!without || !strchr(part, without))
			text_append(t, part);
	}
}

static void append_word(struct text *t)
{
	static const char *const quotes[] = { "\"", "\"", "\"", "'", "" };
	const char *quote = PICK(quotes);

	text_append(t, quote);
	append_body(t, *quote);
	text_append(t, quote);
}

static char *make_script(void)
{
	static const char *const names[] = { D, D, D, L, L, "A", "B" }, *const operators[] = { "=", "=", "=", "+=" };
	static const char *const others[] = {
		"true", "[ a = b ] || :", "echo hi > /dev/null", ("if true; then " D "=q; fi"), "if false; then A=q; fi", "{ A=z; }", "true && A=n",
		"for A in 1 2; do :; done", "export A", "A=b true", "unset A", "", " ", "\\\n", "# x",
	};
	static const char *const ends[] = { "\n", "\n", "\n", "; ", " # c\n" };
	struct text t = {};

	for (unsigned n = chance(5) + 1; n; n--) {
		if (chance(4)) {
			text_printf(&t, "%s%s%s", chance(8) ? "" : "export ", PICK(names), PICK(operators));
			append_word(&t);
		} else {
			text_append(&t, PICK(others));
		}
		text_append(&t, PICK(ends));
	}
	return text_take(&t);
}

/* Both values as this shell finds them, with a byte 1 between; NULL where it does not come to the end of the file. */
static char *run(const char *shell, const char *path)
{
	_cleanup_free_ char *command = text_format("%s -c '. %s && printf \"%%s\\001%%s\\001\" \"${" D "-<unset>}\" \"${" L "-<unset>}\"' 2>/dev/null",
						   shell, path);
	struct text t = {};
	char buffer[4096];
	FILE *p = command ? popen(command, "r") : NULL;
	size_t n;

	if (!p)
		abort();
	while ((n = fread(buffer, 1, sizeof(buffer), p)) > 0)
		text_append_bytes(&t, buffer, n);
	if (pclose(p) != 0) {
		text_done(&t);
		return NULL;
	}
	return text_take(&t);
}

static char *known(const char *script, bool is_bash)
{
	_cleanup_(shell_script_done) struct shell_script s = {};
	const struct shell_value *d, *l;
	_cleanup_free_ char *dv = NULL, *lv = NULL;

	if (shell_read(script, is_bash, &s) < 0)
		abort();
	d = shell_find(&s, D);
	l = shell_find(&s, L);
	if (s.unknown || (d && d->unknown) || (l && l->unknown))
		return NULL;
	dv = d ? shell_value_string(d) : strdup("<unset>");
	lv = l ? shell_value_string(l) : strdup("<unset>");
	return text_format("%s\001%s\001", dv, lv);
}

/* The real shell reads what an edit has made as the edit meant it. */
static bool edit_agrees(const char *script, bool is_bash, const char *path)
{
	const struct cmdline_format *format = is_bash ? &cmdline_format_grub_bash : &cmdline_format_grub;
	const struct argument_wish wish = { .wanted = (char *[]){ (char *)"w=\"a b\"", NULL }, .unwanted = (char *[]){ (char *)"off", NULL } };
	_cleanup_free_ char *after = NULL, *why = NULL, *got = NULL, *wanted = NULL;
	_cleanup_(argument_edits_done) struct argument_edits edits = {};

	if (cmdline_file_edit(format, script, &wish, &edits, &after, &why) < 0)
		return why != NULL;
	if (file_write(path, after, strlen(after), 0600) < 0)
		abort();
	wanted = known(after, is_bash);
	got = run(is_bash ? "bash" : "dash", path);
	return got && str_eq(got, wanted) && strstr(got, "w=\"a b\"");
}

static void check_shell(bool is_bash)
{
	const char *shell = is_bash ? "bash" : "dash";
	_cleanup_free_ char *path = text_format("%s/slipway-shell-%d", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", getpid());
	unsigned n = 0;

	CHECK(path != NULL);
	state = is_bash ? 7 : 11;
	for (unsigned i = 0; i < ROUNDS; i++) {
		_cleanup_free_ char *script = make_script(), *value = known(script, is_bash), *got = NULL;

		if (!value)
			continue;
		CHECK(file_write(path, script, strlen(script), 0600) >= 0);
		got = run(shell, path);
		if (!got)
			continue; /* the file stops the shell, and with it grub-mkconfig */
		CHECK_STR(got, value);
		CHECK_ROW(script, edit_agrees(script, is_bash, path));
		n++;
	}
	unlink(path);
	CHECK(n > ROUNDS / 5);
}

TEST(what_is_known_is_what_dash_finds)
{
	check_shell(false);
}

TEST(what_is_known_is_what_bash_finds)
{
	check_shell(true);
}

TEST_MAIN()
