/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules of drivers, loaded into the running kernel. */
#pragma once

/* Loads vfio-pci and the type 1 IOMMU backend, where they are modules. Live only; says what failed. */
int vfio_load(void);
/* The same of one module by name. */
int vfio_load_module(const char *name);
/*
 * The drivers, as driver_override names them, that know the PCI device and are not vfio's, of the modules that its modalias finds; one
 * that is not loaded is loaded, but for those on a blacklist of modprobe.d. None is no error, and *ret stays NULL. Live only; says what
 * failed.
 */
int host_drivers_load(int root_fd, const char *address, char ***ret);
