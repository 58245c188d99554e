/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A selector in a file of settings: what is wrong in it is told where it stands. */
#pragma once

#include "common/settings.h"
#include "passthrough/selector.h"

/* Is the value a selector? That it names a device is not asked. If not, it is complained of: with `message` where it is no text. */
bool settings_selector(struct settings *s, const yaml_node_t *value, const char *message, struct selector *ret);
