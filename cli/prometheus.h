/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit as metrics, for the textfile collector of Prometheus's node_exporter. */
#pragma once

#include "audit/audit.h"
#include "passthrough/uses.h"

/* Text format 0.0.4, as a new string. -ENOMEM. Every series is there on every host, with 0 where it does not apply, so that an alert can rest on it. */
int prometheus_text(const struct host *host, const struct uses *uses, const struct report *report, char **ret);
