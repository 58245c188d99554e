/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit: is this host passthrough-ready, and if not, which layer is broken first? */
#pragma once

#include "audit/finding.h"
#include "detect/host.h"

enum readiness { READINESS_READY, READINESS_REBOOT_REQUIRED, READINESS_NOT_READY };

struct check {
	const char *id;     /* stable, dotted */
	const char *layer;
	const char *help;   /* one line, for the man page and --help */
	bool is_required;
	void (*run)(const struct host *host, struct report *report, struct finding *finding);
};

/* All checks, in the order of the layers from the CPU up; NULL-terminated by id. */
extern const struct check checks[];

const struct check *check_find(const char *id);
/* The id that was probably meant by one that is none, or NULL. */
const char *check_nearest(const char *id);

/* Runs every check; `required` names further ids whose failure counts (NULL: none). -EINVAL for an id that is none. */
int audit_run(const struct host *host, char *const *required, struct report *ret);
enum readiness audit_readiness(const struct report *report);
const char *readiness_name(enum readiness r);
/* The first finding that keeps the host from being ready, or NULL. */
const struct finding *audit_first_broken(const struct report *report);
