/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of systemd-boot's that counts once, on every EFI system partition that proxmox-boot-tool keeps in step: the
 * firmware may start any of them. The tool takes away the entries of kernels that went, by their names, and no others.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/entries.h"
#include "installer/esp.h"
#include "installer/proxmox_trial.h"
#include "installer/systemd_boot_trial.h"
#include "installer/trial_entry.h"

#define FOLDER "loader/entries"

static int add_change(int esp_fd, const char *uuid, const char *entry, struct plan *plan)
{
	static const char path[] = FOLDER "/" TRIAL_ENTRY;
	_cleanup_(content_done) struct content before = {};
	_cleanup_free_ char *target = text_format("%s/%s", uuid, path);
	struct change *c;
	int r;

	r = content_read(esp_fd, path, &before);
	if (r >= 0 && before.exists)
		r = content_read_attributes(esp_fd, path, &before);
	if (r < 0)
		return log_errno(r, "cannot read %s on the EFI system partition %s", path, uuid);
	c = target ? plan_add(plan, CHANGE_ESP_FILE, target) : NULL;
	if (!c)
		return log_oom();
	c->before = TAKE(before);
	c->after = (struct content){ .exists = true, .data = strdup(entry), .size = strlen(entry) };
	c->mode = 0644;
	c->summary = strdup("a boot entry for one boot");
	return c->after.data && c->summary ? 0 : log_oom();
}

/* Of the entry that boots next from this partition; all should be the same, and each is right for itself. */
static int plan_partition(const struct host *host, int esp_fd, const char *uuid, const struct argument_wish *wish, struct plan *plan)
{
	static char *const folders[] = { (char *)FOLDER, NULL };
	_cleanup_(loader_entries_done) struct loader_entries e = { .next = -1 };
	_cleanup_free_ char *text = NULL, *entry = NULL;
	int r;

	if (loader_entries_read(esp_fd, folders, &e) < 0 || loader_entries_choose_on(host->root_fd, esp_fd, &e) < 0)
		return log_oom();
	r = systemd_boot_check(host->root_fd, &e);
	if (r < 0)
		return r;
	r = fs_read(esp_fd, &text, NULL, "%s", e.list[e.next].path);
	if (r < 0)
		return log_errno(r, "cannot read %s on the EFI system partition %s", e.list[e.next].path, uuid);
	if (trial_entry(text, wish, &entry) < 0)
		return log_oom();
	return add_change(esp_fd, uuid, entry, plan);
}

int proxmox_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(strv_freep) char **uuids = NULL;
	size_t start = plan->n;
	int r;

	r = esp_list(host->root_fd, &uuids);
	if (r < 0)
		return log_errno(r, "cannot read the list of EFI system partitions");
	for (char **uuid = uuids; uuid && *uuid; uuid++) {
		_cleanup_close_ int fd = esp_open(*uuid, false);

		/* A disk of the mirror is out: nothing boots from it. */
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return log_error("--trial: the EFI system partition %s, where the trial's entry belongs, cannot be opened (%s); apply without "
					 "--trial", *uuid, strerror(-fd)), -EOPNOTSUPP;
		r = plan_partition(host, fd, *uuid, wish, plan);
		if (r < 0)
			return r;
	}
	if (plan->n == start)
		return log_error("--trial: none of the EFI system partitions is there; see: proxmox-boot-tool status"), -EOPNOTSUPP;
	return systemd_boot_plan_choice(host->root_fd, plan);
}
