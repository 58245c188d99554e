/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line, edited as arguments: the spacing, quotes and order of everything else stay as they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "installer/argument_edits.h"

/* What a command line shall hold, and what it must not. */
struct argument_wish {
	char **wanted;
	char **unwanted;  /* whole arguments; where a wanted one has the same name it takes the place */
};

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
