/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CCW devices and crypto queues of s390x for guests: which of them is meant, and what speaks against giving it away. They go to guests as mediated
 * devices, vfio-ccw and vfio-ap, and no IOMMU group is about them.
 */
#pragma once

#include "passthrough/assess.h"
#include "passthrough/refusal.h"

/* What is asked for: each but once, in the host's order. */
struct channel_selection {
	const struct ccw_device **ccws;
	size_t n_ccws;
	const struct ap_queue **queues;
	size_t n_queues;
};

/* Is it a selector of these: "ccw=0.0.1234", "ap=05.0004"? */
bool channel_selector_is(const char *selector);
/* Adds what the selector names. -EINVAL: it is none; -ENOENT: there is none; both said. The value may hold * and ?. */
int channel_select(const struct host *host, const char *selector, struct channel_selection *s);
void channel_selection_done(struct channel_selection *s);

/* Everything that speaks against giving this device away. -ENOMEM. */
int ccw_check(const struct host *host, const struct uses *uses, const struct ccw_device *d, const struct allowances *allowed, struct refusals *refusals);
/* The same of crypto queues that are to go to one guest, with those that would come along. */
int ap_check(const struct host *host, const struct uses *uses, const struct ap_queue *const *queues, size_t n, const struct allowances *allowed,
	     struct refusals *refusals);
/* The same of queues for a guest that has others: `all` are those and these. Without queues nothing is asked. */
int ap_check_beside(const struct host *host, const struct uses *uses, const struct ap_queue *const *queues, size_t n, const struct ap_queue *const *all,
		    size_t n_all, const struct allowances *allowed, struct refusals *refusals);
/*
 * The masks that let go of these queues and of no other one that the host has. False: there are none such; then *ret_first is the first
 * queue that cannot be freed alone (NULL: all can).
 */
bool ap_masks_without(const struct ap *a, const struct ap_queue *const *queues, size_t n, struct ap_mask *ret_cards, struct ap_mask *ret_domains,
		      const struct ap_queue **ret_first);

/* Can it be given to a guest, and if not, why not? As device_appraise(). */
int ccw_appraise(const struct host *host, const struct uses *uses, const struct ccw_device *d, struct appraisal *ret);
int ap_appraise(const struct host *host, const struct uses *uses, const struct ap_queue *q, struct appraisal *ret);
