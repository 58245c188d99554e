/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial's boot loader entry: the one that boots next, under another title and with its arguments as wished. */
#pragma once

#include "installer/kernel_arguments.h"

/* From the text of the one to the text of the other, without a sort-key: nothing but its name chooses it. -EINVAL, -ENOMEM. */
int trial_entry(const char *text, const struct argument_wish *wish, char **ret);
/* The text with $NAME and ${NAME} on its lines of options replaced by the value; NULL: as it is. NULL when memory runs out. */
char *trial_entry_expand(const char *text, const char *name, const char *value);
