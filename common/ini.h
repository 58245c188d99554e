/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files as systemd (systemd.syntax(7)) and GLib's key files have them: sections of keys, line by line, with each line's place. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A walk over a text that stays; the pointers lead into it and have lengths. */
struct ini {
	const char *next;       /* set to the text to begin */
	unsigned number;        /* of the line, from 1 */
	const char *section;    /* that the line is in; NULL before the first */
	size_t section_length;
	const char *line;       /* whole, with what continues it (a backslash at the end) and its newline */
	size_t length;
	const char *key;        /* NULL: the line begins a section */
	size_t key_length;
	const char *value;      /* without white space around it; a continued one with its line breaks */
	size_t value_length;
};

/* Goes to the next line that begins a section or has a key; comments and what is neither are passed over. False at the end. */
bool ini_next(struct ini *it);
bool ini_is_in(const struct ini *it, const char *section);
bool ini_is_key(const struct ini *it, const char *key);
/* The value as a new string; NULL when memory runs out. */
char *ini_value(const struct ini *it);
/* The last value of section and key (new string in *ret), NULL where there is none. -ENOMEM. */
int ini_find(const char *text, const char *section, const char *key, char **ret);
