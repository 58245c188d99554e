/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest profiles: recipes that turn a few options into a libvirt domain that suits passthrough.
 *
 * A profile is a row of data; what it becomes on a host is decided by a few rules (decide.c), which say what they chose
 * and why, and made of parts, each of which adds some elements to the domain (https://libvirt.org/formatdomain.html). A new
 * profile is a row; what it alone needs is a part.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/host.h"
#include "profiles/choice.h"
#include "profiles/firmware.h"
#include "profiles/offer.h"
#include "profiles/options.h"

struct build;

/* A kind of machine that guests are made on. */
struct platform {
	const char *architecture, *machine;     /* "x86_64", "q35" */
	const char *package;                    /* where Debian has the emulator */
	const struct firmware_wish *firmware, *secure_firmware; /* NULL: there is no UEFI */
	bool has_ports;                         /* a device that is plugged in needs a root port that was there at the start */
	bool takes_memory;                      /* memory can be plugged into the running guest */
	const char *emulated_model;             /* the CPU with type qemu; NULL: "maximum" */
	void (*const *parts)(struct build *b);  /* in the order of the document; NULL-terminated */
};

extern const struct platform platform_q35, platform_ccw;

struct profile {
	const char *name;                       /* "uefi" */
	const char *help;                       /* one line, for `profile list` */
	const char *text;                       /* what it chooses and why, for `profile show`; lines of at most 100 columns */
	const struct platform *platform;        /* NULL: the one of the host's architecture */
	bool is_bios;                           /* the machine's built-in BIOS, though it could have UEFI */
	unsigned headroom;                      /* so many times its memory and CPUs can be plugged in; 0 and 1: no more */
	struct guest_options defaults;
};

/* The table ends with a row without a name. */
extern const struct profile profiles[];

/* Borrowed, or NULL. */
const struct profile *profile_find(const char *name);
/* The machine that its guests get on this host. */
const struct platform *profile_platform(const struct profile *p, const struct host *host);

/* All is borrowed. */
struct guest_wish {
	const struct profile *profile;
	const struct guest_options *options;
	struct device *const *devices;          /* that the guest is for: it is made to fit them */
	size_t n_devices;
	const struct guest_offer *offer;        /* NULL: libvirt was not asked */
};

/*
 * The domain as XML, which validates against libvirt's schema: nothing is written, and two calls give the same bytes (the
 * UUID, the addresses and the network port's MAC are left to libvirt). `choices` gets what was decided, also when a later
 * step fails. -EINVAL: an option is out of bounds; -ENOENT: the firmware, the emulator, or the disk that must be looked at is not
 * there; -EOPNOTSUPP: the host, or libvirt on it, does not offer what the guest needs. Each has been said.
 */
int profile_build(const struct host *host, const struct guest_wish *wish, struct choices *choices, char **ret_xml);
/* The QEMU that this guest would run on: a new string. -ENOENT, -ENOMEM, said. */
int profile_emulator(const struct host *host, const struct guest_wish *wish, char **ret);
