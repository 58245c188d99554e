/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that hold devices, for those who only look, and for what may not fail for want of libvirt: from libvirt's own files, since loading libvirt and asking it costs more than all the rest
 * of a list. /etc/libvirt/qemu has the saved definitions, /run/libvirt/qemu those of running guests; both are root's to read.
 */
#pragma once

#include "passthrough/uses.h"

#define GUEST_RUNNING "run/libvirt/qemu"
#define GUEST_DEFINITIONS "etc/libvirt/qemu"

/* Adds a use for each. What cannot be read or understood adds none. 0 or -ENOMEM, after it was said. */
int guest_holders_add(const struct host *host, struct uses *uses);
