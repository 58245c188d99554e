/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line as arguments: quotes understood, order kept (Documentation/admin-guide/kernel-parameters.rst). */
#pragma once

#include <stdbool.h>

struct cmdline {
	char **arguments;  /* each with its quotes as written; what stands behind "--" is init's and not listed */
};

int cmdline_parse(const char *text, struct cmdline *ret);
void cmdline_done(struct cmdline *c);
/*
 * Are they one argument to the kernel? Quotes around all of it or around its value do not count (next_arg() in
 * lib/cmdline.c): GRUB passes dyndbg="file x +p" on as "dyndbg=file x +p". Nor does '-' or '_' in the name.
 */
bool argument_eq(const char *a, const char *b);
/* Is argument_eq() true of any? */
bool cmdline_has(const struct cmdline *c, const char *argument);
/* The value of the last NAME=VALUE (the one that counts for a module parameter), or NULL. */
const char *cmdline_value(const struct cmdline *c, const char *name);
/* Does any occurrence of NAME=A,B,... hold the word? For options that are parsed one by one, such as intel_iommu. */
bool cmdline_value_has(const struct cmdline *c, const char *name, const char *word);
