/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults on order: a program's state-changing system calls, one after the other, each of which can be the last or fail. */
#pragma once

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A call that the supervised program is about to make, and waits for the answer to. */
struct call {
	pid_t pid;
	const char *name;        /* static: "renameat" */
	int nr;
	const uint64_t *args;
	char path[4096];         /* what it changes, as seen from outside of a chroot; "" for sync() */
	bool is_write;           /* args: descriptor, bytes, size */
};

enum fault { FAULT_NONE, FAULT_KILL, FAULT_ERROR, FAULT_SHORT, FAULT_TORN, FAULT_SIGNAL };

/* The filter that stops a program at such calls, for this process and its children; a descriptor to answer them with, or -1. */
int filter_install(void);
/* Is it a change of state below `root`? Then it is described. */
bool call_describe(const struct seccomp_notif *n, const char *root, bool is_chroot, struct call *ret);
/* The bytes of a write; at most `size`. */
ssize_t call_bytes(const struct call *c, void *buffer, size_t size);
/* Makes the first half of a write in the program's name: how much that was, or -1. */
ssize_t call_write_half(const struct call *c);

/*
 * Below root/sys/bus/pci, which are plain files here: what the kernel would do. 1: it was done, -1: it is nothing of that (which
 * is -EPERM, that the kernel does not say here); another negative errno: the kernel would refuse it.
 * host-drivers/ADDRESS holds the name of the driver that the host has for a device.
 */
int sysfs_pretend(const char *root, const struct call *c);
/* The same of a PF's sriov_numvfs: its VFs come and go, and while there are some no other number is taken. */
int sriov_pretend(const char *root, const char *path, const char *value);
/* The same of mediated devices: they come when a type's `create` gets a UUID, and go when their own `remove` is written. */
int mediated_pretend(const char *root, const char *path, const char *value);
