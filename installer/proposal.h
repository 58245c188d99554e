/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A proposal: a spec for this very host, made from what was found, for somebody to edit.
 *
 * Prose stands behind "# ". What may be wished for stands behind a "#" alone, indented as it is without: it is the spec then.
 */
#pragma once

#include "common/text.h"
#include "passthrough/uses.h"

/* The whole text; -ENOMEM. */
int proposal_write(const struct host *host, const struct uses *uses, char **ret);

/* For sections: a line of prose, in which the host's own words come out escaped; and a line of the spec that is not wished for yet. */
void proposal_say(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void proposal_offer(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
