/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest profiles: recipes that turn a few options into a libvirt domain that suits passthrough.
 *
 * A profile is a row of data and a list of parts, each of which adds some elements to the domain
 * (https://libvirt.org/formatdomain.html). A new profile is a row; what it alone needs is a part.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/host.h"
#include "profiles/firmware.h"
#include "profiles/options.h"

struct build;

struct profile {
	const char *name;                       /* "uefi" */
	const char *help;                       /* one line, for `profile list` */
	const char *text;                       /* what it chooses and why, for `profile show`; lines of at most 100 columns */
	const char *architecture, *machine;     /* "x86_64", "q35" */
	const char *package;                    /* where Debian has the emulator */
	const struct firmware_wish *firmware;   /* NULL: the machine's built-in BIOS */
	struct guest_options defaults;
	void (*const *parts)(struct build *b);  /* in the order of the document; NULL-terminated */
};

/* The table ends with a row without a name. */
extern const struct profile profiles[];

/* Borrowed, or NULL. */
const struct profile *profile_find(const char *name);

/*
 * The domain as XML, which validates against libvirt's schema: nothing is written, and two calls give the same bytes (the
 * UUID, the addresses and the network port's MAC are left to libvirt). -EINVAL: an option is out of bounds; -ENOENT: the
 * firmware, the emulator, or the disk that must be looked at is not there. Each has been said.
 */
int profile_build(const struct host *host, const struct profile *profile, const struct guest_options *options, char **ret_xml);
