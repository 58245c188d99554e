/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The early binder: in the initramfs, before udev starts, it gives to vfio-pci the devices that
 * /etc/slipway/devices.conf names and that are still what the file says. All else is left to the host.
 *
 * It starts no process. A drive that only its NVMe serial can tell from its twins needs the nvme driver first: such
 * lines wait for the second pass, before which the caller loads that module.
 */
#pragma once

#include <stdbool.h>

#define EARLY_WAIT_MS 5000
#define EARLY_LIST "etc/slipway/devices.conf"
/* For a boot with slipway.trial=1, where it is there. */
#define EARLY_TRIAL_LIST "etc/slipway/trial.conf"

/* Does the kernel command line carry slipway.bind=1, and no other value of it behind? */
bool early_is_asked(int root_fd);
/* The list of this boot. */
const char *early_list(int root_fd);
/* How many lines wait for the second pass; 0, too, where binding is not asked for or was done in this boot. */
unsigned early_first(int root_fd);
/* Decides the lines that wait, each as soon as the nvme driver shows a serial, and all within wait_ms. */
void early_second(int root_fd, unsigned wait_ms);
