/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A section of the spec beyond kernel and passthrough: who reads it, and who makes the host so. */
#pragma once

#include "common/settings.h"
#include "common/text.h"
#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/plan.h"
#include "installer/wishes.h"
#include "passthrough/refusal.h"

/*
 * Each reads its own part of the wishes, and is asked for its changes also where the spec does not hold it: what slipway
 * wrote for an earlier spec goes then. Functions that a section does not need are NULL.
 */
struct section {
	const char *key;  /* in the spec */
	/* The settings' target is the struct wishes. */
	void (*read)(struct settings *s, yaml_node_t *value, void *context);
	bool (*is_wished)(const struct wishes *wishes);
	/* Adds changes, or refusals; nothing where all is as wished. 0, or a negative errno after it was said (-EINVAL: the wish does not fit this host). */
	int (*plan)(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
	/* Adds kernel arguments that it needs, and those of others' (`foreign`) that stand in the way; -ENOMEM. */
	int (*arguments)(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, struct argument_wish *wish);
	/* Adds to the spec that 'slipway init' writes for this host what was found, and what could be wished for: see proposal.h. -ENOMEM. */
	int (*propose)(const struct host *host, struct text *t);
};

/* In the order in which their changes are made; the last one has no key. */
extern const struct section sections[];

bool sections_wished(const struct wishes *wishes);
int sections_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
int sections_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, struct argument_wish *wish);
