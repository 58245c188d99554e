/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and order of kernel modules: one file of slipway's own in /etc/modprobe.d. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"
#include "installer/wishes.h"

/*
 * Plans the file, or that it is absent where nothing is needed. `by_ids` are the devices that vfio-pci.ids= binds: the
 * modules that would drive them wait for vfio-pci, where that is a module, too. Lines of others that this leaves without
 * effect are named on stderr. 0, or a negative errno after it was said.
 */
int modules_plan(const struct host *host, const struct wishes *wishes, struct device *const *by_ids, size_t n, struct plan *plan);

/*
 * The value of vfio-pci's `ids` as modprobe hands it over without the kernel command line: the last of all lines counts.
 * NULL where there is none, or vfio-pci is built in and hears nothing of modprobe; borrowed line in *ret_line, new string
 * in *ret. -ENOMEM.
 */
int modules_ids(const struct host *host, char **ret, const struct modprobe_line **ret_line);

/* A kvm that is built in hears of nested= on the kernel command line only: is it, and "kvm_amd.nested=1" (new string), or 0. */
bool modules_nested_is_builtin(const struct host *host);
char *modules_nested_argument(const struct host *host, bool on);
