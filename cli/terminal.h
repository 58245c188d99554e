/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text on a screen: how wide it is, cut to fit, wrapped at words. Data comes out escaped. */
#pragma once

#include <stddef.h>

#include "cli/cli.h"

/* Columns to write in: those of the terminal, or 80. */
size_t screen_width(const struct cli *cli);
/* How many columns an escaped string takes: bytes that begin a UTF-8 sequence. */
size_t columns(const char *s);
/* Prints at most `room` columns, an ellipsis where something is cut off. Control bytes come out escaped. */
void print_cut(const char *s, size_t room);
/* Blanks behind a text of `used` columns up to `width`. */
void print_blanks(size_t used, size_t width);
/*
 * Prints the text and a newline, from column `at` on; what does not fit goes on below column `indent`, broken at blanks. A word longer than the line is
 * not broken: a path must stay one to be copied. With width 0 nothing is wrapped.
 */
void print_wrapped(const char *text, size_t at, size_t indent, size_t width);
