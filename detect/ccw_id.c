/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bus ids of s390x's channel subsystem, 0.0.1234. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "detect/ccw_id.h"

/* "%x.%x.%04x" (drivers/s390/cio/css.c): up to 255 channel subsystems, four subchannel sets. */
bool ccw_id_is_at(const char *s, size_t n)
{
	size_t css = 0;

	while (css < n && css < 2 && isxdigit((unsigned char)s[css]))
		css++;
	if (!css || n != css + strlen(".0.1234") || s[css] != '.' || s[css + 1] < '0' || s[css + 1] > '3' || s[css + 2] != '.')
		return false;
	for (size_t i = css + 3; i < n; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

char *ccw_id_in_path(const char *path)
{
	const char *found = NULL;
	size_t length = 0;

	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t n;

		part += *part == '/';
		n = strcspn(part, "/");
		if (ccw_id_is_at(part, n)) {
			found = part;
			length = n;
		}
	}
	return found ? strndup(found, length) : NULL;
}

/* "0.1.1234", "1234", "0x1234" at *s: subchannel set and device number as one; *s is what follows. */
static bool take_number(const char **s, unsigned long *ret)
{
	const char *dot = *s + strcspn(*s, ".,-(:");
	unsigned long set = 0;
	char *end;

	if (*dot == '.' && isdigit((unsigned char)dot[1]) && dot[2] == '.') {
		set = (unsigned long)(dot[1] - '0');
		*s = dot + 3;
	}
	if (!isxdigit((unsigned char)**s))
		return false;
	*ret = strtoul(*s, &end, 16);
	/* A LUN may be a small number, of many digits. */
	if (*ret > 0xffff || end - *s > (ssize_t)strlen("0x1234"))
		return false;
	*ret |= set << 16;
	*s = end;
	return true;
}

/* One device or a range, up to a comma, an option or the end of the line. */
static bool item_names(const char *item, unsigned long number)
{
	unsigned long from, to;

	if (!take_number(&item, &from))
		return false;
	to = from;
	if (*item == '-') {
		item++;
		if (!take_number(&item, &to))
			return false;
	}
	return strchr(",(: \t\n", *item) && number >= from && number <= to;
}

bool ccw_list_names(const char *list, const char *id)
{
	unsigned long number;

	if (!take_number(&id, &number))
		return false;
	for (const char *item = list; *item && *item != '\n'; item += strcspn(item, ",\n"), item += *item == ',')
		if (item_names(item, number))
			return true;
	return false;
}

static bool word_is(const char *item, const char *word)
{
	size_t n = strcspn(item, ",");

	return n == strlen(word) && memcmp(item, word, n) == 0;
}

/* The console is none of those that are asked about. */
bool ccw_list_hides(const char *list, const char *id, const char *ipl)
{
	bool is_hidden = false;
	const char *rest = id;
	unsigned long number;

	if (!take_number(&rest, &number))
		return false;
	for (const char *item = list; *item; item += strcspn(item, ","), item += *item == ',') {
		bool shows = *item == '!';

		item += shows;
		if (word_is(item, "all") || (word_is(item, "ipldev") && str_eq(id, ipl)) || item_names(item, number))
			is_hidden = !shows;
	}
	return is_hidden;
}
