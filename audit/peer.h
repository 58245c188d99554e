/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The peer: can running guests move between this host and another one, and which of them? */
#pragma once

#include "audit/finding.h"
#include "detect/migration.h"

/* The layers of its findings; the same finding in both directions stands once. */
extern const char peer_both[], peer_to[], peer_from[];

/* Pure. Findings "peer.cpu" and so on: those of both directions, then to the peer, then from it. -ENOMEM. */
int peer_compare(const struct migration *self, const struct migration *peer, struct report *ret);
/* The worst of a direction, peer_to or peer_from: fail, unknown, warn, pass. */
enum verdict peer_verdict(const struct report *report, const char *direction);
