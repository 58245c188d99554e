/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices as JSON and as text. */
#pragma once

#include "cli/cli.h"
#include "common/json_writer.h"
#include "passthrough/assess.h"

/* Writes a device with the members that design.md names; names come from pci.ids. -ENOMEM. */
int device_to_json(const struct host *host, const struct uses *uses, const struct device *d, struct json_writer *o);
/* The escape sequence for a verdict, "" where the terminal has no colour. */
const char *verdict_color(const struct cli *cli, enum assessment a);
/* A table: one line each within the screen's width, and the reason below; `wide`: every column, uncut, one line each. */
int devices_print(const struct cli *cli, const struct host *host, const struct uses *uses, struct device *const *devices, size_t n, bool wide);
/* Everything about one device. */
int device_print(const struct cli *cli, const struct host *host, const struct uses *uses, const struct device *d);
