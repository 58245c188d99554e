/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every verb begins with: the host, and who uses its devices. */
#pragma once

#include "cli/cli.h"
#include "passthrough/uses.h"

struct scene {
	struct host host;
	struct uses uses;
};

/* 0, or a negative errno after it has been said what failed. */
int scene_read(const struct cli *cli, struct scene *ret);
/* The same with the open device nodes of every process: for verbs that take a device, or say all about one. */
int scene_read_all(const struct cli *cli, struct scene *ret);
void scene_done(struct scene *s);
