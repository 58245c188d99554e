/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial boot's part of a plan: what is there for one boot alone, and what comes when that went well. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/efi.h"
#include "installer/backend_initramfs.h"
#include "installer/health.h"
#include "installer/trial.h"

static void set_phase(struct plan *plan, size_t from, enum change_phase phase)
{
	for (size_t i = from; i < plan->n; i++)
		plan->list[i].phase = phase;
}

/*
 * A server that asks the network first would go there, and perhaps not come back to this disk: once, it is sent back to
 * the entry that it was started from.
 */
static int plan_boot_next(const struct host *host, struct plan *plan)
{
	static const uint8_t attributes[4] = { 0x07, 0, 0, 0 }; /* non-volatile, boot and run-time access (UEFI 8.2) */
	const struct boot *boot = &host->firmware.boot;
	_cleanup_(content_done) struct content before = {};
	struct change *c;
	int r;

	if (!boot->is_known || boot->current < 0 || !boot->n || (int)boot->list[0].number == boot->current)
		return 0;
	r = efivar_content_read(host->root_fd, "BootNext-" EFI_GLOBAL, &before);
	if (r < 0)
		return log_errno(r, "cannot read EFI variable BootNext");
	c = plan_add(plan, CHANGE_EFIVAR, "BootNext-" EFI_GLOBAL);
	if (!c)
		return log_oom();
	c->before = TAKE(before);
	c->one_shot = true;
	c->summary = strdup("the firmware starts this disk again, not what stands first in its order");
	c->after = (struct content){ .exists = true, .data = calloc(1, sizeof(attributes) + 3), .size = sizeof(attributes) + 2 };
	if (!c->after.data || !c->summary)
		return log_oom();
	memcpy(c->after.data, attributes, sizeof(attributes));
	c->after.data[4] = (char)(boot->current & 0xff);
	c->after.data[5] = (char)(boot->current >> 8);
	return 0;
}

static int plan_entry(const struct host *host, const struct bootloader *bootloader, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(argument_wish_done) struct argument_wish with_mark = {};
	int r;

	r = strv_copy(wish->wanted, &with_mark.wanted);
	if (r >= 0)
		r = strv_copy(wish->unwanted, &with_mark.unwanted);
	if (r >= 0)
		r = strv_add(&with_mark.wanted, TRIAL_ARGUMENT);
	if (r >= 0)
		r = strv_add(&with_mark.wanted, TRIAL_PANIC);
	if (r < 0)
		return log_oom();
	return bootloader->plan_trial(host, &with_mark, plan);
}

static int check_possible(const struct bootloader *bootloader)
{
	if (!bootloader->plan_trial)
		return log_error("--trial: %s", bootloader->no_trial), -EOPNOTSUPP;
	return 0;
}

bool trial_needs_list(const struct host *host)
{
	/* Where the next boot's arguments are not known (Proxmox), a list that is there is taken to be in use. */
	return host->kernel.next_boot_known ? cmdline_has(&host->kernel.next_boot, "slipway.bind=1") : host->identities.n > 0;
}

int trial_plan_devices(const struct host *host, const char *devices, struct plan *plan, struct plan *commit)
{
	if (plan->n)
		return log_error("--trial: the options and the order of kernel modules would change for the old boot entry, too; apply without "
				 "--trial, or 'slipway rollback' first, then try all of it together"), -EOPNOTSUPP;
	if (!host->identities.n)
		return log_error("--trial: the old boot entry has slipway.bind=1 already, which is none of slipway's doing, and would bind the "
				 "devices of the trial, too; take it out first"), -EOPNOTSUPP;
	return initramfs_plan_trial(host, devices, plan, commit);
}

static int move_all(struct plan *from, struct plan *to)
{
	int r = 0;

	for (size_t i = 0; i < from->n && r >= 0; i++)
		r = plan_move(to, &from->list[i]);
	return r < 0 ? log_oom() : 0;
}

int trial_plan(const struct host *host, const struct bootloader *bootloader, const struct argument_wish *wish, const char *pending,
	       struct plan *commit, struct plan *plan)
{
	_cleanup_(plan_done) struct plan permanent = {};
	size_t start = plan->n;
	int r;

	/* Nothing for the bootloader to do, and no list to change: nothing to try. */
	r = bootloader->plan(host, wish, &permanent);
	if (r >= 0)
		r = check_possible(bootloader);
	if (r < 0 || (!permanent.n && !commit->n))
		return r;
	r = plan_want_file(plan, host->root_fd, PENDING_FILE, pending, 0600, "what the host must have again after the trial boot");
	if (r >= 0)
		r = plan_entry(host, bootloader, wish, plan);
	if (r >= 0)
		r = plan_boot_next(host, plan);
	if (r < 0)
		return r;
	set_phase(plan, start, PHASE_TRIAL);
	start = plan->n;
	r = move_all(commit, plan);
	if (r >= 0)
		r = bootloader->plan(host, wish, plan);
	if (r < 0)
		return r;
	set_phase(plan, start, PHASE_COMMIT);
	plan->is_trial = plan->needs_reboot = true;
	return 0;
}
