/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit's report as JSON and as text. */
#pragma once

#include "audit/audit.h"
#include "audit/peer.h"
#include "cli/cli.h"
#include "common/json.h"

/* Adds "verdict" and "checks". */
void report_to_json(const struct report *report, struct json_object *document);
/* The facts that the checks rest on, as an object. */
struct json_object *host_to_json(const struct host *host);
/* Adds "dmar" and "ivrs": what the firmware's tables say, and which devices their regions concern; null where there is none. */
void tables_to_json(const struct host *host, struct json_object *firmware);
void iommu_to_json(const struct iommu *iommu, struct json_object *o);
/* The findings, layer by layer; and what the audit comes to. */
void findings_print(const struct cli *cli, const struct report *report);
void verdict_print(const struct cli *cli, const struct report *report);
/* Both. */
void report_print(const struct cli *cli, const struct report *report);
/* Adds "peer": the findings of peer_compare(), and what they come to in each direction. */
void peer_to_json(const struct report *peer, struct json_object *document);
void peer_print(const struct cli *cli, const struct report *peer);
