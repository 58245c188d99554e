/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VF links: the MAC address and the VLAN that a network port sets for its virtual functions, by rtnetlink (rtnetlink(7),
 * IFLA_VFINFO_LIST in linux/if_link.h). It is what 'ip link set PORT vf N mac ... vlan ...' does: two small messages, so neither
 * a program for each VF nor a library is worth it.
 */
#pragma once

#include "detect/vf_set.h"

#define VF_LINK_ROOM 256 /* bytes that a request needs */

/* Sets MAC (where the VF has one) and VLAN (0: none) of one VF. A negative errno, silent: -EOPNOTSUPP where the driver cannot. */
int vf_link_set(const char *port, const struct vf *vf);
/* What the port says of its VFs goes into set->list. A negative errno, silent. */
int vf_link_get(const char *port, struct vf_set *set);

/* The message of vf_link_set(), of which the size is returned; -EINVAL: the name is too long for a port. */
int vf_link_request(const char *port, const struct vf *vf, void *buffer);
/* Adds what an answer of the kernel says of VFs; `size` bytes are there. -EBADMSG: it leads out of itself. */
int vf_link_parse(const void *message, size_t size, struct vf_set *set);
