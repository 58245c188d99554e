/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of strings, NULL behind the last one; the empty list is NULL. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/strv.h"
#include "common/text.h"

void strv_free(char **v)
{
	for (char **s = v; s && *s; s++)
		free(*s);
	free(v);
}

void strv_freep(char ***v)
{
	strv_free(*v);
}

size_t strv_length(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

bool strv_contains(char *const *v, const char *s)
{
	for (; v && *v; v++)
		if (strcmp(*v, s) == 0)
			return true;
	return false;
}

int strv_consume(char ***v, char *s)
{
	size_t n = strv_length(*v);
	char **grown;

	if (!s)
		return -ENOMEM;
	/* Room doubles at each power of two, so a long list costs no more than twice its copying. */
	if (!*v || (n & (n + 1)) == 0) {
		grown = realloc(*v, (2 * n + 2) * sizeof(*grown));
		if (!grown) {
			free(s);
			return -ENOMEM;
		}
		*v = grown;
	}
	(*v)[n] = s;
	(*v)[n + 1] = NULL;
	return 0;
}

int strv_add(char ***v, const char *s)
{
	return strv_consume(v, strdup(s));
}

int strv_add_new(char ***v, const char *s)
{
	return strv_contains(*v, s) ? 0 : strv_add(v, s);
}

int strv_copy(char *const *v, char ***ret)
{
	_cleanup_(strv_freep) char **copy = NULL;
	int r;

	for (; v && *v; v++) {
		r = strv_add(&copy, *v);
		if (r < 0)
			return r;
	}
	*ret = TAKE(copy);
	return 0;
}

char *strv_join(char *const *v, const char *separator)
{
	struct text t = {};

	for (size_t i = 0; v && v[i]; i++) {
		if (i)
			text_append(&t, separator);
		text_append(&t, v[i]);
	}
	return text_take(&t);
}

int strv_split(const char *s, const char *separators, char ***ret)
{
	_cleanup_(strv_freep) char **fields = NULL;
	int r;

	while (*s) {
		size_t n = strcspn(s, separators);

		if (n) {
			r = strv_consume(&fields, strndup(s, n));
			if (r < 0)
				return r;
		}
		s += n;
		s += strspn(s, separators);
	}
	*ret = TAKE(fields);
	return 0;
}

static int strv_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(char **v)
{
	if (v)
		qsort(v, strv_length(v), sizeof(*v), strv_compare);
}

bool strv_eq(char *const *a, char *const *b)
{
	size_t n = strv_length(a);

	if (n != strv_length(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}
