/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: what the running system learns from the early binder.
 *
 *   the kernel log                 a line for each device that was bound or left to the host
 *   /run/slipway/devices/ADDRESS   what was seen of the device (detect/identity.h has the format)
 *   /run/slipway/early             a record (common/record.h) for each line of devices.conf:
 *
 *       0000:05:00.0 result=bound
 *       0000:07:00.0 result=bound found=0000:08:00.0                (the bus has another number now)
 *       0000:06:00.0 result=left reason=slot:%20recorded%204,%20found%205
 *       line:7 result=left reason=malformed%20line      (where the line has no address to go by)
 */
#pragma once

#include <stdbool.h>

#include "early/seen.h"

#define REPORT_FILE "run/slipway/early"

enum severity { SEVERITY_WARNING = 4, SEVERITY_NOTICE = 5 }; /* syslog(3) */

void report_log(int root_fd, enum severity severity, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Begins an empty REPORT_FILE; -EEXIST where there is one of this boot. */
int report_begin(int root_fd);
/* Bound, at the address that `found` names where that is not the recorded one. */
void report_bound(int root_fd, const char *name, const char *found);
void report_left(int root_fd, const char *name, const char *reason);
/* Replaces the record of this device. */
int report_seen(int root_fd, const struct seen *s);

/* Is there a record of that name in REPORT_FILE? */
bool report_has(int root_fd, const char *name);
