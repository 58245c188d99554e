/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy: what must hold on this host beside what the audit asks of every host. */
#pragma once

#include "audit/audit.h"
#include "passthrough/assess.h"
#include "passthrough/settings_selector.h"

/* "Three of class=nvme are bound": devices that a selector names, and the verdicts they may have. */
struct policy_rule {
	struct selector selector;
	bool wanted[ASSESS_UNKNOWN + 1];
	char *verdicts;      /* in words, for messages: "assignable or bound" */
	unsigned count;      /* exactly; 0: not said */
	unsigned at_least;   /* 0: not said; without either: all that it names, and at least one */
	size_t line;
};

struct policy {
	char *file;
	char **require, **ignore; /* ids of checks */
	struct policy_rule *rules;
	size_t n_rules;
};

/* The file that the user named. -EINVAL after every error has been said with file, line and column. */
int policy_read(const char *path, struct policy *ret);
int policy_parse(const char *text, const char *file, struct policy *ret);
void policy_done(struct policy *p);
/*
 * What it ignores no longer counts, and with rules for devices the report gets one more finding, policy.devices. The checks it
 * requires are audit_run()'s to know. -ENOMEM.
 */
int policy_apply(const struct policy *policy, const struct host *host, const struct uses *uses, struct report *report);
