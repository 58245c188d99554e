/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial's boot loader entry: the one that boots next, under another title and with its arguments as wished. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/cmdline_file.h"
#include "installer/trial_entry.h"

static bool is_key(const char *line, const char *key)
{
	size_t n = strlen(key);

	line += strspn(line, " \t");
	return strncmp(line, key, n) == 0 && strchr(" \t", line[n]);
}

int trial_entry(const char *text, const struct argument_wish *wish, char **ret)
{
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_(text_done) struct text t = {};
	_cleanup_free_ char *head = NULL, *why = NULL;

	text_append(&t, "# Written by slipway for one boot.\ntitle Trial of slipway: once, then as before\n");
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		if (!is_key(line, "title") && !is_key(line, "sort-key")) {
			text_append_bytes(&t, line, n);
			text_append(&t, "\n");
		}
		line += n + (line[n] == '\n');
	}
	head = text_take(&t);
	return head ? cmdline_file_edit(&cmdline_format_bls, head, wish, &edits, ret, &why) : -ENOMEM;
}

/* How long "$NAME" or "${NAME}" is that stands here; 0: another word. */
static size_t reference_length(const char *s, const char *name)
{
	bool braced = s[0] == '$' && s[1] == '{';
	size_t n = strlen(name), start = 1 + braced;

	if (*s != '$' || strncmp(s + start, name, n) != 0)
		return 0;
	if (braced)
		return s[start + n] == '}' ? start + n + 1 : 0;
	return isalnum((unsigned char)s[start + n]) || s[start + n] == '_' ? 0 : start + n;
}

char *trial_entry_expand(const char *text, const char *name, const char *value)
{
	bool is_options = false;
	struct text t = {};

	text_append(&t, "");
	for (const char *p = text; *p;) {
		size_t n;

		if (p == text || p[-1] == '\n')
			is_options = is_key(p, "options");
		n = value && is_options ? reference_length(p, name) : 0;
		if (n)
			text_append(&t, value);
		else
			text_append_bytes(&t, p, 1);
		p += n ? n : 1;
	}
	return text_take(&t);
}
