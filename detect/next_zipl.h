/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What boots next where zipl decides: the default of /etc/zipl.conf, if that is what the boot map has. */
#pragma once

#include "detect/kernel.h"

/* Brings the kernel's next boot up to date. -ENOMEM is the only failure: what cannot be known is said there. */
int next_zipl_read(int root_fd, struct kernel *k);
