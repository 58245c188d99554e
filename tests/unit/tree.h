/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host below a temporary folder, in the words of sysfs and proc, and what detection makes of it. */
#pragma once

#include "detect/host.h"
#include "passthrough/uses.h"

struct tree {
	char folder[64];
	int fd;
	struct host host; /* filled by tree_read() */
	struct uses uses;
};

void tree_new(struct tree *t);
void tree_done(struct tree *t); /* for _cleanup_: removes the folder */
#define _cleanup_tree_ _cleanup_(tree_done)

/* A helper that cannot do its work aborts: the test would tell nothing. Folders are made as needed. */
void tree_put(struct tree *t, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));
void tree_put_bytes(struct tree *t, const char *path, const void *data, size_t size);
void tree_link(struct tree *t, const char *path, const char *target);
void tree_folder(struct tree *t, const char *path);
void tree_remove(struct tree *t, const char *path);
/* The text of a file; new string, NULL where there is none. */
char *tree_get(struct tree *t, const char *path);
/* All that is below the folder, as text: names, kinds, modes, contents, link targets. New string. */
char *tree_dump(struct tree *t);

/* chain: "0000:00:06.0/0000:05:00.0", below pci0000:00. Ids as "144d:a80a", class as "010802"; group -1: none. */
void tree_pci(struct tree *t, const char *chain, const char *class, const char *ids, int group);
/* The same, on this driver. */
void tree_driver(struct tree *t, const char *chain, const char *driver);
/* An NVMe drive nvmeN with namespace nvmeNn1 (259:10*N), on the nvme driver, with serial "dataN"; looked at and empty. */
void tree_nvme(struct tree *t, const char *chain, int n, int group);
/* A partition nvme0n1p2 of nvme0n1; signature as udev's ID_FS_TYPE, or NULL. */
void tree_partition(struct tree *t, const char *chain, int n, int partition, const char *signature);
/* A dm or md device over others: folder is "dm-0", number "253:0". */
void tree_mapped(struct tree *t, const char *name, const char *number, const char *dm_name, const char *const *slaves);
/* Lines "number source target type" become proc/self/mountinfo. */
void tree_mounts(struct tree *t, const char *const *lines);
/* A network interface below a function (chain NULL: virtual). */
void tree_netif(struct tree *t, const char *chain, const char *between, const char *name);

/* The unit is wanted at boot. */
void tree_enable(struct tree *t, const char *unit);

/* Reads the host (not live) and its uses; the stderr of both is the test's to fetch. */
int tree_read(struct tree *t);
struct device *tree_device(struct tree *t, const char *address);
/* The use of that kind whose text holds `what`; NULL: none. */
const struct use *tree_use(struct tree *t, const char *address, enum use_kind kind, const char *what);
