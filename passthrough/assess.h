/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assessment: can this device be given to a guest, and if not, all the reasons, worst first. */
#pragma once

#include "passthrough/refusal.h"

enum assessment { ASSESS_ASSIGNABLE, ASSESS_BOUND, ASSESS_ATTACHED, ASSESS_BLOCKED, ASSESS_UNKNOWN };

struct appraisal {
	enum assessment assessment;
	const char *rule;  /* static: of the worst reason, as in struct refusal; "" where there is none */
	char **reasons;    /* worst first; NULL for a device that is free */
	char **cautions;   /* what speaks for care, and blocks nothing */
};

const char *assessment_name(enum assessment a);
int device_appraise(const struct host *host, const struct uses *uses, const struct device *d, struct appraisal *ret);
void appraisal_done(struct appraisal *j);
/* The same without cautions. *ret_reasons: new list, empty (NULL) for a device that is free. -ENOMEM. */
int device_assess(const struct host *host, const struct uses *uses, const struct device *d, enum assessment *ret, char ***ret_reasons);
