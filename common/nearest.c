/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nearest word: what somebody who mistyped one has probably meant. */

#include <stddef.h>
#include <string.h>

#include "common/nearest.h"

/* How many letters to put in, take out or change to make one word of the other (Levenshtein); more than `LONG` is far. */
static size_t distance(const char *a, const char *b)
{
	enum { LONG = 32 };
	size_t row[LONG + 1], n = strlen(b);

	if (strlen(a) > LONG || n > LONG)
		return LONG;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

const char *word_nearest(char *const *words, const char *word)
{
	const char *nearest = NULL;
	size_t best = 3;

	for (; words && *words; words++) {
		size_t n = distance(*words, word);

		/* Of a short word two other letters leave nothing. */
		if (n < best && n * 2 < strlen(*words)) {
			best = n;
			nearest = *words;
		}
	}
	return nearest;
}
