/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/default/grub: the command line is what two variables hold, one behind the other, as /etc/grub.d/10_linux puts them
 * ("linux ... ${GRUB_CMDLINE_LINUX} ${GRUB_CMDLINE_LINUX_DEFAULT}"). It is one line here, with a newline between the two.
 *
 * So new arguments come into GRUB_CMDLINE_LINUX_DEFAULT, as YaST and the manuals of Arch and Gentoo have it, which keeps
 * them out of the recovery entries; into GRUB_CMDLINE_LINUX where that is the only one set, as Anaconda and grubby do; and
 * in front of "--", in whichever of them that stands.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/cmdline_file.h"
#include "installer/shell.h"
#include "installer/shell_edit.h"

/* A line of ours where neither is set. It goes when it has become empty. */
#define OWN_LINE GRUB_DEFAULT_VARIABLE "=\"\" # added by slipway"
#define GRUB_DEFAULT_VARIABLE "GRUB_CMDLINE_LINUX_DEFAULT"

static const char *const variables[] = { "GRUB_CMDLINE_LINUX", GRUB_DEFAULT_VARIABLE };

static int refuse(const char *text, size_t at, const char *why, char **ret_why)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		line += text[i] == '\n';
		column = text[i] == '\n' ? 1 : column + 1;
	}
	*ret_why = text_format("line %zu, column %zu: %s; write GRUB_CMDLINE_LINUX and " GRUB_DEFAULT_VARIABLE " as plain values in quotes, "
			       "or set the arguments there by hand", line, column, why);
	return *ret_why ? -EINVAL : -ENOMEM;
}

static int check_value(const char *text, const struct shell_value *v, char **ret_why)
{
	if (v->unknown)
		return refuse(text, v->unknown_at, v->unknown, ret_why);
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].c == '\n')
			return refuse(text, v->list[i].start, "the value goes on in the next line, where grub.cfg breaks", ret_why);
	return 0;
}

static int read_script(const char *text, bool is_bash, struct shell_script *ret, char **ret_why)
{
	int r;

	r = shell_read(text, is_bash, ret);
	if (r >= 0 && ret->unknown)
		r = refuse(text, ret->unknown_at, ret->unknown, ret_why);
	for (size_t i = 0; i < ARRAY_SIZE(variables) && r >= 0; i++) {
		const struct shell_value *v = shell_find(ret, variables[i]);

		r = v ? check_value(text, v, ret_why) : 0;
	}
	return r;
}

static int join(const struct shell_script *script, char **ret)
{
	struct text t = {};
	bool has_first = false;

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const struct shell_value *v = shell_find(script, variables[i]);

		if (!v)
			continue;
		/* With a blank behind it the break leads to an empty value, and new arguments come into that. */
		text_append(&t, has_first ? v->n ? "\n" : "\n " : "");
		for (size_t j = 0; j < v->n; j++)
			text_append_bytes(&t, &v->list[j].c, 1);
		has_first = true;
	}
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

static int get(const char *text, bool is_bash, char ***ret, char **ret_why)
{
	_cleanup_(shell_script_done) struct shell_script script = {};
	char *line;
	int r;

	r = read_script(text, is_bash, &script, ret_why);
	if (r >= 0)
		r = join(&script, &line);
	return r < 0 ? r : strv_consume(ret, line);
}

/* The end of the line goes with it, or the one before it. */
static void remove_own_line(char *text)
{
	char *line = strstr(text, OWN_LINE), *end = line ? line + strlen(OWN_LINE) : NULL;

	if (!line || (line > text && line[-1] != '\n') || (*end && *end != '\n'))
		return;
	if (*end)
		end++;
	else if (line > text)
		line--;
	memmove(line, end, strlen(end) + 1);
}

/* The part of the line that this value is to have. */
static char *take_part(const struct shell_value *v, const char **rest)
{
	const char *start = *rest;
	size_t n = strcspn(start, "\n");

	*rest += n + (start[n] == '\n');
	if (!v->n && *start == ' ')
		start++, n--;
	return strndup(start, n);
}

