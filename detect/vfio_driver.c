/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vfio driver of a device: vfio-pci, or a variant of it that knows the device (live migration, coherent memory). */

#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/module_folder.h"
#include "detect/vfio_driver.h"

/* Without an index of aliases there is nothing to look in, and libkmod would try once a device. */
static struct module_folder open_aliases(int root_fd, const char *release)
{
	bool is_there = release && fs_exists(root_fd, "lib/modules/%s/modules.alias.bin", release);
	struct module_folder folder = module_folder_open(root_fd, is_there ? release : NULL);

	if (folder.ctx)
		kmod_load_resources(folder.ctx); /* the index stays mapped, and a look-up costs no system call; without it they are slower */
	return folder;
}

/* vfio-pci itself has an alias for every device, so any other name is more exact. */
static char *look_up(struct kmod_ctx *ctx, const char *modalias)
{
	struct kmod_list *list = NULL, *item;
	const char *best = NULL;
	char alias[256], *ret;

	if (snprintf(alias, sizeof(alias), "vfio_pci:%s", modalias + strlen("pci:")) >= (int)sizeof(alias) ||
	    kmod_module_new_from_lookup(ctx, alias, &list) < 0)
		return NULL;
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);
		const char *name = kmod_module_get_name(module); /* lives as long as the list holds the module */

		if (!best || str_eq(best, "vfio_pci") || (!str_eq(name, "vfio_pci") && strcmp(name, best) < 0))
			best = name;
		kmod_module_unref(module);
	}
	/* The driver of that module writes its name in another way. */
	ret = !best ? NULL : strdup(str_eq(best, "vfio_pci") ? "vfio-pci" : best);
	kmod_module_unref_list(list);
	return ret;
}

int vfio_drivers_fill(int root_fd, const char *release, struct devices *devices)
{
	_cleanup_(module_folder_done) struct module_folder folder = open_aliases(root_fd, release);
	const struct device *last = NULL;

	for (size_t i = 0; folder.ctx && i < devices->n; i++) {
		struct device *d = &devices->list[i];

		if (d->is_bridge || !d->modalias || !str_starts(d->modalias, "pci:"))
			continue;
		/* Cards of one kind are neighbours more often than not. */
		if (last && str_eq(last->modalias, d->modalias))
			d->vfio_driver = last->vfio_driver ? strdup(last->vfio_driver) : NULL;
		else
			d->vfio_driver = look_up(folder.ctx, d->modalias);
		if (last && last->vfio_driver && !d->vfio_driver && str_eq(last->modalias, d->modalias))
			return log_oom();
		last = d;
	}
	return 0;
}

int host_modules_add(int root_fd, const char *release, const char *modalias, char ***names)
{
	_cleanup_(module_folder_done) struct module_folder folder = open_aliases(root_fd, modalias ? release : NULL);
	struct kmod_list *list = NULL, *item;
	int r = 0;

	if (!folder.ctx || kmod_module_new_from_lookup(folder.ctx, modalias, &list) < 0)
		return 0;
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);
		const char *name = kmod_module_get_name(module);

		if (r >= 0 && kmod_module_get_path(module) && !strv_contains(*names, name))
			r = strv_add(names, name);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return r;
}
