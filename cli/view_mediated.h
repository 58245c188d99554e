/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices as JSON and as text. */
#pragma once

#include "cli/cli.h"
#include "common/json.h"
#include "detect/host.h"

/* An array of parents: all of them with devices NULL, else those that belong to one of the devices. NULL when memory runs out. */
struct json_object *mediated_to_json(const struct host *host, struct device *const *devices, size_t n);
/* Below the table of devices; nothing where there are none. */
void mediated_print(const struct cli *cli, const struct host *host);
/* The fields of one device. */
void fields_mediated(const struct cli *cli, const struct host *host, const struct device *d);
