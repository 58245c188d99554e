/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel arguments that a host needs for what is wished, and those that stand in the way. */
#pragma once

#include <stdbool.h>

#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/wishes.h"

/*
 * `foreign` are the administrator's own arguments at the next boot; `ids` the vendor:device pairs that vfio-pci shall
 * take, sorted; `binds` whether any device is bound at boot. -ENOMEM.
 */
int host_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, char *const *ids, bool binds,
		   struct argument_wish *ret);
/* An image without a kernel: neither CPU nor table nor configuration says whether Intel's IOMMU may have to be switched on. */
bool host_hides_its_iommu(const struct host *host);
/* KVM of s390x does not load with nested=1 and hpage=1 (kvm-s390.c, kvm_s390_init()): does this wish bring them together? */
bool host_arguments_keep_kvm_out(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, const struct argument_wish *wish);
