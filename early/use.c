/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Use: what of a device the host has already taken up, so that taking the device away would hurt it. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "early/sysfs.h"
#include "early/use.h"

#define TABLE_SIZE 65536
#define IFF_UP 0x1

struct block {
	const char *name;
	char number[32]; /* major:minor; empty for a hidden one */
};

static bool is_below(const char *link, const char *address)
{
	char part[32];

	snprintf(part, sizeof(part), "/%s/", address);
	return strstr(link, part) != NULL;
}

/* With NVMe multipath the disk hangs below virtual/nvme-subsystem, and the controllers are links in that folder. */
static int is_below_subsystem(int root_fd, const char *link, const char *address)
{
	_cleanup_closedir_ DIR *folder = NULL;
	const char *subsystem = strstr(link, "nvme-subsystem/"), *name;
	char target[PATH_MAX];
	int n, r;

	if (!subsystem)
		return 0;
	subsystem += strlen("nvme-subsystem/");
	n = (int)strcspn(subsystem, "/");
	r = folder_open(root_fd, &folder, "sys/devices/virtual/nvme-subsystem/%.*s", n, subsystem);
	if (r < 0)
		return r;
	while ((name = folder_next(folder)))
		if (link_read(root_fd, target, sizeof(target), "sys/devices/virtual/nvme-subsystem/%.*s/%s", n, subsystem, name) >= 0 &&
		    is_below(target, address))
			return 1;
	return 0;
}

/* The words of a line of a kernel table, cut in place: how many there are. */
static size_t split_words(char *line, char *words[], size_t most)
{
	char *save = NULL, *word;
	size_t n = 0;

	for (word = strtok_r(line, " \t", &save); word && n < most; word = strtok_r(NULL, " \t", &save))
		words[n++] = word;
	return n;
}

/* proc_pid_mountinfo(5): ID PARENT MAJOR:MINOR ROOT TARGET ... */
static int find_mount(int root_fd, const struct block *b, char *evidence, size_t size)
{
	char table[TABLE_SIZE], *words[5], *save = NULL, *line;
	int r;

	r = table_read(root_fd, table, sizeof(table), "proc/self/mountinfo");
	if (r < 0)
		return r;
	for (line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (split_words(line, words, 5) != 5 || strcmp(words[2], b->number) != 0)
			continue;
		snprintf(evidence, size, "%s is mounted at %s", b->name, words[4]);
		return 1;
	}
	return 0;
}

/* proc_swaps(5): /dev/NAME first; a swap file stands on a mount. */
static int find_swap(int root_fd, const struct block *b, char *evidence, size_t size)
{
	char table[TABLE_SIZE], path[64], *words[1], *save = NULL, *line;
	int r;

	r = table_read(root_fd, table, sizeof(table), "proc/swaps");
	if (r == -ENOENT) /* a kernel without swap */
		return 0;
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/dev/%s", b->name);
	for (line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (split_words(line, words, 1) != 1 || strcmp(words[0], path) != 0)
			continue;
		snprintf(evidence, size, "%s is swap", b->name);
		return 1;
	}
	return 0;
}

static int find_holder(int root_fd, const struct block *b, char *evidence, size_t size)
{
	_cleanup_closedir_ DIR *folder = NULL;
	const char *holder;
	int r;

	r = folder_open(root_fd, &folder, "sys/class/block/%s/holders", b->name);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	holder = folder_next(folder);
	if (!holder)
		return 0;
	snprintf(evidence, size, "%s is held by %s", b->name, holder);
	return 1;
}

/* What no table shows, such as the further disks of a btrfs: the kernel lets nobody else open a claimed disk exclusively. */
static int find_claim(int root_fd, const struct block *b, char *evidence, size_t size)
{
	_cleanup_close_ int fd = -1;

	fd = node_open(root_fd, O_RDONLY | O_NONBLOCK | O_EXCL, "dev/%s", b->name);
	if (fd != -EBUSY)
		return 0;
	snprintf(evidence, size, "%s is claimed by the kernel", b->name);
	return 1;
}

static int use_of_block(int root_fd, const char *name, char *evidence, size_t size)
{
	static int (*const questions[])(int, const struct block *, char *, size_t) = { find_holder, find_mount, find_swap, find_claim };
	struct block b = { .name = name };
	int r;

	/* The hidden disk of a path of an NVMe multipath has no number, and nobody can open it. */
	r = attribute_read(root_fd, b.number, sizeof(b.number), "sys/class/block/%s/dev", name);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		r = questions[i](root_fd, &b, evidence, size);
		if (r)
			return r;
	}
	return 0;
}

static int use_of_blocks(int root_fd, const char *address, char *evidence, size_t size)
{
	_cleanup_closedir_ DIR *folder = NULL;
	char link[PATH_MAX];
	const char *name;
	int r;

	r = folder_open(root_fd, &folder, "sys/class/block");
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while ((name = folder_next(folder))) {
		r = link_read(root_fd, link, sizeof(link), "sys/class/block/%s", name);
		if (r < 0)
			return r;
		r = is_below(link, address) ? 1 : is_below_subsystem(root_fd, link, address);
		if (r > 0)
			r = use_of_block(root_fd, name, evidence, size);
		if (r)
			return r;
	}
	return 0;
}

/* So early only the kernel itself brings a port up: ip= on its command line, for a root on NFS. */
static int use_of_ports(int root_fd, const char *address, char *evidence, size_t size)
{
	_cleanup_closedir_ DIR *folder = NULL;
	char flags[32];
	const char *name;
	int r;

	r = folder_open(root_fd, &folder, "sys/bus/pci/devices/%s/net", address);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while ((name = folder_next(folder))) {
		r = attribute_read(root_fd, flags, sizeof(flags), "sys/bus/pci/devices/%s/net/%s/flags", address, name);
		if (r < 0)
			return r;
		if (!(strtoul(flags, NULL, 16) & IFF_UP))
			continue;
		snprintf(evidence, size, "network port %s is up", name);
		return 1;
	}
	return 0;
}

int use_find(int root_fd, const char *address, char *evidence, size_t size)
{
	int r;

	r = use_of_blocks(root_fd, address, evidence, size);
	return r ? r : use_of_ports(root_fd, address, evidence, size);
}
