/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that hold kernel command lines among other things: what all formats have in common. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/cmdline_file.h"

static const struct cmdline_format *const formats[] = { &cmdline_format_plain, &cmdline_format_bls, &cmdline_format_grubenv,
							  &cmdline_format_zipl, &cmdline_format_grub,
							  &cmdline_format_grub_bash };

const struct cmdline_format *cmdline_format_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (str_eq(formats[i]->name, name))
			return formats[i];
	return NULL;
}

/* One line with its edits undone where there are such, or else with the wish fulfilled. */
static int rewrite_line(const char *line, size_t index, const struct argument_wish *wish, struct argument_edits *edits,
			const struct argument_edits *undo, char **ret)
{
	int r = 0;

	if (undo) {
		struct argument_edits own = argument_edits_of_line(undo, index);

		return kernel_arguments_take_back(line, &own, ret);
	}
	if (index)
		r = argument_edits_break(edits);
	return r < 0 ? r : kernel_arguments_edit(line, wish, edits, ret);
}

/* ret_lines: the command lines that the new text is to hold. */
static int rewrite(const struct cmdline_format *format, const char *text, const struct argument_wish *wish, struct argument_edits *edits,
		   const struct argument_edits *undo, char **ret, char ***ret_lines, char **ret_why)
{
	_cleanup_(strv_freep) char **lines = NULL;
	int r;

	r = format->get(text, &lines, ret_why);
	for (char **line = lines; line && *line && r >= 0; line++) {
		char *one = NULL;

		r = rewrite_line(*line, (size_t)(line - lines), wish, edits, undo, &one);
		if (r >= 0)
			r = strv_consume(ret_lines, one);
	}
	return r < 0 ? r : format->set(text, *ret_lines, ret, ret_why);
}

static const char *skip_blanks(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Blanks count as one, and none at both ends. */
static bool are_same(const char *a, const char *b)
{
	a = skip_blanks(a);
	b = skip_blanks(b);
	while (*a && *b) {
		bool is_blank = isspace((unsigned char)*a);

		if (is_blank != (isspace((unsigned char)*b) != 0) || (!is_blank && *a != *b))
			break;
		a = is_blank ? skip_blanks(a) : a + 1;
		b = is_blank ? skip_blanks(b) : b + 1;
	}
	return !*skip_blanks(a) && !*skip_blanks(b);
}

/* What was put in must be what is found in it: an argument that begins with '#', say, makes a comment of its line in some files. */
static int read_back(const struct cmdline_format *format, const char *text, char *const *written, char **ret_why)
{
	_cleanup_(strv_freep) char **lines = NULL;
	bool is_same;
	int r;

	r = format->get(text, &lines, ret_why);
	if (r < 0)
		return r;
	is_same = strv_length(lines) == strv_length(written);
	for (size_t i = 0; lines && lines[i] && is_same; i++)
		is_same = are_same(lines[i], written[i]);
	if (is_same)
		return 0;
	*ret_why = strdup("the wanted arguments would not be read as arguments in this file");
	return *ret_why ? -EINVAL : -ENOMEM;
}

int cmdline_file_edit(const struct cmdline_format *format, const char *text, const struct argument_wish *wish,
		      struct argument_edits *edits, char **ret, char **ret_why)
{
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *edited = NULL;
	int r;

	r = rewrite(format, text, wish, edits, NULL, &edited, &lines, ret_why);
	if (r >= 0)
		r = read_back(format, edited, lines, ret_why);
	if (r < 0)
		return r;
	if (argument_edits_is_empty(edits))
		argument_edits_done(edits);
	*ret = TAKE(edited);
	return 0;
}

int cmdline_file_take_back(const struct cmdline_format *format, const char *text, const struct argument_edits *edits, char **ret,
			   char **ret_why)
{
	_cleanup_(strv_freep) char **lines = NULL;

	return rewrite(format, text, NULL, NULL, edits, ret, &lines, ret_why);
}

int cmdline_file_has(const struct cmdline_format *format, const char *text, char *const *arguments, char **ret_why)
{
	_cleanup_(strv_freep) char **lines = NULL;
	int r;

	r = format->get(text, &lines, ret_why);
	if (r < 0)
		return r;
	for (char **line = lines; line && *line; line++)
		if (!kernel_arguments_has(*line, arguments, NULL))
			return 0;
	return lines != NULL;
}
