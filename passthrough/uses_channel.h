/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host and its guests use of s390x's CCW devices and crypto queues, beside the disks and network ports on them. */
#pragma once

#include "passthrough/uses.h"

/* Each returns 0 or -ENOMEM. */
int uses_find_channel(const struct host *host, struct uses *uses);
/* A use of all that the mediated device with this UUID is made of: a CCW device, or crypto queues. */
int uses_tell_mediated(const struct host *host, struct uses *uses, const char *uuid, enum use_kind kind, const char *what);
/* A use of every crypto queue that the host has. */
int uses_tell_crypto(const struct host *host, struct uses *uses, enum use_kind kind, const char *what);
