/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of systemd-boot's that counts once: a file of its own, chosen by the EFI variable LoaderEntryOneShot.
 *
 * systemd-boot deletes the variable before it starts what it names (systemd.io/BOOT_LOADER_INTERFACE), so that the boot
 * after that is the default again, whatever became of this one.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/efi.h"
#include "installer/entries.h"
#include "installer/systemd_boot_trial.h"
#include "installer/trial_entry.h"

#define ONE_SHOT "LoaderEntryOneShot"
#define FEATURE_ONE_SHOT (1 << 2) /* of LoaderFeatures */

/* Of the loader that runs here; one without the variable does not know the other either. */
static bool loader_can_choose_once(int root_fd)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t size;

	return efi_read(root_fd, EFI_LOADER, "LoaderFeatures", &data, &size) >= 0 && size && data[0] & FEATURE_ONE_SHOT;
}

int systemd_boot_check(int root_fd, const struct loader_entries *e)
{
	if (!loader_can_choose_once(root_fd))
		return log_error("--trial: the boot loader does not say that it can choose an entry for one boot (EFI variable LoaderFeatures); "
				 "apply without --trial"), -EOPNOTSUPP;
	if (e->is_once)
		return log_error("--trial: the next boot is chosen already (EFI variable " ONE_SHOT "); boot it first, or take the choice back "
				 "with: bootctl set-oneshot ''"), -EOPNOTSUPP;
	if (e->next < 0 || !entry_is_edited(&e->list[e->next]))
		return log_error("--trial: the entry that boots next cannot be tried: %s", e->reason ? e->reason :
				 "it is no entry of this system's"), -EOPNOTSUPP;
	/* All that were tried too often stand at the end of the menu, behind the trial's. */
	if (e->list[e->next].is_counted && !e->list[e->next].tries_left)
		return log_error("--trial: the entry that boots next has failed so often that its tries are used up (/%s); boot another one, "
				 "and make that the default", e->list[e->next].path), -EOPNOTSUPP;
	if (str_eq(e->why, "LoaderEntryLastBooted"))
		return log_error("--trial: the default is the entry that was booted last (@saved), and so the trial would become it; "
				 "name another default with: bootctl set-default"), -EOPNOTSUPP;
	return 0;
}

/* UTF-16 with its end, as the loader reads it. */
int systemd_boot_plan_choice(int root_fd, struct plan *plan)
{
	static const char name[] = TRIAL_ENTRY;
	char data[2 * sizeof(name)] = {};
	int r;

	for (size_t i = 0; i < sizeof(name); i++)
		data[2 * i] = name[i];
	r = plan_want_efivar(plan, root_fd, ONE_SHOT "-" EFI_LOADER, data, sizeof(data), true,
			     "the next boot, and only that one, takes this entry");
	return r < 0 ? r : 0;
}

int systemd_boot_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	const struct loader_entries *e = &host->entries;
	_cleanup_free_ char *text = NULL, *entry = NULL, *path = NULL;
	const char *next;
	int r;

	r = systemd_boot_check(host->root_fd, e);
	if (r < 0)
		return r;
	next = e->list[e->next].path;
	r = fs_read(host->root_fd, &text, NULL, "%s", next);
	if (r < 0)
		return log_errno(r, "cannot read /%s", next);
	path = text_format("%.*s" TRIAL_ENTRY, (int)(str_base(next) - next), next);
	if (!path || trial_entry(text, wish, &entry) < 0)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, path, entry, 0644, "a boot entry for one boot");
	return r < 0 ? r : systemd_boot_plan_choice(host->root_fd, plan);
}
