/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A library that is loaded when it is needed: what only some verbs use, the others need not pay for. libxml2 alone brings
 * ICU and the C++ library, and a third of the time that a list of a small host takes.
 */
#pragma once

#include <stddef.h>

/* Where the pointer to a function belongs in the struct of them. */
struct library_function {
	const char *name;
	size_t offset;
};

/*
 * Opens the library and fills `table`, a struct of pointers. The library stays mapped for good, whatever becomes of the
 * handle. -ENOENT: it cannot be loaded; -ENOSYS: it lacks a function. dlerror() says more.
 */
int library_load(const char *name, const struct library_function *functions, size_t n, void *table, void **ret_handle);

/* From a list like X(virConnectOpen) X(virConnectClose): the members of the struct, and the rows above. */
#define LIBRARY_POINTER(name) __typeof__(name) *(name);
#define LIBRARY_ROW(struct_name, name) { #name, offsetof(struct_name, name) },
