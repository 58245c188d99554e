/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text: growing strings, numbers, escaping; and with them the lists of strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/strv.h"

/* A string that grows. Zero-initialised is empty; after a failed append `failed` stays set and text_take() returns NULL. */
struct text {
	char *data;
	size_t size;
	size_t allocated;
	bool failed;
};

void text_done(struct text *t);
void text_append(struct text *t, const char *s);
void text_append_bytes(struct text *t, const char *s, size_t n);
/* Room for n bytes and a NUL behind the text, for the caller to fill and to add to the size; NULL when memory runs out. */
char *text_room(struct text *t, size_t n);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The string (never NULL unless memory ran out); the text is empty afterwards. */
char *text_take(struct text *t);

/* printf into a new string; NULL when memory runs out. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool str_eq(const char *a, const char *b); /* both may be NULL; NULL equals NULL only */
bool str_is_one_of(const char *s, const char *const *list); /* which NULL ends */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Cuts white space off both ends, in place; returns the first character kept. */
char *str_trim(char *s);
/* A to Z become a to z, in place; NULL is fine. */
void str_lower(char *s);
/* The part behind the last '/'. */
const char *str_base(const char *path);

/* The whole string as a number, nothing before or behind it: 0, -EINVAL or -ERANGE. Hex takes an optional 0x. */
int parse_unsigned(const char *s, unsigned *ret);
int parse_int(const char *s, int *ret);
int parse_hex(const char *s, uint64_t *ret);

/* The length of the UTF-8 sequence of two bytes or more at s (RFC 3629: no overlong form, no surrogate, no control character), or 0. */
size_t text_utf8_length(const unsigned char *s);

/* New strings. Control bytes and invalid UTF-8 become \xNN; '\n' and tabs stay only in the first. */
char *text_escape_terminal(const char *s);
char *text_escape_field(const char *s);
/* Percent-encoding of blanks, '%', '"', control and non-ASCII bytes: a value that stands as one word. */
char *text_escape_word(const char *s);
