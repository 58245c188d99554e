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

static const char *const kind_names[USE_KINDS] = {
	[USE_MOUNT] = "mount",     [USE_SWAP] = "swap",       [USE_ESP] = "esp",         [USE_BOOT] = "boot",
	[USE_HOLDER] = "holder",   [USE_OPEN] = "open",       [USE_DUMP] = "dump",       [USE_RESUME] = "resume",
	[USE_CONFIGURED] = "configured", [USE_DATA] = "data", [USE_REMOTE] = "remote",   [USE_SESSION] = "session",
	[USE_NETWORK] = "network", [USE_DISPLAY] = "display", [USE_INPUT] = "input",     [USE_CONSOLE] = "console",
	[USE_BOARD] = "board",     [USE_VFIO] = "vfio",       [USE_GUEST] = "guest",     [USE_UNKNOWN] = "unknown",
};

const char *use_kind_name(enum use_kind kind)
{
	return kind_names[kind];
}

char *use_kind_names(void)
{
	struct text t = {};

	for (size_t i = 0; i < USE_KINDS; i++)
		text_printf(&t, "%s%s", i ? ", " : "", kind_names[i]);
	return text_take(&t);
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

int uses_add(struct uses *u, const struct device *device, enum use_kind kind, const char *what, const char *via, bool is_vital)
{
	struct use use = { .device = device, .kind = kind, .is_vital = is_vital };

	if ((u->n & (u->n - 1)) == 0) {
		struct use *grown = realloc(u->list, (u->n ? 2 * u->n : 1) * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		u->list = grown;
	}
	use.what = strdup(what);
	use.via = strdup(via);
	if (!use.what || !use.via) {
		use_done(&use);
		return -ENOMEM;
	}
	u->list[u->n++] = use;
	return 0;
}

void uses_sort(struct uses *u)
{
	size_t kept = 0;

	if (!u->n)
		return;
	qsort(u->list, u->n, sizeof(*u->list), compare);
	for (size_t i = 1; i < u->n; i++)
		if (compare(&u->list[kept], &u->list[i]) == 0)
			use_done(&u->list[i]);
		else
			u->list[++kept] = u->list[i];
	u->n = kept + 1;
}

const struct use *uses_of(const struct uses *u, const struct device *device, size_t *ret_n)
{
	size_t low = 0, high = u->n, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->list[middle].device < device)
			low = middle + 1;
		else
			high = middle;
	}
	for (first = low; low < u->n && u->list[low].device == device; low++)
		;
	*ret_n = low - first;
	return low > first ? &u->list[first] : NULL;
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
	uses_sort(&uses);
	*ret = TAKE(uses);
	return 0;
}
