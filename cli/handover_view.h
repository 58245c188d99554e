/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a handover: who has what now, and how that is known. */
#pragma once

#include "cli/handover_proof.h"
#include "common/json.h"

/* `guest`: who has the devices, or had them. */
void handover_print(const struct plan *plan, const struct proofs *proofs, const char *guest);
/* Adds "proofs". */
void handover_json(const struct proofs *proofs, struct json_object *document);
