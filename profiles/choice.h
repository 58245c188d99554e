/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choices: what a profile made of the options on this host, and why; for `--explain`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct choice {
	const char *what;    /* static: "memory pages" */
	char *value;         /* "2M" */
	char *why;
	char *path, *seen;   /* the evidence: a file below the root, and what stands there; NULL: none is needed */
};

struct choices {
	struct choice *list; /* in the order of the decisions */
	size_t n;
	bool failed;         /* memory ran out */
};

void choices_done(struct choices *c);
/* A NULL `value` or `seen` is fine; path NULL: no evidence. */
void choices_add(struct choices *c, const char *what, const char *value, const char *path, const char *seen, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
