/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bootloaders: which of the ways that are known this host is set up in. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootloader.h"

static const struct bootloader *const bootloaders[] = { &bootloader_grub_dropin };

/* The next row that fits, from this index on; their number for none. */
static size_t next_fitting(const struct host *host, size_t i)
{
	while (i < ARRAY_SIZE(bootloaders) && !bootloaders[i]->fits(host))
		i++;
	return i;
}

const struct bootloader *bootloader_find(const struct host *host)
{
	size_t first = next_fitting(host, 0), n = ARRAY_SIZE(bootloaders);

	return first < n && next_fitting(host, first + 1) == n ? bootloaders[first] : NULL;
}

int bootloader_refuse(const struct host *host)
{
	size_t first = next_fitting(host, 0), n = ARRAY_SIZE(bootloaders), second = first < n ? next_fitting(host, first + 1) : n;

	if (second < n)
		log_error("two bootloaders are set up here, and nothing tells which one starts this host: %s, and %s",
			  bootloaders[first]->name, bootloaders[second]->name);
	else
		log_error("kernel arguments cannot be set here: no bootloader that slipway knows is set up. GRUB as Debian has it needs "
			  "update-grub, /etc/default/grub and /etc/grub.d/10_linux");
	return -EOPNOTSUPP;
}
