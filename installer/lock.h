/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock: one slipway at a time changes a host. /var/lib/slipway/lock says which: {"pid": 1, "verb": "apply", "since": ...}. */
#pragma once

#include <stdbool.h>

/*
 * Takes the lock, and waits up to `wait` seconds for it. -EBUSY after saying who holds it, since when. The descriptor is
 * the lock: closing it lets go. The commands that slipway runs inherit it, so that one which outlives a slipway that was
 * killed is not met by the next one's.
 */
int lock_take(int root_fd, const char *verb, unsigned wait);
/* Takes the name off again, and lets go. */
void lock_release(int fd);
/* Is a slipway, or a command that it started, at work here? */
bool lock_is_held(int root_fd);
