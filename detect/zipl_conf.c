/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/zipl.conf of s390x (zipl/src/scan.c of s390-tools). */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/zipl_conf.h"

#define DEFAULTBOOT "defaultboot"

void zipl_conf_done(struct zipl_conf *c)
{
	free(c->sections);
	free(c->lines);
	*c = (struct zipl_conf){};
}

static int add_section(struct zipl_conf *c, const char *name, size_t size, bool is_menu)
{
	struct zipl_section *grown = realloc(c->sections, (c->n_sections + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	c->sections = grown;
	grown[c->n_sections++] = (struct zipl_section){ .name = name, .name_size = size, .is_menu = is_menu };
	return 0;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static const char *cut_blanks(const char *start, const char *end)
{
	while (end > start && strchr(" \t\r", end[-1]))
		end--;
	return end;
}

static void read_value(const char *p, const char *end, struct zipl_line *l)
{
	const char *close;

	if (*p != '"' && *p != '\'') {
		l->start = p;
		l->end = cut_blanks(p, end);
		return;
	}
	close = memchr(p + 1, *p, (size_t)(end - p - 1));
	l->start = p + 1;
	l->end = close ? close : end;
	l->quote = *p;
	l->is_open = !close;
}

/* Where something follows the key, it is '=' and the value. */
static int add_line(struct zipl_conf *c, const char *p, const char *end, unsigned number)
{
	struct zipl_line *grown, l = { .section = c->n_sections - 1, .key = p, .number = number };

	while (p < end && isalnum((unsigned char)*p))
		p++;
	l.key_size = (size_t)(p - l.key);
	p = skip_blanks(p);
	if (*p == '=')
		read_value(skip_blanks(p + 1), end, &l);
	else if (cut_blanks(p, end) > p)
		return 0;
	grown = realloc(c->lines, (c->n_lines + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->lines = grown;
	grown[c->n_lines++] = l;
	return 0;
}

static int take_line(struct zipl_conf *c, const char *line, const char *end, unsigned number)
{
	const char *p = skip_blanks(line);

	if (p >= end || *p == '#')
		return 0;
	if (*p == '[') {
		const char *close = memchr(p, ']', (size_t)(end - p));
		return close ? add_section(c, p + 1, (size_t)(close - p - 1), false) : 0;
	}
	if (*p == ':')
		return add_section(c, p + 1, (size_t)(cut_blanks(p + 1, end) - p - 1), true);
	return add_line(c, p, end, number);
}

static void find_aside(struct zipl_conf *c)
{
	static const char *const keys[] = { "dumpto", "dumptofs", "mvdump", "segment", "kdump" };

	for (size_t i = 1; i < c->n_sections; i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			c->sections[i].is_aside = c->sections[i].is_aside || zipl_conf_find(c, i, keys[k]);
}

int zipl_conf_parse(const char *text, struct zipl_conf *ret)
{
	_cleanup_(zipl_conf_done) struct zipl_conf c = {};
	unsigned number = 0;
	int r = add_section(&c, text, 0, false);

	for (const char *line = text, *end; *line && r >= 0; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		r = take_line(&c, line, end, ++number);
	}
	if (r < 0)
		return r;
	find_aside(&c);
	*ret = TAKE(c);
	return 0;
}

bool zipl_line_is(const struct zipl_line *l, const char *key)
{
	return l->key_size == strlen(key) && memcmp(l->key, key, l->key_size) == 0;
}

char *zipl_line_path(const struct zipl_line *l)
{
	char *path = strndup(l->start, (size_t)(l->end - l->start)), *comma = path ? strrchr(path, ',') : NULL;
	size_t slashes = path ? strspn(path, "/") : 0;
	uint64_t address;

	if (comma && parse_hex(comma + 1, &address) == 0)
		*comma = '\0';
	if (path)
		memmove(path, path + slashes, strlen(path + slashes) + 1);
	return path;
}

const struct zipl_line *zipl_conf_find(const struct zipl_conf *c, size_t section, const char *key)
{
	for (size_t i = 0; i < c->n_lines; i++)
		if (c->lines[i].section == section && zipl_line_is(&c->lines[i], key))
			return &c->lines[i];
	return NULL;
}

size_t zipl_conf_section(const struct zipl_conf *c, const char *name, size_t size, bool is_menu)
{
	for (size_t i = 1; i < c->n_sections; i++)
		if (c->sections[i].is_menu == is_menu && c->sections[i].name_size == size && memcmp(c->sections[i].name, name, size) == 0)
			return i;
	return 0;
}

static const struct zipl_line *default_key(const struct zipl_conf *c, const char *key)
{
	size_t head = zipl_conf_section(c, DEFAULTBOOT, strlen(DEFAULTBOOT), false);

	return head ? zipl_conf_find(c, head, key) : NULL;
}

bool zipl_conf_is_automatic(const struct zipl_conf *c)
{
	return default_key(c, "defaultauto") || default_key(c, "target");
}

static size_t section_of(const struct zipl_conf *c, const struct zipl_line *l, bool is_menu)
{
	return l && l->start ? zipl_conf_section(c, l->start, (size_t)(l->end - l->start), is_menu) : 0;
}

static bool is_number(const struct zipl_line *l)
{
	return l->key_size && strspn(l->key, "0123456789") >= l->key_size;
}

static unsigned long number_of(const char *s)
{
	return strtoul(s, NULL, 10);
}

/* A menu without a default takes the lowest of its numbers. */
static const struct zipl_line *default_of_menu(const struct zipl_conf *c, size_t menu)
{
	const struct zipl_line *named = zipl_conf_find(c, menu, "default"), *found = NULL;

	for (size_t i = 0; i < c->n_lines; i++) {
		const struct zipl_line *l = &c->lines[i];

		if (l->section != menu || !is_number(l))
			continue;
		if (named && named->start ? number_of(l->key) == number_of(named->start) : !found || number_of(l->key) < number_of(found->key))
			found = l;
	}
	return found;
}

const struct zipl_line *zipl_conf_default(const struct zipl_conf *c)
{
	size_t menu = section_of(c, default_key(c, "defaultmenu"), true);

	return menu ? default_of_menu(c, menu) : default_key(c, "default");
}

static bool menu_has(const struct zipl_conf *c, size_t menu, size_t section)
{
	for (size_t i = 0; i < c->n_lines; i++)
		if (c->lines[i].section == menu && is_number(&c->lines[i]) && section_of(c, &c->lines[i], false) == section)
			return true;
	return false;
}

bool zipl_conf_installs(const struct zipl_conf *c, size_t section)
{
	size_t menu = section_of(c, default_key(c, "defaultmenu"), true);

	if (zipl_conf_is_automatic(c))
		return zipl_conf_find(c, section, "image");
	return menu ? menu_has(c, menu, section) : section_of(c, default_key(c, "default"), false) == section;
}

/* A menu's own goes before those of its sections. */
char *zipl_conf_target(const struct zipl_conf *c, size_t section)
{
	size_t menu = section_of(c, default_key(c, "defaultmenu"), true);
	const struct zipl_line *l = zipl_conf_is_automatic(c) ? default_key(c, "target") : menu ? zipl_conf_find(c, menu, "target") : NULL;
	const char *start;

	if (!l || !l->start)
		l = section ? zipl_conf_find(c, section, "target") : NULL;
	if (!l || !l->start)
		return strdup("boot");
	start = l->start;
	while (start < l->end && *start == '/')
		start++;
	return strndup(start, (size_t)(l->end - start));
}
