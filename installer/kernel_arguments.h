/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line, edited as arguments: the spacing, quotes and order of everything else stay as they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What a command line shall hold, and what it must not. */
struct argument_wish {
	char **wanted;
	char **unwanted;  /* whole arguments; where a wanted one has the same name it takes the place */
};

/* What was done to a command line, so that it can be taken back. */
struct argument_edit {
	char *was;        /* NULL: nothing stood there, the argument was added */
	char *is;         /* NULL: it was taken out */
};

struct argument_edits {
	struct argument_edit *list;
	size_t n;
};

void argument_edits_done(struct argument_edits *edits);
void argument_wish_done(struct argument_wish *wish);

/*
 * The line with the wish fulfilled, once: what is there already is not added. New arguments stand at the end, where they
 * win over earlier ones, but before "--", behind which everything is init's. What was done is appended to the edits.
 * -ENOMEM is the only failure of both.
 */
int kernel_arguments_edit(const char *line, const struct argument_wish *wish, struct argument_edits *edits, char **ret);
/* The line without these edits: what was added goes, what was replaced or taken out comes back; all else stays. */
int kernel_arguments_take_back(const char *line, const struct argument_edits *edits, char **ret);
/* Does the kernel see all of these in the line? Sets *ret_missing (borrowed) to the first that it does not; may be NULL. */
bool kernel_arguments_has(const char *line, char *const *arguments, const char **ret_missing);

/* Edits as a flat list of pairs, was and is, "" for none: as a change keeps them. -ENOMEM; -EINVAL for an odd number. */
int argument_edits_to_words(const struct argument_edits *edits, char ***ret);
/* As words: what makes a line that had the first edits one that has the others instead. -ENOMEM. */
int argument_edits_delta(const struct argument_edits *done, const struct argument_edits *wanted, char ***ret);
int argument_edits_from_words(char *const *words, struct argument_edits *ret);
