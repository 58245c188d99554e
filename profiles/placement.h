/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Placement: the NUMA node that a guest lives on, and which of its CPUs serve what. */
#pragma once

#include "detect/host.h"
#include "profiles/choice.h"
#include "profiles/options.h"

/* Sets are as libvirt writes them: "4-15,20-31". */
struct placement {
	int node;             /* -1: the kernel places the guest */
	char *cpus;           /* for the virtual CPUs; NULL: any */
	char *emulator_cpus;  /* for QEMU's own threads and the IO threads */
};

/*
 * Decides by --numa-node, or by the nodes of the devices that the guest is for. 0, -EINVAL: there is no such node;
 * -EOPNOTSUPP: the guest is too large for it; said. `vcpus` and `memory` (MiB): the most that the guest gets.
 */
int placement_decide(const struct host *host, const struct guest_options *options, struct device *const *devices, size_t n,
		     unsigned vcpus, unsigned memory, struct choices *choices, struct placement *ret);
void placement_done(struct placement *p);
