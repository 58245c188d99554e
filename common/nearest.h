/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nearest word: what somebody who mistyped one has probably meant. */
#pragma once

/* At most two letters more, fewer or other; NULL: none is near. The list ends with NULL. */
const char *word_nearest(char *const *words, const char *word);
