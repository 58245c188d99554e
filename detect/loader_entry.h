/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot loader entry: a file of loader/entries, as kernel-install writes it (UAPI.1, Boot Loader Specification). */
#pragma once

#include <stdbool.h>

struct loader_entry {
	char *path;        /* "boot/efi/loader/entries/debian-6.1.0+2-1.conf" */
	char *id;          /* "debian-6.1.0.conf": what a default names, without the count of tries */
	char *title, *version, *machine_id, *sort_key; /* NULL: it has no such line */
	char *kernel;      /* its "linux" line */
	char *options;     /* all its "options" lines, joined; never NULL */
	bool is_counted;   /* how often it was started is counted in its name (systemd.io/AUTOMATIC_BOOT_ASSESSMENT) */
	unsigned tries_left, tries_done;
	bool is_unified;   /* an image with everything in it (EFI/Linux/x.efi): only path and id are known */
};

/* From its path and its text; -ENOMEM is the only failure. */
int loader_entry_parse(const char *path, const char *text, struct loader_entry *ret);
void loader_entry_done(struct loader_entry *e);
/* The file's name or path without "+3" or "+2-1": a new string, or NULL when memory runs out. */
char *loader_entry_uncounted(const char *path);
/* Kernel release of its version line, or of its kernel's name; borrowed; NULL: neither tells. */
const char *loader_entry_release(const struct loader_entry *e);
/* The order of systemd-boot's menu, for qsort(). */
int loader_entry_compare(const void *a, const void *b);
/* Negative: a is the older version, as UAPI.10 (Version Format Specification) has it. */
int version_compare(const char *a, const char *b);
