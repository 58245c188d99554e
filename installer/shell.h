/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A settings file that a shell sources, read without running it: which value each variable has at the end, and where in
 * the text each character of it stands (POSIX.1-2017, XCU 2; bash(1) for "+=").
 *
 * Understood are assignments, export, comments, and commands that can change no variable. What could change one in a
 * way that only running it would tell makes the file unknown, with the place and the reason.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum shell_quote { SHELL_BARE, SHELL_SINGLE, SHELL_DOUBLE };

struct shell_char {
	size_t start, end;       /* of what stands for it in the text: two bytes for "\$" */
	char c;
	enum shell_quote quote;
};

struct shell_value {
	struct shell_char *list;
	size_t n;
	size_t start;            /* where the last assignment's word begins */
	size_t end;              /* where something can be put behind it: in front of the quote that closes it, if one does */
	enum shell_quote end_quote;
	const char *unknown;     /* static: why it cannot be known, or NULL */
	size_t unknown_at;
};

struct shell_variable {
	char *name;
	struct shell_value value;
};

struct shell_script {
	struct shell_variable *list;
	size_t n;
	const char *unknown;     /* static: why nothing is known from `unknown_at` on, or NULL */
	size_t unknown_at;
};

/* -ENOMEM is the only failure; whether the text is understood stands in the script. */
int shell_read(const char *text, bool is_bash, struct shell_script *ret);
void shell_script_done(struct shell_script *s);
/* NULL: not set. */
const struct shell_value *shell_find(const struct shell_script *s, const char *name);
/* The value as a string, new; NULL: out of memory. */
char *shell_value_string(const struct shell_value *v);

/* The inner parts of shell_read(), in shell_word.c. */
struct shell_reader {
	const char *text;
	size_t at;
	bool is_bash;
	bool splits;             /* this word is no assignment by itself: dash splits what expands in it */
	struct shell_script *script;
};

void shell_value_done(struct shell_value *v);
/* Appends what `from` holds; -ENOMEM. */
int shell_value_add(struct shell_value *v, const struct shell_value *from);
/* -EINVAL, after the script has got the reason. */
int shell_fail(struct shell_reader *r, size_t at, const char *why);
/* Reads on to the end of a word; -EINVAL as above, -ENOMEM. */
int shell_read_word(struct shell_reader *r, struct shell_value *ret);
bool shell_ends_word(char c);
