/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON text written as it is told: for long lists, of which a tree in memory would take fifty times the text. */

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json_writer.h"

static const char BLANKS[2 * JSON_DEPTH_MAX + 1] = "                                ";

static void new_line(struct json_writer *w)
{
	text_append_bytes(&w->text, "\n", 1);
	text_append_bytes(&w->text, BLANKS, 2 * (size_t)w->depth);
}

static char *put(char *at, const char *s, size_t n)
{
	memcpy(at, s, n);
	return at + n;
}

/*
 * The comma, the line and the key: what stands before every value but the outermost, with room for `more` behind it. In
 * one piece, since there are so many. Ends at end_member(); NULL: no memory.
 */
static char *begin_member(struct json_writer *w, const char *key, size_t more)
{
	size_t length = key ? strlen(key) : 0;
	char *at = text_room(&w->text, 2 * (size_t)w->depth + length + more + sizeof(",\n\"\": "));

	if (!at || !w->depth)
		return at;
	if (w->has_members[w->depth - 1])
		*at++ = ',';
	w->has_members[w->depth - 1] = true;
	*at++ = '\n';
	at = put(at, BLANKS, 2 * (size_t)w->depth);
	if (key) {
		*at++ = '"';
		at = put(at, key, length);
		at = put(at, "\": ", 3);
	}
	return at;
}

static void end_member(struct json_writer *w, char *at)
{
	*at = '\0';
	w->text.size = (size_t)(at - w->text.data);
}

static void write_word(struct json_writer *w, const char *key, const char *word, size_t n)
{
	char *at = begin_member(w, key, n);

	if (at)
		end_member(w, put(at, word, n));
}

static void write_quoted(struct json_writer *w, const char *key, const char *value, size_t n)
{
	char *at = begin_member(w, key, n + 2);

	if (!at)
		return;
	*at++ = '"';
	at = put(at, value, n);
	*at++ = '"';
	end_member(w, at);
}

static void descend(struct json_writer *w, const char *key, const char *brackets)
{
	write_word(w, key, brackets, 1);
	/* Depth is our own doing, and no input's. */
	if (w->depth == JSON_DEPTH_MAX)
		abort();
	w->closers[w->depth] = brackets[1];
	w->has_members[w->depth++] = false;
}

void json_write_inside(struct json_writer *w)
{
	w->depth = 1;
	w->closers[0] = '}';
	w->has_members[0] = true;
}

void json_write_object(struct json_writer *w, const char *key)
{
	descend(w, key, "{}");
}

void json_write_array(struct json_writer *w, const char *key)
{
	descend(w, key, "[]");
}

void json_write_close(struct json_writer *w)
{
	bool had_members = w->has_members[--w->depth];

	/* json-c ends an empty list on a line of its own, too. */
	if (had_members || w->closers[w->depth] == ']')
		new_line(w);
	text_append_bytes(&w->text, &w->closers[w->depth], 1);
}

/* All that a serial number or a name of ours ever holds goes in as it is. */
static size_t plain_length(const char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void append_escaped(struct text *t, const char *s)
{
	while (*s) {
		size_t n = plain_length(s);

		text_append_bytes(t, s, n);
		s += n;
		if (!*s)
			break;
		if (*s == '\n' || *s == '\t')
			text_append_bytes(t, *s == '\n' ? "\\n" : "\\t", 2);
		else if (*s == '"' || *s == '\\')
			text_append_bytes(t, (const char[]){ '\\', *s }, 2);
		else
			text_append_bytes(t, s, 1); /* UTF-8, which has been looked at */
		s++;
	}
}

static void write_escaped(struct json_writer *w, const char *key, const char *value)
{
	_cleanup_free_ char *safe = text_escape_terminal(value);

	write_word(w, key, "\"", 1);
	if (safe)
		append_escaped(&w->text, safe);
	else
		w->text.failed = true;
	text_append_bytes(&w->text, "\"", 1);
}

void json_write_string(struct json_writer *w, const char *key, const char *value)
{
	size_t n = value ? plain_length(value) : 0;

	if (!value)
		json_write_null(w, key);
	else if (value[n])
		write_escaped(w, key, value);
	else
		write_quoted(w, key, value, n);
}

void json_write_bool(struct json_writer *w, const char *key, bool value)
{
	write_word(w, key, value ? "true" : "false", value ? 4 : 5);
}

/* printf would be a fifth of all that listing a host takes. */
static char *number_format(uint64_t value, unsigned base, int digits, char *end)
{
	for (; value || digits > 0; value /= base, digits--)
		*--end = "0123456789abcdef"[value % base];
	return end;
}

void json_write_int(struct json_writer *w, const char *key, int64_t value)
{
	char text[24], *at;

	at = number_format(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, 1, text + sizeof(text));
	if (value < 0)
		*--at = '-';
	write_word(w, key, at, (size_t)(text + sizeof(text) - at));
}

void json_write_hex(struct json_writer *w, const char *key, uint64_t value, int digits)
{
	char text[24], *at;

	at = number_format(value, 16, digits, text + sizeof(text));
	*--at = 'x';
	*--at = '0';
	write_quoted(w, key, at, (size_t)(text + sizeof(text) - at));
}

void json_write_null(struct json_writer *w, const char *key)
{
	write_word(w, key, "null", 4);
}

void json_write_strv(struct json_writer *w, const char *key, char *const *v)
{
	json_write_array(w, key);
	for (; v && *v; v++)
		json_write_string(w, NULL, *v);
	json_write_close(w);
}
