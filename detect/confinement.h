/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confinement: what keeps guests from each other and from the host beside their own user: SELinux or AppArmor (libvirt's sVirt). */
#pragma once

#include <stdbool.h>

#include "detect/truth.h"

enum confinement_kind {
	CONFINEMENT_NONE,
	CONFINEMENT_SELINUX,             /* enforcing */
	CONFINEMENT_SELINUX_PERMISSIVE,  /* it tells, and stops nobody */
	CONFINEMENT_SELINUX_DISABLED,    /* there is a policy, and the kernel has none */
	CONFINEMENT_APPARMOR,            /* with libvirt's profiles */
	CONFINEMENT_APPARMOR_BARE,       /* without them */
};

struct confinement {
	enum confinement_kind kind;
	char *policy;        /* of SELinux, "targeted": in /etc/selinux; NULL: none */
	char *next_boot;     /* what /etc/selinux/config says: "enforcing"; or NULL */
	enum truth use_nfs;  /* the boolean virt_use_nfs as it is now; unknown where the policy has none, or SELinux is off */
	bool security_off;   /* qemu.conf: security_driver = "none" */
};

/* -ENOMEM. A host that is not live has no running kernel: there SELinux counts as /etc/selinux/config has it. */
int confinement_read(int root_fd, bool is_live, struct confinement *ret);
void confinement_done(struct confinement *c);
/* "selinux-enforcing", "selinux-permissive", "selinux-disabled", "apparmor", "apparmor-without-libvirt", "none" */
const char *confinement_name(enum confinement_kind kind);
/* SELinux has a say, or will have one. */
bool confinement_is_selinux(const struct confinement *c);
/* KEY = "value" of libvirt's configuration files: a new string; NULL where no line sets it. */
char *libvirt_setting(const char *text, const char *key);
