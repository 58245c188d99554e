/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of systemd: which are there, and whether they are started at boot (systemd.unit(5)). */
#pragma once

#include <stdbool.h>

bool unit_exists(int root_fd, const char *name);
/* For CHANGE_COMMAND: is each enabled? 1 or 0, said. */
int units_are_enabled(int root_fd, char *const *expects);
/* Silently. */
int any_unit_is_enabled(int root_fd, char *const *expects);
