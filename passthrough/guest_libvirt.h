/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt, loaded when a verb needs it: a host that is being set up has none yet, and the others need not pay for it.
 *
 * Only guest*.c includes this; everybody else sees guest.h.
 */
#pragma once

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "common/library.h"
#include "passthrough/guest.h"

/* The functions in use, with the types of the headers. */
#define LIBVIRT_FUNCTIONS(X)          \
	X(virConnectClose)            \
	X(virConnectGetDomainCapabilities) \
	X(virConnectIsAlive)          \
	X(virConnectListAllDomains)   \
	X(virConnectOpen)             \
	X(virDomainAttachDeviceFlags) \
	X(virDomainCreate)            \
	X(virDomainDefineXMLFlags)    \
	X(virDomainDetachDeviceFlags) \
	X(virDomainFree)              \
	X(virDomainGetAutostart)      \
	X(virDomainGetName)           \
	X(virDomainGetXMLDesc)        \
	X(virDomainIsActive)          \
	X(virDomainIsPersistent)      \
	X(virDomainLookupByName)      \
	X(virDomainSetAutostart)      \
	X(virDomainUndefineFlags)     \
	X(virGetLastError)            \
	X(virGetLastErrorMessage)     \
	X(virSetErrorFunc)            \
	X(virStoragePoolFree)         \
	X(virStoragePoolLookupByName) \
	X(virStorageVolFree)          \
	X(virStorageVolGetXMLDesc)    \
	X(virStorageVolLookupByName)

struct libvirt {
	void *library;
	LIBVIRT_FUNCTIONS(LIBRARY_POINTER)
};

struct guest_connection {
	struct libvirt api;
	virConnectPtr connection;
	bool (*is_unwanted)(void); /* NULL: nobody can end a wait */
	unsigned detach_ms;  /* how long a running guest may take to let go: GUEST_DETACH_SECONDS but for tests */
};

/* -ENOENT where it is not installed, -ENOSYS where it is too old; said. It stays mapped: libvirt has threads of its own. */
int libvirt_load(struct libvirt *ret);
/* The same, silently. */
int libvirt_find(struct libvirt *ret);
void libvirt_done(struct libvirt *api);
/* libvirt's last error as a negative errno; never 0. */
int libvirt_errno(const struct libvirt *api);
/* Prints "error: MESSAGE: what libvirt said" and returns the same. */
int libvirt_error(const struct libvirt *api, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A domain by name, and the connection that it lives in. */
struct guest {
	struct guest_connection *c;  /* borrowed */
	const char *name;            /* borrowed */
	virDomainPtr domain;
};

/* -ENOENT where there is none, and that is said, too. */
int guest_open(struct guest_connection *c, const char *name, struct guest *ret);
void guest_close(struct guest *g);
