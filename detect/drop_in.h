/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drop-ins: the files of several folders, in the order of their names; one in an earlier folder hides those of its name in later ones. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct drop_in {
	char *name, *path; /* "50-bridge.conf", "usr/lib/sysctl.d/50-bridge.conf" */
};

struct drop_ins {
	struct drop_in *list;
	size_t n;
	bool is_known;     /* one of the folders could be listed */
};

/* `folders` (NULL at the end) in the order of their rank. -ENOMEM is the only failure. */
int drop_ins_read(int root_fd, const char *const *folders, const char *suffix, struct drop_ins *ret);
void drop_ins_done(struct drop_ins *d);
