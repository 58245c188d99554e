/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder in the initramfs of every installed kernel, by the tool that makes this host's images. */

#include <errno.h>
#include <string.h>

#include "common/checksum.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/backend_initramfs.h"
#include "installer/initramfs_backend.h"

#define BINDER "usr/libexec/slipway/slipway-bind"

static const struct initramfs_backend *const backends[] = { &initramfs_tools_backend, &dracut_backend, &mkinitcpio_backend };

const struct initramfs_backend *initramfs_backend(enum initramfs_generator generator)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (backends[i]->generator == generator)
			return backends[i];
	return NULL;
}

/* Built into every kernel that may be booted, vfio-pci takes its ids before any driver that is a module is loaded. */
static bool kernel_alone_binds(const struct host *host, const char *devices)
{
	char **release = host->kernel.installed;

	if (!release || !*release || strstr(devices, " bind=address"))
		return false;
	while (*release && module_find_installed(host->root_fd, *release, "vfio_pci") == MODULE_BUILTIN)
		release++;
	return !*release;
}

static int check_backend(const struct host *host, const struct initramfs_backend *backend)
{
	const struct initramfs *i = &host->initramfs;

	if (!backend)
		return log_error("devices cannot be bound at boot here: %s", i->reason ? i->reason :
				 "this host boots without an initramfs, and vfio-pci is not built into each of its kernels"), -EOPNOTSUPP;
	if (!fs_exists(host->root_fd, BINDER))
		return log_error("/" BINDER " is missing; install slipway on the host (meson install), since this program goes into the "
				 "initramfs"), -ENOENT;
	if (host->is_live && !i->n)
		return log_error("devices cannot be bound at boot here: %s is installed, but no image of an installed kernel has a name that "
				 "it gives", initramfs_generator_name(i->generator)), -EOPNOTSUPP;
	return backend->check(host);
}

/*
 * The mark stands for the whole: whoever makes the image leaves it as the last thing, when all else is inside and in
 * order, and names it by the checksum of the list of devices that went in.
 */
static int add_contents(const struct initramfs_backend *backend, const char *devices, char ***expects)
{
	static const char *const modules[] = { "module vfio_pci", "module vfio_iommu_type1", "module nvme" };
	size_t size = strlen(devices);
	int r = 0;

	for (const char *const *path = backend->contents; *path && r >= 0; path++)
		r = strv_add(expects, *path);
	for (size_t i = 0; i < ARRAY_SIZE(modules) && r >= 0; i++)
		r = strv_add(expects, modules[i]);
	return r < 0 ? r : strv_consume(expects, text_format("etc/slipway/image-%u-%zu", checksum(devices, size), size));
}

/* `trial`: the list of a trial boot, which lies beside the other; or NULL. */
static int plan_rebuild(const struct initramfs_backend *backend, const char *devices, const char *trial, struct plan *plan)
{
	_cleanup_(strv_freep) char **expects = NULL;
	int r;

	r = devices ? add_contents(backend, devices, &expects) : strv_add(&expects, "!" BINDER);
	if (r >= 0 && trial)
		r = strv_consume(&expects, text_format("etc/slipway/trial-%u-%zu", checksum(trial, strlen(trial)), strlen(trial)));
	if (r < 0)
		return log_oom();
	plan->needs_reboot = true;
	return plan_add_command(plan, backend->rebuild, TAKE(expects), "build the initramfs of every installed kernel anew");
}

int initramfs_plan(const struct host *host, const char *devices, struct plan *plan)
{
	const struct initramfs_backend *backend = initramfs_backend(host->initramfs.generator);
	bool changed, is_needed = devices && (backend || !kernel_alone_binds(host, devices));
	int r;

	r = plan_want_file(plan, host->root_fd, IDENTITY_FILE, devices, 0644, "the devices that are bound at boot, and how to know them again");
	changed = r > 0;
	for (size_t i = 0; i < ARRAY_SIZE(backends) && r >= 0; i++) {
		r = backends[i]->plan_files(host, is_needed && backends[i] == backend, plan);
		changed = changed || r > 0;
	}
	if (r < 0 || !changed)
		return r < 0 ? r : 0;
	plan->needs_reboot = true;
	r = is_needed ? check_backend(host, backend) : 0;
	if (r < 0 || !backend)
		return r;
	return plan_rebuild(backend, devices, NULL, plan);
}

static int plan_trial_list(const struct host *host, const char *devices, bool rebuilds, struct plan *plan)
{
	_cleanup_free_ char *now = NULL;
	size_t start = plan->n;
	int r;

	r = fs_read(host->root_fd, &now, NULL, IDENTITY_FILE);
	if (r < 0)
		return log_errno(r, "cannot read /" IDENTITY_FILE ", the devices that the old boot entry binds");
	r = plan_want_file(plan, host->root_fd, IDENTITY_TRIAL_FILE, devices, 0644, "the devices that the trial boot binds");
	if (r >= 0 && rebuilds)
		r = plan_rebuild(initramfs_backend(host->initramfs.generator), now, devices, plan);
	for (size_t i = start; i < plan->n; i++)
		plan->list[i].phase = PHASE_TRIAL;
	return r < 0 ? r : 0;
}

int initramfs_plan_trial(const struct host *host, const char *devices, struct plan *plan, struct plan *commit)
{
	_cleanup_(plan_done) struct plan all = {};
	bool rebuilds = false, changes_list = false;
	int r;

	r = initramfs_plan(host, devices, &all);
	for (size_t i = 0; i < all.n && r >= 0; i++) {
		struct change *c = &all.list[i];
		bool is_list = c->kind == CHANGE_FILE && str_eq(c->target, IDENTITY_FILE), is_rebuild = c->kind == CHANGE_COMMAND;

		changes_list = changes_list || is_list;
		rebuilds = rebuilds || is_rebuild;
		/* Only what goes for the old entry, too, has to wait; it may be an empty list that goes. */
		if (plan_move(!devices || is_list || is_rebuild ? commit : plan, c) < 0)
			r = log_oom();
	}
	return r < 0 || !devices || !changes_list ? r : plan_trial_list(host, devices, rebuilds, plan);
}
