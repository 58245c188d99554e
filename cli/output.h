/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON document that a verb answers with. */
#pragma once

#include "cli/load.h"
#include "common/json.h"

/* {"schema": "slipway.VERB/1"} */
struct json_object *output_document(const char *verb);
/* Before anything is changed: what was printed until now has arrived. -errno after it has been said that it has not. */
int output_flush(void);
/*
 * After something was changed: returns `status`, which tells what became of that, whether or not the answer can be written.
 * Who took a rollback for failed because of a full disk behind a redirection would roll back once more.
 */
int output_after_change(int status);
/* Prints it on stdout; an exit status. */
int output_json(struct json_object *document);
/* The same with "devices" as its last member: those given, or with NULL the first n of the host. */
int output_devices(struct json_object *document, const struct scene *scene, struct device *const *devices, size_t n);
