/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules of drivers, loaded into the running kernel. */

#include <errno.h>
#include <libkmod.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "passthrough/driver_module.h"

/* A module's folder has a link for each driver that it has registered, with the bus in front. */
#define PCI_DRIVER "pci:"

static void unref_kmodp(struct kmod_ctx **ctx)
{
	if (*ctx)
		kmod_unref(*ctx);
}

static int module_load(struct kmod_ctx *ctx, const char *name)
{
	struct kmod_list *list = NULL, *item;
	int r;

	r = kmod_module_new_from_lookup(ctx, name, &list);
	if (r < 0 || !list)
		return log_errno(r < 0 ? r : -ENOENT, "kernel module %s is not there; install this kernel's modules", name);
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);

		r = kmod_module_probe_insert_module(module, KMOD_PROBE_IGNORE_LOADED, NULL, NULL, NULL, NULL);
		kmod_module_unref(module);
		if (r < 0)
			break;
	}
	kmod_module_unref_list(list);
	/* modprobe.d is obeyed; a positive result is a blacklist's word. */
	return r < 0 ? log_errno(r, "cannot load kernel module %s", name) : 0;
}

int vfio_load(void)
{
	_cleanup_(unref_kmodp) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	int r;

	if (!ctx)
		return log_oom();
	r = module_load(ctx, "vfio_pci");
	return r < 0 ? r : module_load(ctx, "vfio_iommu_type1");
}

int vfio_load_module(const char *name)
{
	_cleanup_(unref_kmodp) struct kmod_ctx *ctx = kmod_new(NULL, NULL);

	return ctx ? module_load(ctx, name) : log_oom();
}

static int add_drivers(int root_fd, const char *module, char ***names)
{
	_cleanup_(strv_freep) char **links = NULL;
	int r = dir_list(root_fd, &links, "sys/module/%s/drivers", module);

	if (r == -ENOENT)
		return 0;
	for (char **link = links; r >= 0 && link && *link; link++)
		if (str_starts(*link, PCI_DRIVER))
			r = strv_add_new(names, *link + strlen(PCI_DRIVER));
	return r;
}

/* A module that cannot be loaded is said, and the next one may do. */
static int add_module(int root_fd, struct kmod_module *module, char ***names)
{
	const char *name = kmod_module_get_name(module);
	int r;

	if (str_starts(name, "vfio"))
		return 0;
	r = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL, NULL);
	if (r < 0)
		log_warning("cannot load kernel module %s: %s", name, strerror(-r));
	return r ? 0 : add_drivers(root_fd, name, names);
}

int host_drivers_load(int root_fd, const char *address, char ***ret)
{
	_cleanup_(unref_kmodp) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_list *list = NULL, *item;
	_cleanup_free_ char *modalias = NULL;
	int r;

	if (!ctx)
		return log_oom();
	r = fs_read_line(root_fd, &modalias, "sys/bus/pci/devices/%s/modalias", address);
	if (r >= 0)
		r = kmod_module_new_from_lookup(ctx, modalias, &list);
	if (r < 0)
		return log_errno(r, "cannot look up the host's driver of %s", address);
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);

		if (r >= 0)
			r = add_module(root_fd, module, ret);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return r < 0 ? log_errno(r, "cannot find the drivers of %s", address) : 0;
}
