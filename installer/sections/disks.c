/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disks: the I/O scheduler of each class, by a rule for udev, as the distributions have their own. */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/drop_in.h"
#include "detect/tuned.h"
#include "installer/change_value.h"
#include "installer/sections/host_sections.h"
#include "installer/sections/kernel_settings.h"

/* Behind 60-block-scheduler.rules (Fedora) and 60-io-scheduler.rules (SUSE): the last assignment counts. */
#define NAME "99-slipway-disks.rules"
#define RULES "etc/udev/rules.d/" NAME
/* Of a drive that NVMe's own multipath stands before: hidden disks, of which the kernel sends no event that a rule could see (nvme-multipath). */
#define PATHS "nvme*c*n*"
#define SUMMARY "the I/O scheduler of each class of disks"

enum disk_class { DISK_NVME, DISK_SSD, DISK_HDD, DISK_CLASSES };

static const struct {
	const char *key, *match;
} classes[DISK_CLASSES] = {
	[DISK_NVME] = { "nvme", "KERNEL==\"nvme*n*\"" },
	[DISK_SSD] = { "ssd", "KERNEL==\"sd*|vd*\", ATTR{queue/rotational}==\"0\"" },
	[DISK_HDD] = { "hdd", "KERNEL==\"sd*|vd*\", ATTR{queue/rotational}==\"1\"" },
};

static const char *scheduler_of(const struct disks_wish *wish, enum disk_class class)
{
	return class == DISK_NVME ? wish->nvme : class == DISK_SSD ? wish->ssd : wish->hdd;
}

static void read_scheduler(struct settings *s, yaml_node_t *value, void *context)
{
	static const char *const known[] = { "none", "mq-deadline", "kyber", "bfq" };
	struct disks_wish *wish = context;
	const char **field = str_eq(s->key, "nvme") ? &wish->nvme : str_eq(s->key, "ssd") ? &wish->ssd : &wish->hdd;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(settings_text(value), known[i])) {
			*field = known[i];
			return;
		}
	settings_complain(s, value, "%s must be an I/O scheduler: none, mq-deadline, kyber or bfq", s->key);
}

static void read_schedulers(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "nvme", read_scheduler }, { "ssd", read_scheduler }, { "hdd", read_scheduler }, {} };

	settings_mapping(s, value, keys, "scheduler", context);
}

void disks_read(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "scheduler", read_schedulers }, {} };

	(void)context;
	settings_mapping(s, value, keys, "disks", &((struct wishes *)s->target)->disks);
}

bool disks_is_wished(const struct wishes *wishes)
{
	return wishes->disks.nvme || wishes->disks.ssd || wishes->disks.hdd;
}

static char *rules_text(const struct disks_wish *wish)
{
	struct text t = {};

	text_append(&t, "# Written by slipway; 'slipway rollback' takes it away.\n");
	for (int i = 0; i < DISK_CLASSES; i++)
		if (scheduler_of(wish, (enum disk_class)i))
			text_printf(&t, "ACTION==\"add|change\", SUBSYSTEM==\"block\", ENV{DEVTYPE}==\"disk\", %s, ATTR{queue/scheduler}=\"%s\"\n",
				    classes[i].match, scheduler_of(wish, (enum disk_class)i));
	return text_take(&t);
}

/* Not dm, md, loop and the like: they have none of their own, or it is not theirs to choose. */
static int class_of(int root_fd, const char *disk)
{
	_cleanup_free_ char *rotational = NULL;

	if (str_starts(disk, "nvme"))
		return DISK_NVME;
	if ((!str_starts(disk, "sd") && !str_starts(disk, "vd")) || fs_read_line(root_fd, &rotational, "sys/block/%s/queue/rotational", disk) < 0)
		return -1;
	return str_eq(rotational, "1") ? DISK_HDD : DISK_SSD;
}

/* Without brackets around one of them there is no choice: what lies below has it, as with NVMe's own multipath. */
static bool has_choice(int root_fd, const char *path)
{
	_cleanup_free_ char *line = NULL;

	return fs_read_line(root_fd, &line, "%s", path) >= 0 && !str_eq(line, "none");
}

