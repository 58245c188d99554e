/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe's configuration: which modules it blocks, which options it gives, line by line (modprobe.d(5)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum modprobe_kind { MODPROBE_BLACKLIST, MODPROBE_INSTALL, MODPROBE_OPTIONS, MODPROBE_SOFTDEP };

struct modprobe_line {
	enum modprobe_kind kind;
	char *module;      /* with '_' for '-', as the kernel names it */
	char *value;       /* the rest of the line; "" for blacklist */
	char *file;        /* "etc/modprobe.d/vfio.conf" */
	unsigned number;   /* line in it, from 1 */
};

struct modprobe {
	struct modprobe_line *list; /* in the order in which modprobe reads them: by the files' names, whatever their folder */
	size_t n;
	bool is_known;   /* one of the folders could be listed */
};

/* All folders of modprobe.d(5); a file of one name in an earlier folder hides the later ones. -ENOMEM is the only failure. */
int modprobe_read(int root_fd, struct modprobe *ret);
/* Adds the lines of one file. */
int modprobe_parse(const char *text, const char *file, struct modprobe *m);
void modprobe_done(struct modprobe *m);

/* Does the line speak of this module? '-' and '_' are the same. */
bool modprobe_names(const struct modprobe_line *line, const char *module);
/* The value of the last NAME=VALUE among the options on the line, or NULL (new string in *ret; -ENOMEM). */
int modprobe_option(const struct modprobe_line *line, const char *name, char **ret);
