/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses: who on this host needs a device, with the chain of evidence from the device to the mount point. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/uses.h"
#include "passthrough/uses_network.h"
#include "passthrough/uses_storage.h"

const char *use_kind_name(enum use_kind kind)
{
	static const char *const names[] = {
		[USE_MOUNT] = "mount",     [USE_SWAP] = "swap",       [USE_ESP] = "esp",   [USE_HOLDER] = "holder", [USE_DATA] = "data",
		[USE_NETWORK] = "network", [USE_DISPLAY] = "display", [USE_VFIO] = "vfio", [USE_GUEST] = "guest",   [USE_UNKNOWN] = "unknown",
	};

	return names[kind];
}

static void use_done(struct use *u)
{
	free(u->what);
	free(u->via);
}

void uses_done(struct uses *u)
{
	for (size_t i = 0; i < u->n; i++)
		use_done(&u->list[i]);
	free(u->list);
	*u = (struct uses){};
}

static int compare(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int r;

	/* The host keeps its devices sorted in one array: the order of pointers is that of addresses. */
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (x->is_vital != y->is_vital)
		return x->is_vital ? -1 : 1;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	r = strcmp(x->what, y->what);
	return r ? r : strcmp(x->via, y->via);
}

static bool is_known(const struct uses *u, const struct use *use)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->list[i].device == use->device && u->list[i].kind == use->kind && str_eq(u->list[i].what, use->what) &&
		    str_eq(u->list[i].via, use->via))
			return true;
	return false;
}

int uses_add(struct uses *u, const struct device *device, enum use_kind kind, const char *what, const char *via, bool is_vital)
{
	struct use use = { .device = device, .kind = kind, .is_vital = is_vital }, *grown;

	use.what = strdup(what);
	use.via = strdup(via);
	grown = realloc(u->list, (u->n + 1) * sizeof(*grown));
	if (grown)
		u->list = grown;
	if (!use.what || !use.via || !grown) {
		use_done(&use);
		return -ENOMEM;
	}
	if (is_known(u, &use)) {
		use_done(&use);
		return 0;
	}
	u->list[u->n++] = use;
	qsort(u->list, u->n, sizeof(*u->list), compare);
	return 0;
}

const struct use *uses_of(const struct uses *u, const struct device *device, size_t *ret_n)
{
	const struct use *first = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < u->n; i++)
		if (u->list[i].device == device) {
			if (!first)
				first = &u->list[i];
			++*ret_n;
		}
	return first;
}

static int find_displays(const struct host *host, struct uses *uses)
{
	int r;

	for (size_t i = 0; i < host->devices.n; i++) {
		const struct device *d = &host->devices.list[i];

		if (!d->is_boot_vga || device_is_on_vfio(d))
			continue;
		r = uses_add(uses, d, USE_DISPLAY, "the display that the firmware booted with", "", false);
		if (r < 0)
			return r;
	}
	return 0;
}

static int find_vfio(const struct host *host, struct uses *uses)
{
	int r;

	for (size_t i = 0; i < host->vfio_users.n; i++) {
		const struct vfio_user *user = &host->vfio_users.list[i];
		_cleanup_free_ char *what = text_format("process %u (%s) has /dev/vfio/%d open", user->pid, user->command, user->group);

		if (!what)
			return -ENOMEM;
		for (size_t j = 0; j < host->devices.n; j++) {
			const struct device *d = &host->devices.list[j];

			if (d->iommu_group != user->group || !device_is_on_vfio(d))
				continue;
			r = uses_add(uses, d, USE_VFIO, what, "", false);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int uses_find(const struct host *host, struct uses *ret)
{
	_cleanup_(uses_done) struct uses uses = {};
	int r;

	r = uses_find_storage(host, &uses);
	if (r >= 0)
		r = uses_find_network(host, &uses);
	if (r >= 0)
		r = find_displays(host, &uses);
	if (r >= 0)
		r = find_vfio(host, &uses);
	if (r < 0)
		return log_oom();
	*ret = TAKE(uses);
	return 0;
}
