/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of a file beside its content: mode, owner, and extended attributes, the SELinux label and ACLs among them. */
#pragma once

#include <stddef.h>
#include <stdbool.h>
#include <sys/types.h>

struct attribute {
	char *name;  /* "security.selinux" */
	char *value; /* any bytes */
	size_t size;
};

struct attributes {
	mode_t mode; /* the lower 12 bits */
	uid_t uid;   /* (uid_t)-1: whoever makes the file */
	gid_t gid;
	struct attribute *list;
	size_t n;
};

/* Of an open file. -EINVAL: not a regular file. What the kernel signs the content with (security.ima, security.evm) is left out. */
int attributes_read(int fd, struct attributes *ret);
/* Gives them to an open file that we have made. */
int attributes_set(int fd, const struct attributes *a);
int attributes_add(struct attributes *a, const char *name, const void *value, size_t size);
void attributes_done(struct attributes *a);
