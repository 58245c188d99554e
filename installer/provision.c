/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Provisioning: from wishes to the plan that makes this host so, or to the refusals. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/backend_grub.h"
#include "installer/backend_initramfs.h"
#include "installer/provision.h"
#include "passthrough/selector.h"

#define SWITCH_ARGUMENT "slipway.bind=1"
#define IDS_ARGUMENT "vfio-pci.ids"

/* The devices wished for, each once, with how it is to be bound. */
struct wanted {
	struct device **list; /* borrowed from the host */
	enum bind_mode *modes;
	enum bind_wish *wishes;
	size_t n;
};

static void wanted_done(struct wanted *w)
{
	free(w->list);
	free(w->modes);
	free(w->wishes);
}

static int wanted_add(const struct host *host, const struct passthrough_wish *wish, struct wanted *w)
{
	_cleanup_free_ struct device **found = NULL;
	size_t n, i, j;
	int r;

	r = selector_find(wish->selector, &host->devices, &found, &n);
	if (r < 0)
		return r;
	if (wish->count && n != wish->count)
		return log_invalid("'%s' matches %zu device%s, and the spec says count: %u", wish->selector, n, n == 1 ? "" : "s", wish->count);
	for (i = 0; i < n; i++) {
		for (j = 0; j < w->n && w->list[j] != found[i]; j++)
			;
		if (j < w->n)
			continue;
		w->list[w->n] = found[i];
		w->wishes[w->n++] = wish->bind;
	}
	return 0;
}

static int wanted_find(const struct host *host, const struct wishes *wishes, struct wanted *ret)
{
	_cleanup_(wanted_done) struct wanted w = {};
	int r;

	w.list = calloc(host->devices.n + 1, sizeof(*w.list));
	w.modes = calloc(host->devices.n + 1, sizeof(*w.modes));
	w.wishes = calloc(host->devices.n + 1, sizeof(*w.wishes));
	if (!w.list || !w.modes || !w.wishes)
		return log_oom();
	for (size_t i = 0; i < wishes->n_passthrough; i++) {
		r = wanted_add(host, &wishes->passthrough[i], &w);
		if (r < 0)
			return r;
	}
	*ret = TAKE(w);
	return 0;
}

bool ids_are_exact(const struct devices *all, struct device *const *wanted, size_t n, const struct device *d)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct device *other = &all->list[i];
		size_t j = 0;

		if (other->vendor != d->vendor || other->product != d->product)
			continue;
		while (j < n && wanted[j] != other)
			j++;
		if (j == n)
			return false;
	}
	return true;
}

/* A driver that is built in has the device before vfio-pci hears of any id. */
static bool driver_is_built_in(const struct host *host, const struct device *d)
{
	if (!d->driver || device_is_on_vfio(d))
		return device_is_nvme(d) && module_find(host->root_fd, host->kernel.release, "nvme") == MODULE_BUILTIN;
	return module_find(host->root_fd, host->kernel.release, d->driver) == MODULE_BUILTIN;
}

