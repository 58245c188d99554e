/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record: one line of words, the first its name, the others key=value with percent-escaped values:
 *
 *     0000:05:00.0 id=144d:a80a serial=S4EVNX0R1 model=Samsung%20SSD
 *
 * Blank lines and lines that begin with '#' are no records. Plain enough for a program without libraries.
 */
#pragma once

/* The word path= of a PCI function of s390x, by its function id; all others have their chain of bridges there. */
#define ZPCI_ROOT "zpci/"
#define ZPCI_PATH ZPCI_ROOT "%08x"

#include <stddef.h>

#define RECORD_FIELDS 24

/* Points into the line that was parsed: it lives as long as that. */
struct record {
	char *name;
	size_t n_fields;
	struct {
		char *key, *value;
	} fields[RECORD_FIELDS];
};

/* Parses in place: 1 for a record, 0 for a blank line or comment, -EINVAL (a word without '=', a broken escape), -E2BIG. */
int record_parse(char *line, struct record *ret);
/* The value of the key, or NULL. */
const char *record_find(const struct record *r, const char *key);
