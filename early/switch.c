/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch: binding happens only where the kernel command line asks for it, and a trial boot has a list of its own. */

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "early/early.h"
#include "early/sysfs.h"

#define SWITCH "slipway.bind"
#define TRIAL "slipway.trial"

/* Quotes hide blanks, and what stands behind "--" is init's (Documentation/admin-guide/kernel-parameters.rst). */
static bool is_one(int root_fd, const char *name)
{
	size_t n = strlen(name);
	char text[8192], *s = text;
	bool is_set = false;

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
		if (strncmp(word, name, n) == 0 && strchr("=", word[n]))
			is_set = strcmp(word + n, "=1") == 0;
		s += end != '\0';
	}
	return is_set;
}

bool early_is_asked(int root_fd)
{
	return is_one(root_fd, SWITCH);
}

/* The image is one for all boot entries: the old entry must find what it always found. */
const char *early_list(int root_fd)
{
	struct stat st;

	return is_one(root_fd, TRIAL) && fstatat(root_fd, EARLY_TRIAL_LIST, &st, 0) == 0 ? EARLY_TRIAL_LIST : EARLY_LIST;
}
