/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files: sections of keys, line by line. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ini.h"
#include "common/text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **start, size_t *length)
{
	while (*length && is_blank(**start)) {
		(*start)++;
		(*length)--;
	}
	while (*length && is_blank((*start)[*length - 1]))
		(*length)--;
}

/* The line with all that continues it; a comment is not continued. */
static void take_line(struct ini *it)
{
	const char *end;

	it->line = it->next;
	for (;;) {
		end = strchr(it->next, '\n');
		it->number++;
		if (!end) {
			it->next += strlen(it->next);
			break;
		}
		it->next = end + 1;
		if (end == it->line || end[-1] != '\\' || *it->line == '#' || *it->line == ';')
			break;
	}
	it->length = (size_t)(it->next - it->line);
}

bool ini_next(struct ini *it)
{
	while (*it->next) {
		const char *start, *equals;
		size_t length;

		take_line(it);
		start = it->line;
		length = it->length;
		trim(&start, &length);
		if (!length || *start == '#' || *start == ';')
			continue;
		it->key = NULL;
		if (*start == '[' && start[length - 1] == ']') {
			it->section = start + 1;
			it->section_length = length - 2;
			return true;
		}
		equals = memchr(start, '=', length);
		if (!equals)
			continue;
		it->key = start;
		it->key_length = (size_t)(equals - start);
		it->value = equals + 1;
		it->value_length = length - it->key_length - 1;
		trim(&it->key, &it->key_length);
		trim(&it->value, &it->value_length);
		return true;
	}
	return false;
}

bool ini_is_in(const struct ini *it, const char *section)
{
	return it->section && strlen(section) == it->section_length && memcmp(it->section, section, it->section_length) == 0;
}

bool ini_is_key(const struct ini *it, const char *key)
{
	return it->key && strlen(key) == it->key_length && memcmp(it->key, key, it->key_length) == 0;
}

char *ini_value(const struct ini *it)
{
	return strndup(it->value, it->value_length);
}

int ini_find(const char *text, const char *section, const char *key, char **ret)
{
	char *found = NULL;

	for (struct ini it = { .next = text }; ini_next(&it);) {
		if (!ini_is_in(&it, section) || !ini_is_key(&it, key))
			continue;
		free(found);
		found = ini_value(&it);
		if (!found)
			return -ENOMEM;
	}
	*ret = found;
	return 0;
}
