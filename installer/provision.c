/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Provisioning: from wishes to the plan that makes this host so, or to the refusals. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/backend_initramfs.h"
#include "installer/backend_modules.h"
#include "installer/bootloader.h"
#include "installer/host_arguments.h"
#include "installer/provision.h"
#include "installer/sections/section.h"
#include "installer/trial.h"
#include "passthrough/selector.h"

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

/* The address of a device that was set aside, at which another one is now that never was. */
static const struct sighting *find_successor(const struct host *host, const struct device *d)
{
	const struct sighting *found = NULL;

	for (size_t i = 0; i < host->sightings.n; i++)
		if (host->sightings.list[i].kind == SIGHTING_MOVED && str_eq(host->identities.list[i].address, d->address))
			found = &host->sightings.list[i];
	return found && !sightings_identity(&host->sightings, &host->identities, d) ? found : NULL;
}

/* A wish of old that names an address means what was there then. */
static int check_successors(const struct host *host, const struct wanted *w, const struct wishes *wishes, struct refusals *refusals)
{
	for (size_t i = 0; i < wishes->n_passthrough; i++) {
		_cleanup_(selector_done) struct selector s = {};
		int r = selector_parse(wishes->passthrough[i].selector, &s);

		for (size_t j = 0; r >= 0 && j < w->n && selector_has_address(&s); j++) {
			const struct device *d = w->list[j];
			const struct sighting *moved = selector_matches(&s, d) ? find_successor(host, d) : NULL;

			if (moved && refusals_add(refusals, d->address, "identity", "",
						  "%s: what was set aside there is at %s now, since the buses have other numbers; name it so, "
						  "or, where %s is meant, by its serial, slot or path", d->address, moved->device->address, d->address) < 0)
				return log_oom();
		}
		if (r < 0)
			return r;
	}
	return 0;
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

/* Its PF's driver makes a VF long after the early binder has looked, which goes by addresses. */
static int check_functions_made_later(const struct wanted *w, struct refusals *refusals)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct device *d = w->list[i];

		if (d->physical_function && w->modes[i] == BIND_ADDRESS &&
		    refusals_add(refusals, d->address, "sr-iov", "", "%s is a VF of %s, which are made after the early binder has run: by address none can be set "
				 "aside at boot. 'slipway attach' takes one from the host's driver by itself; and where all VFs of its id are asked "
				 "for, they are bound by ids", d->address, d->physical_function) < 0)
			return log_oom();
	}
	return 0;
}

/* The ids for vfio-pci.ids=, each once, sorted. */
static int find_ids(const struct wanted *w, char ***ret)
{
	_cleanup_(strv_freep) char **ids = NULL;
	int r = 0;

	for (size_t i = 0; i < w->n && r >= 0; i++) {
		_cleanup_free_ char *id = text_format("%04x:%04x", w->list[i]->vendor, w->list[i]->product);

		if (!id)
			return -ENOMEM;
		if (w->modes[i] == BIND_IDS && !strv_contains(ids, id))
			r = strv_add(&ids, id);
	}
	strv_sort(ids);
	*ret = TAKE(ids);
	return r;
}

/* `commit`: what waits for a trial to go well, empty where there is none. */
static int plan_arguments(const struct host *host, const struct wishes *wishes, const struct wanted *w, struct plan *commit, struct plan *plan)
{
	const struct bootloader *bootloader = bootloader_find(host);
	_cleanup_(argument_wish_done) struct argument_wish wish = {};
	_cleanup_(cmdline_done) struct cmdline foreign = {};
	_cleanup_(strv_freep) char **ids = NULL;
	int r;

	if (bootloader)
		r = bootloader->foreign(host, &foreign);
	else
		r = strv_copy(host->kernel.running.arguments, &foreign.arguments) < 0 ? log_oom() : 0;
	if (r < 0)
		return r;
	if (find_ids(w, &ids) < 0 || host_arguments(host, wishes, &foreign, ids, w->n > 0, &wish) < 0)
		return log_oom();
	if (host_arguments_keep_kvm_out(host, wishes, &foreign, &wish))
		return log_error("kvm.hpage=1 and guests that run guests (kvm.nested=1) exclude each other: KVM of s390x does not load with both, and no guest "
				 "would start; take one of them out"), -EINVAL;
	if (wishes->iommu_on && host_hides_its_iommu(host))
		log_info("nothing below --root tells of a CPU or of a kernel's configuration, so no argument stands for 'iommu: on'; Intel's IOMMU needs "
			 "intel_iommu=on ('arguments')");
	/* A bootloader that is not known is in nobody's way while there is nothing to tell it. */
	if (!bootloader)
		return wish.wanted ? bootloader_refuse(host) : 0;
	return wishes->pending ? trial_plan(host, bootloader, &wish, wishes->pending, commit, plan) : bootloader->plan(host, &wish, plan);
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

static int plan_modules(const struct host *host, const struct wishes *wishes, const struct wanted *w, struct plan *plan)
{
	_cleanup_free_ struct device **by_ids = calloc(w->n + 1, sizeof(struct device *));
	size_t n = 0;

	if (!by_ids)
		return log_oom();
	for (size_t i = 0; i < w->n; i++)
		if (w->modes[i] == BIND_IDS)
			by_ids[n++] = w->list[i];
	return modules_plan(host, wishes, by_ids, n, plan);
}

int provision_plan(const struct host *host, const struct uses *uses, const struct wishes *wishes, const struct allowances *allowed,
		   struct plan *ret, struct refusals *ret_refusals)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(wanted_done) struct wanted w = {};
	_cleanup_(plan_done) struct plan plan = {}, commit = {};
	_cleanup_free_ char *devices = NULL;
	int r;

	r = wanted_find(host, wishes, &w);
	if (r >= 0)
		r = request_check(host, uses, w.list, w.n, allowed, REQUEST_NEXT_BOOT, &refusals);
	if (r >= 0)
		r = check_successors(host, &w, wishes, &refusals);
	if (r >= 0)
		r = choose_modes(host, &w, &refusals);
	if (r >= 0)
		r = check_functions_made_later(&w, &refusals);
	if (r >= 0)
		r = sections_plan(host, wishes, &plan, &refusals);
	if (r >= 0 && !refusals.n) {
		r = format_devices(host, &w, &devices);
		/* Before the initramfs, which takes its copy of modprobe's configuration. */
		if (r >= 0)
			r = plan_modules(host, wishes, &w, &plan);
		if (r >= 0)
			r = wishes->pending && trial_needs_list(host) ? trial_plan_devices(host, devices, &plan, &commit) : initramfs_plan(host, devices, &plan);
		/* The bootloader last: its argument is the switch that the rest waits for. */
		if (r >= 0)
			r = plan_arguments(host, wishes, &w, &commit, &plan);
	}
	if (r < 0)
		return r;
	*ret = TAKE(plan);
	*ret_refusals = TAKE(refusals);
	return 0;
}
