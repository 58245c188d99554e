/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text: growing strings, numbers, escaping. */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"

void text_done(struct text *t)
{
	free(t->data);
	*t = (struct text){};
}

static bool text_reserve(struct text *t, size_t more)
{
	size_t want = t->size + more + 1;
	char *data;

	if (t->failed)
		return false;
	if (want <= t->allocated)
		return true;
	want = want < 128 ? 128 : want * 2;
	data = realloc(t->data, want);
	if (!data) {
		t->failed = true;
		return false;
	}
	t->data = data;
	t->allocated = want;
	return true;
}

char *text_room(struct text *t, size_t n)
{
	return text_reserve(t, n) ? t->data + t->size : NULL;
}

void text_append_bytes(struct text *t, const char *s, size_t n)
{
	if (!text_reserve(t, n))
		return;
	memcpy(t->data + t->size, s, n);
	t->size += n;
	t->data[t->size] = '\0';
}

void text_append(struct text *t, const char *s)
{
	text_append_bytes(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&s, format, ap);
	va_end(ap);
	if (n < 0) {
		s = NULL;
		t->failed = true;
		return;
	}
	text_append_bytes(t, s, (size_t)n);
}

char *text_take(struct text *t)
{
	char *data;

	if (!text_reserve(t, 0)) {
		text_done(t);
		return NULL;
	}
	t->data[t->size] = '\0';
	data = t->data;
	*t = (struct text){};
	return data;
}

char *text_format(const char *format, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, format);
	n = vasprintf(&s, format, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

bool str_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(s, *list))
			return true;
	return false;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

char *str_trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

void str_lower(char *s)
{
	for (; s && *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

const char *str_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int parse_u64(const char *s, int base, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	/* strtoull() takes blanks and signs; a number in a kernel file has neither. */
	if (!isxdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, base);
	if (errno)
		return -ERANGE;
	if (end == s || *end)
		return -EINVAL;
	*ret = v;
	return 0;
}

int parse_unsigned(const char *s, unsigned *ret)
{
	uint64_t v;
	int r;

	r = parse_u64(s, 10, &v);
	if (r < 0)
		return r;
	if (v > UINT_MAX)
		return -ERANGE;
	*ret = (unsigned)v;
	return 0;
}

int parse_int(const char *s, int *ret)
{
	bool negative = *s == '-';
	unsigned v;
	int r;

	r = parse_unsigned(negative ? s + 1 : s, &v);
	if (r < 0)
		return r;
	if (v > INT_MAX)
		return -ERANGE;
	*ret = negative ? -(int)v : (int)v;
	return 0;
}

int parse_hex(const char *s, uint64_t *ret)
{
	return parse_u64(s, 16, ret);
}

size_t text_utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		size_t length;
		unsigned min;
	} forms[] = {
		{ 0xe0, 0xc0, 2, 0x80 },
		{ 0xf0, 0xe0, 3, 0x800 },
		{ 0xf8, 0xf0, 4, 0x10000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		unsigned c = s[0] & (unsigned char)~forms[i].mask;
		size_t n;

		if ((s[0] & forms[i].mask) != forms[i].lead)
			continue;
		for (n = 1; n < forms[i].length; n++) {
			if ((s[n] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[n] & 0x3f);
		}
		/* U+0080..U+009F are control characters, which some terminals obey. */
		if (c < forms[i].min || c < 0xa0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return 0;
		return forms[i].length;
	}
	return 0;
}

static char *escape_control(const char *s, bool keep_newline)
{
	struct text t = {};

	while (*s) {
		size_t n = 0;

		while ((s[n] >= 0x20 && s[n] < 0x7f) || ((s[n] == '\n' || s[n] == '\t') && keep_newline))
			n++;
		if (!n && (unsigned char)*s >= 0x80)
			n = text_utf8_length((const unsigned char *)s);
		if (n)
			text_append_bytes(&t, s, n);
		else
			text_printf(&t, "\\x%02x", (unsigned char)*s);
		s += n ? n : 1;
	}
	return text_take(&t);
}

char *text_escape_terminal(const char *s)
{
	return escape_control(s, true);
}

char *text_escape_field(const char *s)
{
	return escape_control(s, false);
}

char *text_escape_word(const char *s)
{
	struct text t = {};

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= 0x20 || c >= 0x7f || c == '%' || c == '"')
			text_printf(&t, "%%%02x", c);
		else
			text_append_bytes(&t, s, 1);
	}
	return text_take(&t);
}
