/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON document that a verb answers with. */
#pragma once

#include "common/json.h"

/* {"schema": "slipway.VERB/1"} */
struct json_object *output_document(const char *verb);
/* Prints it on stdout; an exit status. */
int output_json(struct json_object *document);
