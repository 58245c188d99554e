/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest firmware: the UEFI image that a guest starts from, found through QEMU's firmware descriptors.
 *
 * The format is QEMU's docs/interop/firmware.json. A descriptor in /etc/qemu/firmware hides the one of the same name in
 * /usr/share/qemu/firmware (an empty one, or a link to /dev/null, hides it without a replacement); the rest is taken in
 * the order of the file names, whatever the folder, and the first that fits is the one.
 */
#pragma once

#include "detect/host.h"

/* What a profile wants of its firmware. */
struct firmware_wish {
	const char *architecture;      /* as QEMU names it: "x86_64" */
	const char *machine;           /* the start of a versioned machine name, matched by the globs of a descriptor: "pc-q35-" */
	const char *const *needs;      /* features that must be there; NULL-terminated, may be NULL */
	const char *const *refuses;    /* features that must not; the same */
	const char *package;           /* where Debian has it, for the error */
};

/* Paths are absolute, as the guest's host sees them. */
struct guest_firmware {
	char *descriptor;              /* the evidence: /usr/share/qemu/firmware/60-edk2-x86_64.json */
	char *code, *code_format;      /* the read-only image for pflash 0; "raw" */
	char *nvram, *nvram_format;    /* the template of the variable store; "raw" */
};

/*
 * The first descriptor of host->software.firmwares that fits and whose two files exist below the root. A malformed one is
 * named in a warning and passed over. -ENOENT, after saying what was looked for, what each candidate lacked and which
 * package has it; -ENOMEM.
 */
int guest_firmware_choose(const struct host *host, const struct firmware_wish *wish, struct guest_firmware *ret);
void guest_firmware_done(struct guest_firmware *f);