static int edit_values(const char *text, const struct shell_script *script, const char *line, char **ret)
{
	_cleanup_(shell_edits_done) struct shell_edits edits = {};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(variables) && r >= 0; i++) {
		const struct shell_value *v = shell_find(script, variables[i]);
		_cleanup_free_ char *part = v ? take_part(v, &line) : NULL;

		if (v)
			r = part ? shell_edit_value(text, v, part, &edits) : -ENOMEM;
	}
	return r < 0 ? r : shell_edits_apply(text, &edits, ret);
}

static int add_own_line(const char *text, const char *line, char **ret)
{
	_cleanup_(shell_script_done) struct shell_script script = {};
	_cleanup_free_ char *longer = NULL;
	size_t n = strlen(text);
	bool has_end = !n || text[n - 1] == '\n';
	int r;

	longer = text_format("%s%s" OWN_LINE "%s", text, has_end ? "" : "\n", has_end ? "\n" : "");
	if (!longer)
		return -ENOMEM;
	r = shell_read(longer, false, &script);
	return r < 0 ? r : edit_values(longer, &script, line, ret);
}

static bool words_eq(const char *a, const char *b)
{
	static const char blanks[] = " \t\n";

	for (;;) {
		size_t n;

		a += strspn(a, blanks);
		b += strspn(b, blanks);
		n = strcspn(a, blanks);
		if (n != strcspn(b, blanks) || memcmp(a, b, n) != 0)
			return false;
		if (!n)
			return true;
		a += n;
		b += n;
	}
}

/* -EINVAL: the text cannot be changed to have this line. */
static int change(const char *text, bool is_bash, const struct shell_script *script, const char *line, char **ret)
{
	bool is_new = !shell_find(script, variables[0]) && !shell_find(script, variables[1]);
	_cleanup_(strv_freep) char **now = NULL;
	_cleanup_free_ char *changed = NULL, *why = NULL;
	int r = 0;

	if (is_new && !line[strspn(line, " \t\n")])
		changed = strdup(text);
	else
		r = is_new ? add_own_line(text, line, &changed) : edit_values(text, script, line, &changed);
	if (r < 0 || !changed)
		return r < 0 ? r : -ENOMEM;
	/* One piece of the text may stand for two things: a change of it is then not what it looks like. */
	r = get(changed, is_bash, &now, &why);
	if (r >= 0 && !words_eq(now[0], line))
		r = -EINVAL;
	if (r >= 0)
		*ret = TAKE(changed);
	return r;
}

static int set(const char *text, bool is_bash, char *const *lines, char **ret, char **ret_why)
{
	_cleanup_(shell_script_done) struct shell_script script = {};
	const struct shell_value *v;
	int r;

	r = read_script(text, is_bash, &script, ret_why);
	if (r < 0)
		return r;
	r = change(text, is_bash, &script, lines[0], ret);
	if (r == -EINVAL) {
		v = shell_find(&script, variables[1]);
		v = v ? v : shell_find(&script, variables[0]);
		return refuse(text, v ? v->start : 0, "the value is put together from parts that cannot be changed one by one", ret_why);
	}
	if (r >= 0)
		remove_own_line(*ret);
	return r;
}

static int get_posix(const char *text, char ***ret, char **ret_why)
{
	return get(text, false, ret, ret_why);
}

static int set_posix(const char *text, char *const *lines, char **ret, char **ret_why)
{
	return set(text, false, lines, ret, ret_why);
}

static int get_bash(const char *text, char ***ret, char **ret_why)
{
	return get(text, true, ret, ret_why);
}

static int set_bash(const char *text, char *const *lines, char **ret, char **ret_why)
{
	return set(text, true, lines, ret, ret_why);
}

const struct cmdline_format cmdline_format_grub = { "grub-default", get_posix, set_posix };
const struct cmdline_format cmdline_format_grub_bash = { "grub-default-bash", get_bash, set_bash };
