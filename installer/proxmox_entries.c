/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot entries that proxmox-boot-tool makes, on EFI system partitions that are not mounted. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/grub.h"
#include "installer/entries.h"
#include "installer/esp.h"
#include "installer/proxmox_entries.h"

#define ENTRIES "loader/entries"
#define MENU "grub/grub.cfg"

bool proxmox_keeps_partitions(int root_fd)
{
	_cleanup_(strv_freep) char **uuids = NULL;

	return esp_list(root_fd, &uuids) >= 0 && uuids &&
	       (fs_exists(root_fd, "usr/sbin/proxmox-boot-tool") || fs_exists(root_fd, "usr/bin/proxmox-boot-tool"));
}

static int has(const char *uuid, const char *path, const char *options, char *const *arguments)
{
	const char *missing = NULL;

	if (kernel_arguments_has(options, arguments, &missing))
		return 1;
	return log_error("%s on the EFI system partition %s lacks %s", path, uuid, missing ? missing : arguments[0]), 0;
}

static int menu_has(int esp_fd, const char *uuid, char *const *arguments)
{
	_cleanup_(grub_done) struct grub grub = {};
	_cleanup_free_ char *cfg = NULL;

	if (fs_read(esp_fd, &cfg, NULL, MENU) < 0)
		return log_error("the EFI system partition %s holds neither boot entries nor a menu of GRUB's", uuid), 0;
	if (grub_parse(cfg, NULL, &grub) < 0)
		return log_oom();
	if (!grub.next_cmdline)
		return log_error(MENU " on the EFI system partition %s: %s", uuid, grub.reason), 0;
	return has(uuid, MENU, grub.next_cmdline, arguments);
}

static int partition_has(int esp_fd, const char *uuid, char *const *arguments)
{
	static char *const folders[] = { (char *)ENTRIES, NULL };
	_cleanup_(loader_entries_done) struct loader_entries entries = { .next = -1 };
	int r = 1;

	if (loader_entries_read(esp_fd, folders, &entries) < 0)
		return log_oom();
	if (entries.reason)
		return log_error("the EFI system partition %s: %s", uuid, entries.reason), 0;
	if (!entries.n)
		return menu_has(esp_fd, uuid, arguments);
	for (size_t i = 0; i < entries.n && r > 0; i++)
		if (entry_is_edited(&entries.list[i]))
			r = has(uuid, entries.list[i].path, entries.list[i].options, arguments);
	return r;
}

int proxmox_has_arguments(int root_fd, char *const *arguments)
{
	_cleanup_(strv_freep) char **uuids = NULL;
	unsigned n = 0;
	int r;

	if (!arguments || !*arguments)
		return 1;
	r = esp_list(root_fd, &uuids);
	if (r < 0)
		return log_errno(r, "cannot read the list of EFI system partitions"), 0;
	for (char **uuid = uuids; uuid && *uuid; uuid++) {
		_cleanup_close_ int fd = esp_open(*uuid, false);

		if (fd == -EOPNOTSUPP)
			return log_warning("this kernel cannot look into an EFI system partition without mounting it; whether the boot entries "
					   "have the arguments is not known"), 1;
		/* The other half of the mirror may be gone; proxmox-boot-tool leaves it out, too. */
		if (fd == -ENOENT)
			log_warning("the EFI system partition %s is not there", *uuid);
		else if (fd < 0)
			return log_errno(fd, "cannot look into the EFI system partition %s", *uuid), 0;
		else if (n++, partition_has(fd, *uuid, arguments) <= 0)
			return 0;
	}
	return n ? 1 : (log_error("none of the EFI system partitions is there"), 0);
}
