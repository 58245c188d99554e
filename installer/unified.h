/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images: the command line lies inside a file that is mostly signed, and cannot be edited. */
#pragma once

#include "detect/host.h"

/* What shows that the next boot is such an image, and the way out: a new string in *ret, or NULL. 0 or -ENOMEM. */
int unified_explain(const struct host *host, char **ret);
bool unified_is_used(const struct host *host);
