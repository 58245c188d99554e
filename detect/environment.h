/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this system runs on: the bare machine, a partition of it, or somebody's virtual machine. */
#pragma once

#include <stdbool.h>

#include "detect/truth.h"

struct cpu;

enum environment_kind {
	ENVIRONMENT_UNKNOWN,
	ENVIRONMENT_METAL,
	ENVIRONMENT_LPAR,      /* an s390x partition: as near to the metal as Linux gets there */
	ENVIRONMENT_XEN_DOM0,  /* Xen lies below, and has the IOMMU to itself */
	ENVIRONMENT_GUEST,
};

struct environment {
	enum environment_kind kind;
	char *of;              /* of a guest: "KVM", "VMware", "z/VM 7.3.0" or what DMI says; NULL: not known */
	char *path, *value;    /* where it was seen */
	enum truth secure_host;  /* s390x Secure Execution: can it run protected guests, and is it one? */
	enum truth secure_guest;
	char *machine_type;      /* of an s390x machine, as "8561"; NULL: not known */
	enum truth huge_guests;  /* s390x KVM backs guests with huge pages (its parameter hpage); unknown: KVM is not loaded */
};

/* From the files below root_fd and, `live`, from the CPU itself; -ENOMEM is the only failure. */
int environment_read(int root_fd, bool live, const struct cpu *cpu, struct environment *ret);
void environment_done(struct environment *e);
/* "unknown", "bare-metal", "lpar", "xen-dom0", "guest" */
const char *environment_name(enum environment_kind kind);

/* The innermost level of s390x's /proc/sysinfo. */
int sysinfo_parse(const char *text, struct environment *e);
/* The name for a CPUID signature of twelve bytes (leaf 0x40000000), or NULL: none known. */
const char *hypervisor_name(const char *signature);
