/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that hold kernel command lines among other things: one row for each format. */
#pragma once

#include "installer/kernel_arguments.h"

struct cmdline_format {
	const char *name;
	/*
	 * The command lines in the text, each with its white space and, where it goes over several lines of the file, a
	 * newline where those break. -EINVAL with *ret_why (owned, "line 4: the value runs a command") where they cannot be
	 * known; -ENOMEM.
	 */
	int (*get)(const char *text, char ***ret, char **ret_why);
	/* The text with these lines, as many as get() gave, in their places; all else byte for byte. -ENOMEM, -EINVAL as above. */
	int (*set)(const char *text, char *const *lines, char **ret, char **ret_why);
};

/* A row of the table by its name, or NULL. */
const struct cmdline_format *cmdline_format_find(const char *name);

/* The text with every command line in it edited; the edits of all are one list. Failures as get() and set() have them. */
int cmdline_file_edit(const struct cmdline_format *format, const char *text, const struct argument_wish *wish,
		      struct argument_edits *edits, char **ret, char **ret_why);
int cmdline_file_take_back(const struct cmdline_format *format, const char *text, const struct argument_edits *edits, char **ret,
			   char **ret_why);
/* 1 if every command line in it has them all, 0 if one lacks one (or there is none). */
int cmdline_file_has(const struct cmdline_format *format, const char *text, char *const *arguments, char **ret_why);

/* One line and nothing else: /etc/kernel/cmdline (kernel-install(8), proxmox-boot-tool). */
extern const struct cmdline_format cmdline_format_plain;
/* A boot loader entry: its "options" lines, which count as one (UAPI.1, Boot Loader Specification). */
extern const struct cmdline_format cmdline_format_bls;
/* GRUB's environment block: kernelopts in it (RHEL 8). -EINVAL where that is not there, or the block is full. */
extern const struct cmdline_format cmdline_format_grubenv;
/* /etc/zipl.conf: the parameters of all sections but those for dumps (s390x). */
extern const struct cmdline_format cmdline_format_zipl;
/* /etc/default/grub, as the system's /bin/sh reads it: any of them, or bash, which has "+=". */
extern const struct cmdline_format cmdline_format_grub, cmdline_format_grub_bash;
