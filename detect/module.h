/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel module: built in, loaded, a file, or not there. */
#pragma once

enum module_state { MODULE_UNKNOWN, MODULE_MISSING, MODULE_FILE, MODULE_LOADED, MODULE_BUILTIN };

/* Those that passthrough lives on, as the kernel names them, sorted. */
enum module_name {
	MODULE_IOMMUFD,
	MODULE_KVM,
	MODULE_KVM_AMD,
	MODULE_KVM_INTEL,
	MODULE_VFIO,
	MODULE_VFIO_IOMMU_TYPE1,
	MODULE_VFIO_PCI,
	MODULE_NAMES
};

extern const char *const module_names[MODULE_NAMES];

/* "unknown", "missing", "module", "loaded", "built-in" */
const char *module_state_name(enum module_state state);
/* Of the running kernel, or of the release whose modules lie below root_fd (NULL: none known). */
enum module_state module_find(int root_fd, const char *release, const char *name);
/* All of module_names at once. */
void modules_find(int root_fd, const char *release, enum module_state states[MODULE_NAMES]);
/* Of this release alone, whatever runs: MODULE_FILE, MODULE_BUILTIN, MODULE_MISSING, or MODULE_UNKNOWN without its folder. */
enum module_state module_find_installed(int root_fd, const char *release, const char *name);
