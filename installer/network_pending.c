/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The marker of a live change of the network that is under way. */

#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "installer/network_pending.h"

#define TEXT "a change of the network is under way; see slipway(8), rollback --before-network\n"

int network_pending_plan(int root_fd, struct plan *plan)
{
	_cleanup_(content_done) struct content before = {};
	struct change *c;
	int r;

	/* One that was left over does not stand in the way. */
	r = content_read(root_fd, NETWORK_PENDING, &before);
	if (r < 0)
		return log_errno(r, "cannot read /" NETWORK_PENDING);
	c = plan_add(plan, CHANGE_FILE, NETWORK_PENDING);
	if (!c)
		return log_oom();
	c->phase = PHASE_NETWORK;
	c->mode = 0644;
	c->before = TAKE(before);
	c->after = (struct content){ .exists = true, .data = strdup(TEXT), .size = strlen(TEXT) };
	c->summary = strdup("should the power fail before the end, the next boot puts the old files back before it sets the network up");
	return c->after.data && c->summary ? 0 : log_oom();
}
