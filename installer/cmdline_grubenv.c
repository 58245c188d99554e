/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's environment block: lines NAME=VALUE, filled up with '#' to a size that never changes, since GRUB writes it block by
 * block ("The GRUB environment block" in its manual). A backslash stands before a backslash and a newline in a value.
 *
 * RHEL 8 keeps the command line of all its entries in it, as kernelopts.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/cmdline_file.h"

#define VARIABLE "\nkernelopts="

/* Where the value begins, and the newline that ends it; or NULL and what is wrong. */
static const char *find_value(const char *text, const char **ret_start, const char **ret_end)
{
	const char *found = strstr(text, VARIABLE), *p;

	if (!found)
		return "the environment block has no kernelopts";
	*ret_start = p = found + strlen(VARIABLE);
	while (*p && *p != '\n')
		p += 1 + (*p == '\\' && p[1]);
	*ret_end = p;
	return *p ? NULL : "in the environment block, the line of kernelopts has no end";
}

static int get(const char *text, char ***ret, char **ret_why)
{
	const char *start, *end, *why = find_value(text, &start, &end);
	struct text t = {};

	if (why) {
		*ret_why = strdup(why);
		return *ret_why ? -EINVAL : -ENOMEM;
	}
	text_append(&t, "");
	for (const char *p = start; p < end; p++) {
		p += *p == '\\' && p + 1 < end;
		text_append_bytes(&t, p, 1);
	}
	return strv_consume(ret, text_take(&t));
}

static void append_escaped(struct text *t, const char *s)
{
	for (; *s; s++) {
		text_append(t, *s == '\\' || *s == '\n' ? "\\" : "");
		text_append_bytes(t, s, 1);
	}
}

static int set(const char *text, char *const *lines, char **ret, char **ret_why)
{
	size_t size = strlen(text), used = size;
	_cleanup_(text_done) struct text t = {};
	const char *start, *end;

	if (find_value(text, &start, &end))
		return -EINVAL;
	while (used && text[used - 1] == '#')
		used--;
	text_append_bytes(&t, text, (size_t)(start - text));
	append_escaped(&t, lines[0]);
	text_append_bytes(&t, end, (size_t)(text + used - end));
	if (!t.failed && t.size > size) {
		*ret_why = text_format("the environment block is full: %zu bytes are needed, and it has %zu", t.size, size);
		return *ret_why ? -EINVAL : -ENOMEM;
	}
	while (!t.failed && t.size < size)
		text_append(&t, "#");
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

const struct cmdline_format cmdline_format_grubenv = { "grubenv", get, set };
