/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxml2, loaded when the first document is read or made. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/libxml.h"

#define LIBRARY "libxml2.so.2"

static struct libxml api;

static const struct library_function functions[] = {
#define LIBXML_ROW(name) LIBRARY_ROW(struct libxml, name)
	LIBXML_FUNCTIONS(LIBXML_ROW)
#undef LIBXML_ROW
};

int libxml_load(void)
{
	static void *handle;

	if (handle)
		return 0;
	return library_load(LIBRARY, functions, ARRAY_SIZE(functions), &api, &handle) < 0 ? -ELIBACC : 0;
}

const struct libxml *libxml(void)
{
	return &api;
}