static int choose_modes(const struct host *host, struct wanted *w, struct refusals *refusals)
{
	int r;

	for (size_t i = 0; i < w->n; i++) {
		const struct device *d = w->list[i];
		bool exact = ids_are_exact(&host->devices, w->list, w->n, d);

		w->modes[i] = exact && w->wishes[i] != BIND_WISH_ADDRESS && !driver_is_built_in(host, d) ? BIND_IDS : BIND_ADDRESS;
		if (w->wishes[i] != BIND_WISH_IDS || w->modes[i] == BIND_IDS)
			continue;
		r = refusals_add(refusals, d->address, "ids", "", "%s: %s", d->address,
				 exact ? "its driver is built into the kernel, so vfio-pci.ids= would come too late; bind by address" :
					 "vfio-pci.ids= would take devices of the same id that were not asked for; bind by address");
		if (r < 0)
			return log_oom();
	}
	/* One id, one way: devices of the same id are bound all by ids or all by address. */
	for (size_t i = 0; i < w->n; i++)
		for (size_t j = 0; j < w->n; j++)
			if (w->list[i]->vendor == w->list[j]->vendor && w->list[i]->product == w->list[j]->product &&
			    w->modes[j] == BIND_ADDRESS)
				w->modes[i] = BIND_ADDRESS;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "vfio-pci.ids=8086:5845,...": the administrator's own come first, since a later occurrence replaces an earlier one. */
static int add_ids_argument(const struct wanted *w, const struct cmdline *foreign, char ***arguments)
{
	const char *present = cmdline_value(foreign, IDS_ARGUMENT);
	_cleanup_(strv_freep) char **ids = NULL, **own = NULL;
	_cleanup_free_ char *joined = NULL;
	int r = 0;

	for (size_t i = 0; i < w->n && r >= 0; i++) {
		_cleanup_free_ char *id = text_format("%04x:%04x", w->list[i]->vendor, w->list[i]->product);

		if (!id)
			return -ENOMEM;
		if (w->modes[i] == BIND_IDS && !strv_contains(own, id))
			r = strv_add(&own, id);
	}
	if (r < 0 || !own)
		return r;
	qsort(own, strv_length(own), sizeof(*own), compare_ids);
	if (present)
		r = strv_split(present, ",", &ids);
	for (char **id = own; *id && r >= 0; id++)
		if (!strv_contains(ids, *id))
			r = strv_add(&ids, *id);
	joined = r < 0 ? NULL : strv_join(ids, ",");
	return joined ? strv_consume(arguments, text_format(IDS_ARGUMENT "=%s", joined)) : -ENOMEM;
}

/* What the IOMMU needs on this CPU: nothing where it is on, and nothing on AMD, where it is on wherever IVRS is. */
static int add_iommu_argument(const struct host *host, const struct cmdline *foreign, char ***arguments)
{
	bool switched_off = cmdline_value_has(foreign, "intel_iommu", "off");

	if (host->cpu.vendor != CPU_INTEL && !str_eq(host->firmware.iommu_table, "DMAR"))
		return 0;
	if (!switched_off && (host->iommu.n_groups || host->kernel.iommu_default_on == TRUTH_YES) &&
	    !cmdline_has(&host->kernel.running, "intel_iommu=on"))
		return 0;
	/* On because of an argument of the administrator's: his stays, and ours is not needed. */
	if (!switched_off && cmdline_value_has(foreign, "intel_iommu", "on"))
		return 0;
	/* Each occurrence is parsed in turn, so ours, which stands behind, wins over an earlier off. */
	return strv_add(arguments, "intel_iommu=on");
}

static int make_arguments(const struct host *host, const struct wishes *wishes, const struct wanted *w, char ***ret)
{
	_cleanup_(cmdline_done) struct cmdline foreign = {};
	_cleanup_(strv_freep) char **arguments = NULL;
	int r;

	r = grub_foreign_arguments(host, &foreign);
	if (r >= 0 && (wishes->iommu_on || w->n))
		r = add_iommu_argument(host, &foreign, &arguments);
	if (r >= 0 && w->n)
		r = strv_add(&arguments, SWITCH_ARGUMENT);
	if (r >= 0)
		r = add_ids_argument(w, &foreign, &arguments);
	for (char **a = wishes->arguments; a && *a && r >= 0; a++)
		if (!cmdline_has(&foreign, *a) && !strv_contains(arguments, *a))
			r = strv_add(&arguments, *a);
	if (r < 0)
		return log_oom();
	*ret = TAKE(arguments);
	return 0;
}

/* Many drives leave their PCIe serial number at a constant: where two of one id share it, it tells nothing. */
static bool serial_is_unique(const struct devices *all, const struct device *d)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct device *other = &all->list[i];

		if (other != d && other->capabilities.has_serial && other->capabilities.serial == d->capabilities.serial &&
		    !(other->domain == d->domain && other->bus == d->bus && other->device == d->device))
			return false;
	}
	return true;
}

static int format_devices(const struct host *host, const struct wanted *w, char **ret)
{
	struct text t = {};
	char *text;

	if (!w->n)
		return *ret = NULL, 0;
	text_append(&t, "# Devices for guests, written by 'slipway apply'; the early binder reads this from the initramfs.\n");
	for (size_t i = 0; i < host->devices.n; i++)
		for (size_t j = 0; j < w->n; j++) {
			_cleanup_(identity_done) struct identity id = {};

			if (w->list[j] != &host->devices.list[i])
				continue;
			if (identity_of(w->list[j], w->modes[j], &id) < 0)
				t.failed = true;
			if (!serial_is_unique(&host->devices, w->list[j]))
				id.pcie_serial = 0;
			if (!t.failed)
				identity_format(&id, &t);
		}
	text = text_take(&t);
	if (!text)
		return log_oom();
	*ret = text;
	return 0;
}

int provision_plan(const struct host *host, const struct uses *uses, const struct wishes *wishes, const struct allowances *allowed,
		   struct plan *ret, struct refusals *ret_refusals)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(strv_freep) char **arguments = NULL;
	_cleanup_(wanted_done) struct wanted w = {};
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *devices = NULL;
	int r;

	r = wanted_find(host, wishes, &w);
	if (r >= 0)
		r = request_check(host, uses, w.list, w.n, allowed, REQUEST_NEXT_BOOT, &refusals);
	if (r >= 0)
		r = choose_modes(host, &w, &refusals);
	if (r >= 0 && !refusals.n) {
		r = make_arguments(host, wishes, &w, &arguments);
		if (r >= 0)
			r = format_devices(host, &w, &devices);
		if (r >= 0)
			r = initramfs_plan(host, devices, &plan);
		/* The bootloader last: its argument is the switch that the rest waits for. */
		if (r >= 0)
			r = grub_plan(host, arguments, &plan);
	}
	if (r < 0)
		return r;
	*ret = TAKE(plan);
	*ret_refusals = TAKE(refusals);
	return 0;
}
