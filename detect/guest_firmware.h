/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest firmware: the UEFI image that a guest starts from, found through QEMU's firmware descriptors.
 *
 * The format is QEMU's docs/interop/firmware.json. A descriptor in /etc/qemu/firmware hides the one of the same name in
 * /usr/share/qemu/firmware (an empty one, or a link to /dev/null, hides it without a replacement); the rest is taken in
 * the order of the file names, whatever the folder, and the first that fits is the one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What is wanted of a firmware. */
struct firmware_wish {
	const char *architecture;      /* as QEMU names it: "x86_64" */
	const char *machine;           /* the start of a versioned machine name, matched by the globs of a descriptor: "pc-q35-"; NULL: any */
	const char *const *needs;      /* features that must be there; NULL-terminated, may be NULL */
	const char *const *refuses;    /* features that must not; the same */
	const char *package;           /* where Debian has it, for the error */
	bool is_captured;              /* the images themselves need not be there */
};

/* Paths are absolute, as the guest's host sees them. */
struct guest_firmware {
	char *descriptor;              /* the evidence: /usr/share/qemu/firmware/60-edk2-x86_64.json */
	char *code, *code_format;      /* the read-only image for pflash 0; "raw" */
	char *nvram, *nvram_format;    /* the template of the variable store; "raw" */
};

/* A descriptor that was passed over. The path is borrowed. */
struct firmware_misfit {
	const char *path;
	char *reason;
	bool is_malformed;             /* not as the format has it; or it cannot be read */
};

struct firmware_misfits {
	struct firmware_misfit *list;
	size_t n;
};

/*
 * The first of these descriptors (paths below the root) that fits and whose two files exist there: 1, or 0 where there is
 * none. `misfits` grows by those before it, with what is in the way of each. -ENOMEM.
 */
int guest_firmware_find(int root_fd, char *const *descriptors, const struct firmware_wish *wish, struct guest_firmware *ret,
			struct firmware_misfits *misfits);
void guest_firmware_done(struct guest_firmware *f);
void firmware_misfits_done(struct firmware_misfits *m);
