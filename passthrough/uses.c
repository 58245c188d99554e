/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses: who on this host needs a device, with the chain of evidence from the device to the mount point. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/uses.h"
#include "passthrough/uses_board.h"
#include "passthrough/uses_channel.h"
#include "passthrough/uses_network.h"
#include "passthrough/uses_open.h"
#include "passthrough/uses_storage.h"

static const char *const kind_names[USE_KINDS] = {
	[USE_MOUNT] = "mount",     [USE_SWAP] = "swap",       [USE_ESP] = "esp",         [USE_BOOT] = "boot",
	[USE_HOLDER] = "holder",   [USE_OPEN] = "open",       [USE_DUMP] = "dump",       [USE_RESUME] = "resume",
	[USE_CONFIGURED] = "configured", [USE_DATA] = "data", [USE_REMOTE] = "remote",   [USE_SESSION] = "session",
	[USE_NETWORK] = "network", [USE_DISPLAY] = "display", [USE_INPUT] = "input",     [USE_CONSOLE] = "console",
	[USE_CRYPTO] = "crypto",
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

#define DEPTH_MAX 32

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

/*
 * The host keeps its devices sorted in one array: the order of pointers is that of addresses. What is no PCI function stands before them, by
 * its name.
 */
static int compare_devices(const struct use *x, const struct use *y)
{
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->name && y->name ? strcmp(x->name, y->name) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int r = compare_devices(x, y);

	if (r)
		return r;
	if (x->is_vital != y->is_vital)
		return x->is_vital ? -1 : 1;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	r = strcmp(x->what, y->what);
	return r ? r : strcmp(x->via, y->via);
}

static int add(struct uses *u, struct use use, const char *what, const char *via)
{
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

int uses_add(struct uses *u, const struct device *device, enum use_kind kind, const char *what, const char *via, bool is_vital)
{
	return add(u, (struct use){ .device = device, .kind = kind, .is_vital = is_vital }, what, via);
}

int uses_add_named(struct uses *u, const char *name, enum use_kind kind, const char *what, const char *via, bool is_vital)
{
	return add(u, (struct use){ .name = name, .kind = kind, .is_vital = is_vital }, what, via);
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

static const struct use *find(const struct uses *u, const struct use *key, size_t *ret_n)
{
	size_t low = 0, high = u->n, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_devices(&u->list[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (first = low; low < u->n && compare_devices(&u->list[low], key) == 0; low++)
		;
	*ret_n = low - first;
	return low > first ? &u->list[first] : NULL;
}

const struct use *uses_of(const struct uses *u, const struct device *device, size_t *ret_n)
{
	*ret_n = 0;
	return device ? find(u, &(struct use){ .device = device }, ret_n) : NULL;
}

const struct use *uses_of_named(const struct uses *u, const char *name, size_t *ret_n)
{
	*ret_n = 0;
	return name ? find(u, &(struct use){ .name = name }, ret_n) : NULL;
}

/* Whoever takes an endpoint that carries others (Intel's VMD) takes what uses those. Bridges stay with the host anyway. */
static int find_carriers(const struct host *host, struct uses *uses)
{
	size_t n = uses->n;
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		const struct device *user = uses->list[i].device, *d;

		/* What is no PCI function is carried by none. */
		if (!user)
			continue;
		d = devices_find(&host->devices, user->parent);
		/* A tree made to harm may have two functions below each other. */
		for (unsigned depth = 0; r >= 0 && d && depth < DEPTH_MAX; depth++, d = devices_find(&host->devices, d->parent)) {
			const struct use *use = &uses->list[i];
			_cleanup_free_ char *via = NULL;

			if (d->is_bridge)
				continue;
			via = text_format("%s%s%s", user->address, *use->via ? " → " : "", use->via);
			r = via ? uses_add(uses, d, use->kind, use->what, via, use->is_vital) : -ENOMEM;
		}
	}
	return r;
}

int uses_find(const struct host *host, struct uses *ret)
{
	static int (*const finders[])(const struct host *, struct uses *) = {
		uses_find_storage, uses_find_network, uses_find_board, uses_find_open, uses_find_channel, find_carriers,
	};
	_cleanup_(uses_done) struct uses uses = {};

	for (size_t i = 0; i < ARRAY_SIZE(finders); i++)
		if (finders[i](host, &uses) < 0)
			return log_oom();
	uses_sort(&uses);
	*ret = TAKE(uses);
	return 0;
}
