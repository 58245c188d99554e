/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for devices of a pretended host, for the tests of the safety rules. */
#pragma once

#include "passthrough/refusal.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"
#define A_ADDRESS "0000:05:00.0"
#define B_ADDRESS "0000:06:00.0"
#define ALLOW(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Two drives in groups of their own, nothing on them; "/" on a RAM disk. */
void two_drives(struct tree *t);
/* Asks for the devices (addresses separated by blanks) with these overrides; -errno, or how many refusals there are. */
int ask(struct tree *t, const char *addresses, const char *const *overrides, enum request_when when, struct refusals *ret);
bool refused(const struct refusals *r, const char *address, const char *rule, const char *kind);
