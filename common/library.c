/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A library that is loaded when it is needed. */

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "common/library.h"

int library_load(const char *name, const struct library_function *functions, size_t n, void *table, void **ret_handle)
{
	/* NODELETE: libvirt has threads of its own, and both leave data behind. */
	void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!handle)
		return -ENOENT;
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(handle, functions[i].name);

		if (!function) {
			dlclose(handle);
			return -ENOSYS;
		}
		memcpy((char *)table + functions[i].offset, &function, sizeof(function));
	}
	*ret_handle = handle;
	return 0;
}
