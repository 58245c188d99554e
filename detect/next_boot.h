/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What boots next where GRUB's menu does not hold it: boot loader entries, or an image with its own command line. */
#pragma once

#include "detect/kernel.h"
#include "detect/loader.h"
#include "detect/loader_entries.h"

/* Brings the kernel's next boot up to date, and reads the entries where those decide. -ENOMEM is the only failure. */
int next_boot_read(int root_fd, const struct loaders *loaders, struct kernel *k, struct loader_entries *ret);