static int plan_now(const struct host *host, const struct disks_wish *wish, struct plan *plan)
{
	_cleanup_(strv_freep) char **disks = NULL;
	int r = 0;

	if (!host->is_live || dir_list(host->root_fd, &disks, "sys/block") < 0)
		return 0;
	for (char **disk = disks; disk && *disk && r >= 0; disk++) {
		int class = fnmatch(PATHS, *disk, 0) == 0 ? -1 : class_of(host->root_fd, *disk);
		const char *scheduler = class < 0 ? NULL : scheduler_of(wish, (enum disk_class)class);
		_cleanup_free_ char *path = text_format("sys/block/%s/queue/scheduler", *disk);

		if (!path)
			return log_oom();
		if (scheduler && has_choice(host->root_fd, path))
			r = plan_want_value(plan, host->root_fd, path, scheduler, "the I/O scheduler of this disk");
	}
	return r;
}

/* Which disks a rule of somebody else's is about is udev's to find out: that it is there is said. */
static int report_rules(const struct host *host)
{
	static const char *const folders[] = { "etc/udev/rules.d", "run/udev/rules.d", "usr/local/lib/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d", NULL };
	_cleanup_(drop_ins_done) struct drop_ins files = {};

	if (drop_ins_read(host->root_fd, folders, ".rules", &files) < 0)
		return log_oom();
	for (size_t i = 0; i < files.n; i++) {
		_cleanup_free_ char *text = NULL;
		unsigned number = 0;
		char *save = NULL;

		if (str_eq(files.list[i].name, NAME) || strcmp(files.list[i].name, NAME) < 0 || fs_read(host->root_fd, &text, NULL, "%s", files.list[i].path) < 0)
			continue;
		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
			number++;
			if (*str_trim(line) != '#' && strstr(line, "ATTR{queue/scheduler}="))
				log_warning("/%s:%u: this rule sets I/O schedulers after slipway's, and counts for its disks; take it out", files.list[i].path, number);
		}
	}
	return 0;
}

/* tuned says it for its own choice of disks, at its start, behind udev. */
static int check_tuned(const struct host *host, const struct disks_wish *wish, struct refusals *refusals)
{
	_cleanup_(tuned_value_done) struct tuned_value v = {};

	if (tuned_find(host->root_fd, "disk", "elevator", &v) < 0)
		return log_oom();
	for (int i = 0; v.value && i < DISK_CLASSES; i++) {
		const char *scheduler = scheduler_of(wish, (enum disk_class)i);

		if (scheduler && !tuned_may_be(&v, scheduler) &&
		    refusals_add(refusals, "", "tuned", "", "%s: %s: tuned's profile %s sets the I/O scheduler '%s' (/%s), and the two would fight; take the key out of the "
				 "spec, or make a profile of your own that includes this one", classes[i].key, scheduler, v.profile, v.value, v.file) < 0)
			return log_oom();
	}
	return 0;
}

/* By tmpfiles.d, as far as the drives are there by then. */
static int plan_paths(const struct host *host, const struct disks_wish *wish, struct plan *plan)
{
	_cleanup_(kernel_settings_done) struct kernel_settings s = {};

	if (wish->nvme && kernel_settings_add(&s, wish->nvme, "sys/block/" PATHS "/queue/scheduler") < 0)
		return log_oom();
	return kernel_settings_plan(host, &s, "disks", SUMMARY, plan);
}

int disks_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	_cleanup_free_ char *rules = NULL;
	int r;

	if (!disks_is_wished(wishes)) {
		r = plan_want_file(plan, host->root_fd, RULES, NULL, 0644, SUMMARY);
		if (r > 0)
			plan->needs_reboot = true;
		return r < 0 ? r : plan_paths(host, &wishes->disks, plan);
	}
	r = check_tuned(host, &wishes->disks, refusals);
	if (r >= 0)
		r = report_rules(host);
	rules = r < 0 ? NULL : rules_text(&wishes->disks);
	if (r >= 0 && !rules)
		r = log_oom();
	if (r >= 0)
		r = plan_want_file(plan, host->root_fd, RULES, rules, 0644, SUMMARY);
	if (r >= 0)
		r = plan_paths(host, &wishes->disks, plan);
	return r < 0 ? r : plan_now(host, &wishes->disks, plan);
}
