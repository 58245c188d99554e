/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record: one line of words, the first its name, the others key=value with percent-escaped values. */

#include <errno.h>
#include <string.h>

#include "common/record.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* In place: the result is never longer. */
static int unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '%') {
			int high = hex_digit(s[1]), low = high < 0 ? -1 : hex_digit(s[2]);

			if (low < 0 || (high == 0 && low == 0))
				return -EINVAL;
			*to++ = (char)(high << 4 | low);
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
	return 0;
}

int record_parse(char *line, struct record *ret)
{
	struct record record = { 0 };
	char *save = NULL, *word, *equals;

	word = strtok_r(line, " \t\r\n", &save);
	if (!word || *word == '#')
		return 0;
	record.name = word;
	while ((word = strtok_r(NULL, " \t\r\n", &save))) {
		if (record.n_fields == RECORD_FIELDS)
			return -E2BIG;
		equals = strchr(word, '=');
		if (!equals || equals == word)
			return -EINVAL;
		*equals = '\0';
		if (unescape(equals + 1) < 0)
			return -EINVAL;
		record.fields[record.n_fields].key = word;
		record.fields[record.n_fields].value = equals + 1;
		record.n_fields++;
	}
	*ret = record;
	return 1;
}

const char *record_find(const struct record *r, const char *key)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (strcmp(r->fields[i].key, key) == 0)
			return r->fields[i].value;
	return NULL;
}
