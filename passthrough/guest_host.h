/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt says of its host before a guest is there: what it can give guests, and what its storage pools hold. */
#pragma once

#include "passthrough/guest.h"

/*
 * The domain capabilities of one kind of guest as XML (https://libvirt.org/formatdomaincaps.html). `type`: "kvm" or "qemu".
 * -EOPNOTSUPP: this libvirt driver has none, silently; -EINVAL: there are no such guests here, after saying why and the way out.
 */
int guest_capabilities(struct guest_connection *c, const char *emulator, const char *architecture, const char *machine, const char *type,
		       char **ret_xml);
/* The format of a volume: a new string, "raw" or "qcow2" as a rule. -ENOENT: no such pool or volume; said. */
int guest_volume_format(struct guest_connection *c, const char *pool, const char *volume, char **ret);
/* 1 or 0: does it start with the host? */
int guest_has_autostart(struct guest_connection *c, const char *name);
/* Starts the guest with the host, or does not. */
int guest_set_autostart(struct guest_connection *c, const char *name, bool autostart);
/* Starts the guest now; one that runs goes on. */
int guest_start(struct guest_connection *c, const char *name);
