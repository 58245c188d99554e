/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch: binding happens only where the kernel command line asks for it. */

#include <ctype.h>
#include <string.h>

#include "early/early.h"
#include "early/sysfs.h"

#define SWITCH "slipway.bind"

/* Quotes hide blanks, and what stands behind "--" is init's (Documentation/admin-guide/kernel-parameters.rst). */
bool early_is_asked(int root_fd)
{
	char text[8192], *s = text;
	bool is_asked = false;

	if (attribute_read(root_fd, text, sizeof(text), "proc/cmdline") < 0)
		return false;
	while (*s) {
		bool is_quoted = false;
		char *word = s, end;

		for (; *s && (is_quoted || !isspace((unsigned char)*s)); s++)
			if (*s == '"')
				is_quoted = !is_quoted;
		end = *s;
		*s = '\0';
		if (strcmp(word, "--") == 0)
			break;
		/* The last one counts, so that whoever edits the line in the boot menu can append a 0. */
		if (strncmp(word, SWITCH, strlen(SWITCH)) == 0 && strchr("=", word[strlen(SWITCH)]))
			is_asked = strcmp(word + strlen(SWITCH), "=1") == 0;
		s += end != '\0';
	}
	return is_asked;
}
