/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stale guests: saved definitions that name a device by the address that it had before the buses got other numbers. */
#pragma once

#include "audit/audit.h"

/*
 * Adds each to the evidence of devices.identity, where devices were found again at other addresses. It looks into libvirt's own
 * files, as root alone may, and not through its daemon: an audit starts nothing. 0 or -ENOMEM.
 */
int stale_guests_tell(const struct host *host, struct report *report);
