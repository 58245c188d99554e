/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's draft: the definition of a guest that is not there yet, from what is wanted and what host and libvirt offer. */
#pragma once

#include "installer/guest_wanted.h"
#include "installer/plan.h"
#include "passthrough/guest.h"

struct guest_draft {
	struct guest_offer offer;
	struct choices choices;
	char *format;   /* of a disk that is libvirt's volume */
	char *xml;
};

void guest_draft_done(struct guest_draft *d);
/* What libvirt has to say of it, and of its disk. Errors as of guest.h, and -EOPNOTSUPP: it offers no such guests; said. */
int guest_draft_ask(struct guest_connection *connection, const struct host *host, struct guest_wanted *w, struct guest_draft *d);
/* All that a profile needs to know; it borrows from both. */
struct guest_wish guest_draft_wish(const struct guest_wanted *w, const struct guest_draft *d);
/* The definition; errors as of profile_build(). */
int guest_draft_build(const struct host *host, const struct guest_wanted *w, struct guest_draft *d);
/* One more element among the guest's devices; -ENOMEM. */
int guest_draft_add(struct guest_draft *d, const char *element);
/* Plans that libvirt defines it; -ENOMEM, said. */
int guest_draft_plan(const struct guest_wanted *w, const struct guest_draft *d, const char *summary, struct plan *plan);
