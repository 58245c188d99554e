/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tmpfiles.d: which lines write into files, in the order in which they are read; the first one for a path counts (tmpfiles.d(5)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct tmpfiles_line {
	char *path;        /* "sys/kernel/mm/ksm/run"; may be a pattern of glob(7) */
	char *value;
	char *file;        /* "etc/tmpfiles.d/ksm.conf" */
	unsigned number;   /* line in it, from 1 */
};

struct tmpfiles {
	struct tmpfiles_line *list;
	size_t n;
};

/* The lines of type "w" in all folders. -ENOMEM is the only failure. */
int tmpfiles_read(int root_fd, struct tmpfiles *ret);
/* Adds those of one file. */
int tmpfiles_parse(const char *text, const char *file, struct tmpfiles *t);
void tmpfiles_done(struct tmpfiles *t);

bool tmpfiles_names(const struct tmpfiles_line *line, const char *path);
