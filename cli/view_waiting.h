/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that wait, or have waited, as status tells of them. */
#pragma once

#include "cli/cli.h"
#include "common/json.h"
#include "installer/journal.h"

/* How far each is. JSON: null where none has ever had to wait. Negative after it was said what cannot be read. */
int view_waiting_print(const struct cli *cli, const struct journal *j);
int view_waiting_json(const struct cli *cli, const struct journal *j, struct json_object *document);
