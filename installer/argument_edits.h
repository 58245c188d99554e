/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was done to kernel command lines, so that it can be taken back: kept as words, and compared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What was done to a command line, so that it can be taken back. */
struct argument_edit {
	char *was;        /* NULL: nothing stood there, the argument was added */
	char *is;         /* NULL: it was taken out */
};

/* Of several lines: those of each line, and between them an edit of nothing. */
struct argument_edits {
	struct argument_edit *list;
	size_t n;
};

void argument_edits_done(struct argument_edits *edits);
/* NULL: nothing was there, or nothing is. -ENOMEM. */
int argument_edits_add(struct argument_edits *edits, const char *was, const char *is);
/* Ends the edits of a line; what follows is of the next one. -ENOMEM. */
int argument_edits_break(struct argument_edits *edits);
/* The edits of the line of this index, or else of the last one; borrowed. */
struct argument_edits argument_edits_of_line(const struct argument_edits *edits, size_t line);
/* Was nothing done, in any line? */
bool argument_edits_is_empty(const struct argument_edits *edits);

/* Edits as a flat list of pairs, was and is, "" for none: as a change keeps them. -ENOMEM; -EINVAL for an odd number. */
int argument_edits_to_words(const struct argument_edits *edits, char ***ret);
/* As words: what makes of lines that had the first edits such as have the others instead; NULL: nothing. -ENOMEM. */
int argument_edits_delta(const struct argument_edits *done, const struct argument_edits *wanted, char ***ret);
int argument_edits_from_words(char *const *words, struct argument_edits *ret);
