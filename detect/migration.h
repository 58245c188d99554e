/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Migration: what of a host decides whether a running guest can come from another one, or go there.
 *
 * All is read from files: neither libvirt nor QEMU is started. The machine types of QEMU stand in the cache that libvirt
 * keeps of what QEMU told it (/var/cache/libvirt/qemu/capabilities, virQEMUCapsFormatCache in libvirt's
 * src/qemu/qemu_capabilities.c), which root alone can read.
 */
#pragma once

#include "detect/host.h"

/* Sorted, each once. */
struct migration_names {
	bool known;    /* false: they could not be read */
	char **names;
};

/* Strings are NULL where they are not known. */
struct migration {
	char *cpu_vendor;        /* "GenuineIntel" */
	char *cpu_name;          /* as the CPU calls itself */
	char *cpu_signature;     /* family, model and stepping, "6/85/7"; of s390x the machine type, "8561" */
	struct migration_names cpu_flags;
	bool has_kvm;
	char *kvm_module;        /* "kvm_intel" */
	enum truth nested;
	char *qemu, *libvirt;    /* paths of the emulator and the daemon */
	char *qemu_version, *libvirt_version; /* "7.2.5" */
	struct migration_names machines;      /* machine types, "pc-q35-7.2" */
	struct migration_names firmwares;     /* QEMU's firmware descriptors, by name */
	struct migration_names pools, networks; /* of libvirt */
	struct migration_names bridges;       /* of the host */
	struct migration_names passthrough;   /* addresses of devices that guests have, or can get: on a vfio driver */
};

/* 0 or -ENOMEM; what cannot be read is not known. */
int migration_read(const struct host *host, struct migration *ret);
void migration_done(struct migration *m);
