/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounds of guest options: each function says in a new sentence why the value cannot be, or returns NULL. */
#pragma once

#include "profiles/options.h"

#define MEMORY_MAX (16u << 20) /* MiB, that is 16 TiB */
#define VCPUS_MAX 255u         /* more need an emulated IOMMU with extended interrupts */

char *misfit_name(const struct guest_options *o);
char *misfit_memory(const struct guest_options *o);
char *misfit_max_memory(const struct guest_options *o);
char *misfit_vcpus(const struct guest_options *o);
char *misfit_max_vcpus(const struct guest_options *o);
char *misfit_spare_ports(const struct guest_options *o);
char *misfit_iothreads(const struct guest_options *o);
char *misfit_queues(const struct guest_options *o);
char *misfit_disk(const struct guest_options *o);
char *misfit_emulator(const struct guest_options *o);
char *misfit_console_log(const struct guest_options *o);
char *misfit_bridge(const struct guest_options *o);
char *misfit_macvtap(const struct guest_options *o);
char *misfit_network(const struct guest_options *o);
char *misfit_machine(const struct guest_options *o);
