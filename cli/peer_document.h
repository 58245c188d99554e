/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of a peer: another host's `slipway --json audit`, and this one's part of its own. */
#pragma once

#include "common/json.h"
#include "detect/migration.h"

/* As the member "migration" of the host. */
struct json_object *migration_to_json(const struct migration *m);
/* Reads it back out of a whole answer of audit. -EINVAL, after saying what is wrong with it; -errno of the file; -ENOMEM. */
int peer_document_read(const char *path, struct migration *ret);
