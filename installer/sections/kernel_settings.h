/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of the kernel that a section of the spec wishes: set now, and at each boot. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

struct kernel_setting {
	char *path;   /* "proc/sys/vm/swappiness", "sys/kernel/mm/ksm/run" */
	char *value;
};

struct kernel_settings {
	struct kernel_setting *list;
	size_t n;
};

/* Adds PATH = value; -ENOMEM. */
int kernel_settings_add(struct kernel_settings *s, const char *value, const char *format, ...) __attribute__((format(printf, 3, 4)));
void kernel_settings_done(struct kernel_settings *s);

/*
 * Plans the files that set them at boot, or that these are absent where there is no such setting: what is below /proc/sys in
 * /etc/sysctl.d, what is below /sys in /etc/tmpfiles.d, under the section's own name ("bridge-filter"). On a live host
 * the values now, too. Lines of others that set them otherwise are named. 0, or a negative errno after it was said.
 */
int kernel_settings_plan(const struct host *host, const struct kernel_settings *s, const char *section, const char *summary, struct plan *plan);
