/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data as text inside HTML and SVG, in elements and in quoted attributes alike. */
#pragma once

#include "common/text.h"

/*
 * Appends s (NULL: nothing) with & < > " ' as references. Control characters, what is no UTF-8, and the characters that turn the direction
 * of writing (U+202A to U+202E, U+2066 to U+2069) become U+FFFD: a name must not look like another one.
 */
void html_text(struct text *t, const char *s);
/* The same, at most `room` characters, the last one an ellipsis where something is cut off. */
void html_cut(struct text *t, const char *s, size_t room);
/* The same for a sentence: an option like --allow is not broken after its hyphens. */
void html_prose(struct text *t, const char *s);
