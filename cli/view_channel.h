/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CCW devices and crypto queues of s390x, as JSON and as text. */
#pragma once

#include "cli/cli.h"
#include "common/json.h"
#include "passthrough/channel.h"

/* Adds "ccw" and "ap" to the document: all there are, or with a selection those of it. 0 or -ENOMEM. */
int channel_to_json(const struct host *host, const struct uses *uses, const struct channel_selection *chosen, struct json_object *document);
/* Below the table of devices, a line for each and one for its reason; nothing where there are none. 0 or -ENOMEM. */
int channel_print(const struct cli *cli, const struct host *host, const struct uses *uses, const struct channel_selection *chosen);
