/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt, loaded when a verb needs it. */

#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "passthrough/guest_libvirt.h"

#define LIBRARY "libvirt.so.0"

static const struct library_function functions[] = {
#define LIBVIRT_ROW(name) LIBRARY_ROW(struct libvirt, name)
	LIBVIRT_FUNCTIONS(LIBVIRT_ROW)
#undef LIBVIRT_ROW
};

static const struct {
	int code;    /* enum virErrorNumber */
	int error;
} errors[] = {
	{ VIR_ERR_NO_MEMORY, ENOMEM },
	{ VIR_ERR_NO_DOMAIN, ENOENT },
	{ VIR_ERR_NO_NETWORK, ENOENT },
	{ VIR_ERR_NO_STORAGE_POOL, ENOENT },
	{ VIR_ERR_NO_STORAGE_VOL, ENOENT },
	{ VIR_ERR_NO_CONNECT, ECONNREFUSED },
	{ VIR_ERR_AUTH_FAILED, EACCES },
	{ VIR_ERR_AUTH_CANCELLED, EACCES },
	{ VIR_ERR_AUTH_UNAVAILABLE, EACCES },
	{ VIR_ERR_ACCESS_DENIED, EACCES },
	{ VIR_ERR_OPERATION_DENIED, EACCES },
	{ VIR_ERR_OPERATION_TIMEOUT, ETIMEDOUT },
	{ VIR_ERR_OPERATION_UNSUPPORTED, EOPNOTSUPP },
	{ VIR_ERR_NO_SUPPORT, EOPNOTSUPP },
	{ VIR_ERR_ARGUMENT_UNSUPPORTED, EOPNOTSUPP },
	{ VIR_ERR_CONFIG_UNSUPPORTED, EOPNOTSUPP },
	{ VIR_ERR_XML_ERROR, EINVAL },
	{ VIR_ERR_XML_DETAIL, EINVAL },
	{ VIR_ERR_XML_INVALID_SCHEMA, EINVAL },
	{ VIR_ERR_INVALID_ARG, EINVAL },
	{ VIR_ERR_DOM_EXIST, EEXIST },
	{ VIR_ERR_DEVICE_MISSING, ENODEV },
};

/* libvirt prints each error by itself, unless it is told not to. */
static void be_silent(void *unused_data, virErrorPtr unused_error)
{
	(void)unused_data;
	(void)unused_error;
}

void libvirt_done(struct libvirt *api)
{
	if (api->library)
		dlclose(api->library);
	*api = (struct libvirt){};
}

int libvirt_find(struct libvirt *ret)
{
	_cleanup_(libvirt_done) struct libvirt api = {};
	int r;

	r = library_load(LIBRARY, functions, ARRAY_SIZE(functions), &api, &api.library);
	if (r < 0)
		return r;
	api.virSetErrorFunc(NULL, be_silent);
	*ret = TAKE(api);
	return 0;
}

int libvirt_load(struct libvirt *ret)
{
	int r = libvirt_find(ret);

	if (r == -ENOSYS)
		log_error("libvirt is too old: %s", dlerror());
	else if (r < 0)
		log_error("cannot load libvirt: %s: install the packages libvirt-daemon-system and libvirt0", dlerror());
	return r;
}

int libvirt_errno(const struct libvirt *api)
{
	const virError *error = api->virGetLastError();

	for (size_t i = 0; error && i < ARRAY_SIZE(errors); i++)
		if (error->code == errors[i].code)
			return -errors[i].error;
	return -EIO;
}

int libvirt_error(const struct libvirt *api, const char *format, ...)
{
	_cleanup_free_ char *attempt = NULL;
	int r = libvirt_errno(api), n;
	va_list ap;

	va_start(ap, format);
	n = vasprintf(&attempt, format, ap);
	va_end(ap);
	if (n < 0) {
		attempt = NULL;
		return log_oom();
	}
	log_error("%s: %s", attempt, api->virGetLastErrorMessage());
	return r;
}

int guest_open(struct guest_connection *c, const char *name, struct guest *ret)
{
	struct guest g = { .c = c, .name = name, .domain = c->api.virDomainLookupByName(c->connection, name) };

	if (!g.domain)
		return libvirt_error(&c->api, "cannot find guest '%s'", name);
	*ret = g;
	return 0;
}

void guest_close(struct guest *g)
{
	if (g->domain)
		g->c->api.virDomainFree(g->domain);
	*g = (struct guest){};
}
