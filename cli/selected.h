/* SPDX-License-Identifier: GPL-2.0-or-later */
/* audit --device: is this device ready to be given away? */
#pragma once

#include "audit/audit.h"
#include "passthrough/channel.h"
#include "passthrough/uses.h"

/* What one selector names: PCI functions, or CCW devices, or crypto queues. */
struct selected {
	bool is_asked;           /* else nothing was named, and all is meant */
	bool is_channel;         /* CCW devices or crypto queues */
	struct device **devices; /* borrowed from the host */
	size_t n;
	struct channel_selection channel;
};

/* As selector_find() and channel_select(): negative errnos have been said. */
int selected_find(const struct host *host, const char *selector, struct selected *ret);
void selected_done(struct selected *s);

/*
 * What does not bear on giving these devices away now leaves the report (other devices) or no longer counts (what waits for the next boot),
 * unless `required` names it; and the report gets one more finding, device.ready, with every reason as evidence. -ENOMEM.
 */
int selected_judge(const struct host *host, const struct uses *uses, const struct selected *s, char *const *required, struct report *report);
