/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of VFs: who would lose one by a rollback. */
#pragma once

#include "installer/change.h"
#include "passthrough/refusal.h"

/* Adds a refusal for each use of a VF that goes when the change is taken back. A negative errno after it was said. */
int vfs_find_users(const struct site *site, const struct change *c, struct refusals *ret);
