/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data as text inside HTML and SVG, in elements and in quoted attributes alike. */

#include <stdint.h>
#include <string.h>

#include "cli/html/escape.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS "\xe2\x80\xa6"

static const char *reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* U+202A..U+202E, U+2066..U+2069, and the line and paragraph separators between them. */
static bool turns(const char *s)
{
	return strncmp(s, "\xe2\x80", 2) == 0 ? (unsigned char)s[2] >= 0xa8 && (unsigned char)s[2] <= 0xae :
	       strncmp(s, "\xe2\x81", 2) == 0 && (unsigned char)s[2] >= 0xa6 && (unsigned char)s[2] <= 0xa9;
}

/* One character; how many bytes of s it was. */
static size_t add_one(struct text *t, const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : text_utf8_length((const unsigned char *)s);

	if (c < 0x80 && reference(*s))
		text_append(t, reference(*s));
	else if (c == '\t' || c == '\n')
		text_append(t, " ");
	else if (!n || c < 0x20 || c == 0x7f || turns(s))
		text_append(t, REPLACEMENT);
	else
		text_append_bytes(t, s, n);
	return n ? n : 1;
}

void html_cut(struct text *t, const char *s, size_t room)
{
	size_t count = 0;

	for (const char *p = s; p && *p && count <= room; count++)
		p += (unsigned char)*p < 0x80 || !text_utf8_length((const unsigned char *)p) ? 1 : text_utf8_length((const unsigned char *)p);
	for (size_t i = 0; s && *s && i < room; i++) {
		if (count > room && i + 1 == room)
			text_append(t, ELLIPSIS);
		else
			s += add_one(t, s);
	}
}

void html_text(struct text *t, const char *s)
{
	html_cut(t, s, SIZE_MAX);
}

/* "--allow": how long it is; 0 where s is no option. */
static size_t option_length(const char *s)
{
	size_t n = strncmp(s, "--", 2) == 0 ? strspn(s, "-abcdefghijklmnopqrstuvwxyz") : 0;

	return n > 2 && n < 24 && (!s[n] || strchr(" ,;.=", s[n])) ? n : 0;
}

void html_prose(struct text *t, const char *s)
{
	bool is_start = true;

	while (s && *s) {
		size_t n = is_start ? option_length(s) : 0;

		is_start = *s == ' ';
		if (!n) {
			s += add_one(t, s);
			continue;
		}
		text_append(t, "<span class=\"option\">");
		text_append_bytes(t, s, n);
		text_append(t, "</span>");
		s += n;
	}
}
