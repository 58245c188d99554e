/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of values in a shell's settings file: what stays in a value stays in the text byte for byte. */
#pragma once

#include "installer/shell.h"

struct shell_edit {
	size_t start, end;   /* of the text, replaced by: */
	char *with;
};

struct shell_edits {
	struct shell_edit *list;
	size_t n;
};

void shell_edits_done(struct shell_edits *edits);
/* What makes this value, read from the text, into `wanted`: word by word. -ENOMEM. */
int shell_edit_value(const char *text, const struct shell_value *v, const char *wanted, struct shell_edits *edits);
/* -EINVAL: two edits are about the same bytes; -ENOMEM. */
int shell_edits_apply(const char *text, struct shell_edits *edits, char **ret);
