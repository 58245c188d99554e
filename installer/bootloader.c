/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bootloaders: which of the ways that are known this host is set up in. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "installer/bootloader.h"
#include "installer/unified.h"

static const struct bootloader *const bootloaders[] = {
	&bootloader_grub_dropin, &bootloader_grub_file, &bootloader_grub_bls, &bootloader_systemd_boot,
	&bootloader_proxmox,	 &bootloader_zipl,	&bootloader_ostree,   &bootloader_bootc,
};

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
	enum loader_kind one, other;

	if (loaders_are_ambiguous(&host->loaders, &one, &other))
		return NULL;
	return first < n && next_fitting(host, first + 1) == n ? bootloaders[first] : NULL;
}

int bootloader_refuse(const struct host *host)
{
	size_t first = next_fitting(host, 0), n = ARRAY_SIZE(bootloaders), second = first < n ? next_fitting(host, first + 1) : n;
	_cleanup_free_ char *unified = NULL;
	enum loader_kind one, other;

	if (first == n && unified_explain(host, &unified) < 0)
		return log_oom();
	if (loaders_are_ambiguous(&host->loaders, &one, &other))
		log_error("two boot loaders are installed, and nothing tells which one starts this host: %s (/%s) and %s (/%s); boot once "
			  "with the one that counts, or remove the other", loader_name(one), host->loaders.installed[one], loader_name(other),
			  host->loaders.installed[other]);
	else if (unified)
		log_error("kernel arguments cannot be set here: %s", unified);
	else if (first == n && host->loaders.is_ostree && host->loaders.has_bootc)
		log_error("kernel arguments cannot be set here: this host boots a bootc image, which brings its arguments in /usr/lib/bootc/kargs.d, "
			  "and has no rpm-ostree to add others; build them into the image (slipway --root IMAGE apply), or install rpm-ostree in it");
	else if (second < n)
		log_error("two bootloaders are set up here, and nothing tells which one starts this host: %s, and %s",
			  bootloaders[first]->name, bootloaders[second]->name);
	else
		log_error("kernel arguments cannot be set here: %s; GRUB needs grub-mkconfig (or update-grub), /etc/default/grub and "
			  "/etc/grub.d/10_linux", host->loaders.started == LOADER_UNKNOWN ? "no bootloader that slipway knows is set up" :
			  "this host is started by a bootloader that slipway cannot set arguments for");
	return -EOPNOTSUPP;
}
