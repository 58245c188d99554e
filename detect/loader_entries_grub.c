/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot loader entries in GRUB's menu: which one its blscfg starts next, and with which arguments.
 *
 * blscfg is a module of Fedora's and Red Hat's GRUB: the entries stand in the menu by their file names, the newest version
 * first, and $variables in them come from the environment block or from grub.cfg.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/grub.h"
#include "detect/loader_entries.h"

static int by_name(const void *a, const void *b)
{
	return version_compare(((const struct loader_entry *)b)->id, ((const struct loader_entry *)a)->id);
}

/* "id" without ".conf", the title, or a number in the menu; an entry that is not there leaves the first. */
static size_t find_choice(const struct loader_entries *e, const char *choice)
{
	unsigned number;

	if (parse_unsigned(choice, &number) == 0)
		return number < e->n ? number : 0;
	for (size_t i = 0; i < e->n; i++) {
		size_t n = strlen(e->list[i].id) - strlen(".conf");

		if ((strncmp(e->list[i].id, choice, n) == 0 && !choice[n]) || str_eq(e->list[i].title, choice))
			return i;
	}
	return 0;
}

/* The value of the last "NAME=" or "set NAME=" line of a text; quotes around it are taken off. A new string, or NULL. */
static char *find_value(const char *text, const char *prefix, const char *name)
{
	_cleanup_free_ char *start = text_format("%s%s=", prefix, name);
	const char *found = NULL;
	size_t n;

	for (const char *line = text; start && line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		line += strspn(line, " \t");
		if (str_starts(line, start))
			found = line + strlen(start);
	}
	if (!found)
		return NULL;
	n = strcspn(found, "\n");
	if (n >= 2 && strchr("\"'", *found) && found[n - 1] == *found) {
		found++;
		n -= 2;
	}
	return strndup(found, n);
}

/* $name and ${name}; one that is set nowhere is empty, as in GRUB. */
static char *expand(const char *options, const char *cfg, const char *env)
{
	struct text t = {};

	text_append(&t, "");
	for (const char *p = options; *p;) {
		size_t n = *p == '$' ? strspn(p + 1 + (p[1] == '{'), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;
		_cleanup_free_ char *name = NULL, *value = NULL;
		bool braced = n && p[1] == '{';

		if (!n) {
			text_append_bytes(&t, p++, 1);
			continue;
		}
		name = strndup(p + 1 + braced, n);
		if (!name) {
			t.failed = true;
			break;
		}
		value = find_value(env, "", name);
		if (!value)
			value = find_value(cfg, "set ", name);
		text_append(&t, value ? value : "");
		p += 1 + n + braced + (braced && p[2 + n] == '}');
	}
	return text_take(&t);
}

int loader_entries_choose_grub(const struct grub *grub, const char *cfg, const char *env, struct loader_entries *e)
{
	size_t n = 0;

	/* blscfg knows no unified images. */
	for (size_t i = 0; i < e->n; i++) {
		if (e->list[i].is_unified)
			loader_entry_done(&e->list[i]);
		else
			e->list[n++] = e->list[i];
	}
	e->n = n;
	if (!n) {
		e->reason = e->reason ? e->reason : strdup("there are no boot loader entries");
		return e->reason ? 0 : -ENOMEM;
	}
	qsort(e->list, n, sizeof(*e->list), by_name);
	e->next = (int)find_choice(e, grub->choice ? grub->choice : "0");
	e->is_once = grub->is_once;
	e->why = strdup(grub->choice && *grub->choice ? grub->choice : "the first of the menu");
	e->next_cmdline = expand(e->list[e->next].options, cfg, env);
	return e->why && e->next_cmdline ? 0 : -ENOMEM;
}
