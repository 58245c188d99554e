/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel module: built in, loaded, a file, or not there. */

#include <libkmod.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/module.h"
#include "detect/module_folder.h"

const char *const module_names[MODULE_NAMES] = {
	[MODULE_IOMMUFD] = "iommufd", [MODULE_KVM] = "kvm",   [MODULE_KVM_AMD] = "kvm_amd",
	[MODULE_KVM_INTEL] = "kvm_intel", [MODULE_VFIO] = "vfio", [MODULE_VFIO_IOMMU_TYPE1] = "vfio_iommu_type1",
	[MODULE_VFIO_PCI] = "vfio_pci",
};

const char *module_state_name(enum module_state state)
{
	static const char *const names[] = {
		[MODULE_UNKNOWN] = "unknown", [MODULE_MISSING] = "missing", [MODULE_FILE] = "module",
		[MODULE_LOADED] = "loaded",   [MODULE_BUILTIN] = "built-in",
	};

	return names[state];
}

static enum module_state find_in(struct kmod_ctx *ctx, const char *name)
{
	enum module_state state = MODULE_MISSING;
	struct kmod_list *list = NULL, *item;

	/* "Is it built in, or is there a file?" needs no loading of the indexes. */
	if (!ctx || kmod_module_new_from_lookup(ctx, name, &list) < 0)
		return MODULE_UNKNOWN;
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);

		state = kmod_module_get_path(module) ? MODULE_FILE : MODULE_BUILTIN;
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return state;
}

enum module_state module_find_installed(int root_fd, const char *release, const char *name)
{
	_cleanup_(module_folder_done) struct module_folder folder = module_folder_open(root_fd, release);

	return find_in(folder.ctx, name);
}

/*
 * libkmod looks in a folder of modules wherever it lies, but asks the live /sys whether a module is loaded: so that is
 * asked here, below the root. A folder in sys/module without "initstate" is built in.
 */
static enum module_state find_running(int root_fd, const char *name)
{
	if (fs_exists(root_fd, "sys/module/%s/initstate", name))
		return MODULE_LOADED;
	return fs_exists(root_fd, "sys/module/%s", name) ? MODULE_BUILTIN : MODULE_UNKNOWN;
}

enum module_state module_find(int root_fd, const char *release, const char *name)
{
	enum module_state state = find_running(root_fd, name);

	return state == MODULE_UNKNOWN ? module_find_installed(root_fd, release, name) : state;
}

void modules_find(int root_fd, const char *release, enum module_state states[MODULE_NAMES])
{
	_cleanup_(module_folder_done) struct module_folder folder = module_folder_open(root_fd, release);

	for (int i = 0; i < MODULE_NAMES; i++) {
		states[i] = find_running(root_fd, module_names[i]);
		if (states[i] == MODULE_UNKNOWN)
			states[i] = find_in(folder.ctx, module_names[i]);
	}
}
