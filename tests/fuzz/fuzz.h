/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fuzz target: FUZZ() gets bytes, hands them to a parser, and CHECK()s what must hold whatever they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* Names of parameters take no brackets. NOLINTBEGIN(bugprone-macro-parentheses) */
#define FUZZ(data, size)                                                \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);   \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
/* NOLINTEND(bugprone-macro-parentheses) */

/* The stack of the abort names the place. */
#define CHECK(condition)                                                              \
	do {                                                                          \
		if (!(condition)) {                                                   \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                      \
		}                                                                     \
	} while (0)

/* A copy with a NUL behind it and nothing else: reading past it is found. */
char *fuzz_text(const uint8_t *data, size_t size);
/* Cuts the input at its first newlines: the text before each, and last the rest. Missing ones are empty. */
void fuzz_split(const uint8_t *data, size_t size, char *parts[], size_t n);

/* An empty folder of this process, as a root; it is made once, and removed in the end. */
int fuzz_root(void);
/* Writes a file (and its folders) below it. */
void fuzz_file(const char *path, const void *data, size_t size);

/* Holds the text nothing that a terminal would obey? */
bool fuzz_is_printable(const char *s, bool lines);
