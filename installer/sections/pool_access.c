/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What SELinux and AppArmor need to let guests at the images of storage pools. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/confinement.h"
#include "installer/sections/pool_access.h"

/* Whose rules the distributions bring along. */
#define DEFAULT_FOLDER "/var/lib/libvirt/images"
#define MARK " # slipway"
#define NFS "virt_use_nfs"
#define HELPER "usr.lib.libvirt.virt-aa-helper"
#define HELPER_LOCAL "etc/apparmor.d/local/" HELPER
#define GUESTS_LOCAL "etc/apparmor.d/local/abstractions/libvirt-qemu"

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return str_starts(path, folder) && (!path[n] || path[n] == '/');
}

/* --- SELinux --- */

int selinux_has_booleans(int root_fd, char *const *expects)
{
	for (; expects && *expects; expects++) {
		_cleanup_free_ char *now = NULL;

		if (fs_read_line(root_fd, &now, "sys/fs/selinux/booleans/%s", *expects) >= 0 && *now != '1')
			return log_error("SELinux' boolean %s is off", *expects), 0;
	}
	return 1;
}

/* "/srv/a\.b(/.*)?": a rule's folder is a regular expression. */
static char *pattern_of(const char *folder)
{
	struct text t = {};

	for (const char *c = folder; *c; c++)
		text_printf(&t, "%s%c", strchr(".+", *c) ? "\\" : "", *c);
	text_append(&t, "(/.*)?");
	return text_take(&t);
}

/* semanage(8) keeps what it is told in file_contexts.local: "/srv/images(/.*)?    system_u:object_r:virt_image_t:s0". */
static bool has_rule(const char *text, const char *folder)
{
	_cleanup_free_ char *pattern = pattern_of(folder);

	for (const char *line = text; pattern && line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t n = strcspn(line, "\n");
		const char *type = memmem(line, n, ":virt_image_t", strlen(":virt_image_t"));

		if (str_starts(line, pattern) && strchr(" \t", line[strlen(pattern)]) && type)
			return true;
	}
	return false;
}

static char *read_rules(int root_fd)
{
	_cleanup_(confinement_done) struct confinement c = {};
	char *text = NULL;

	if (confinement_read(root_fd, false, &c) < 0 || !c.policy || fs_read(root_fd, &text, NULL, "etc/selinux/%s/contexts/files/file_contexts.local", c.policy) < 0)
		return strdup("");
	return text;
}

int selinux_has_rules(int root_fd, char *const *expects)
{
	_cleanup_free_ char *rules = read_rules(root_fd);

	if (!rules)
		return log_oom();
	for (; expects && *expects; expects++)
		if (!has_rule(rules, *expects))
			return log_error("SELinux has no rule for %s", *expects), 0;
	return 1;
}

static int add_command(struct plan *plan, const char *const *argv, const char *const *undo, const char *expected, const char *summary)
{
	_cleanup_(strv_freep) char **expects = NULL;
	int r;

	if (expected && strv_add(&expects, expected) < 0)
		return log_oom();
	r = plan_add_command(plan, (char *const *)argv, TAKE(expects), summary);
	if (r >= 0 && undo && strv_copy((char *const *)undo, &plan->list[plan->n - 1].undo) < 0)
		r = log_oom();
	return r;
}

/*
 * Written down by -P, since else the next boot has forgotten it. One that is on already is left: whether by the policy, by
 * somebody's choice for good, or for today, is not told by the kernel.
 */
static int plan_nfs(const struct confinement *c, struct plan *plan)
{
	static const char *const on[] = { "setsebool", "-P", NFS, "on", NULL }, *const off[] = { "setsebool", "-P", NFS, "off", NULL };

	if (!confinement_is_selinux(c) || c->use_nfs == TRUTH_YES)
		return 0;
	return add_command(plan, on, off, NFS, "SELinux lets guests use images on NFS, for good");
}

/*
 * First the way back, since it is gone backwards: when the rule has gone, the labels are made anew without it. Until then,
 * this looks at them and changes nothing (-n).
 */
static int plan_label(const struct host *host, const char *folder, struct plan *plan)
{
	_cleanup_free_ char *pattern = pattern_of(folder);
	const char *const look[] = { "restorecon", "-n", "-R", folder, NULL }, *const label[] = { "restorecon", "-R", folder, NULL };
	const char *const add[] = { "semanage", "fcontext", "--add", "--type", "virt_image_t", pattern, NULL };
	const char *const take[] = { "semanage", "fcontext", "--delete", pattern, NULL };
	int r;

	if (!pattern)
		return log_oom();
	r = plan_want_folder(plan, host->root_fd, folder + 1);
	if (r >= 0)
		r = add_command(plan, look, label, NULL, "the labels as they are; a rollback makes them so again");
	if (r >= 0)
		r = add_command(plan, add, take, folder, "SELinux has a rule for the pool's folder");
	return r < 0 ? r : add_command(plan, label, NULL, NULL, "what is in the folder gets the rule's label");
}

static int plan_selinux(const struct host *host, const struct confinement *c, const struct pool_wish *pool, struct plan *plan)
{
	_cleanup_free_ char *rules = NULL;

	if (pool->type == POOL_NFS)
		return plan_nfs(c, plan);
	if (!confinement_is_selinux(c) || pool->type != POOL_DIRECTORY || is_below(pool->path, DEFAULT_FOLDER))
		return 0;
	rules = read_rules(host->root_fd);
	if (!rules)
		return log_oom();
	if (has_rule(rules, pool->path))
		return 0;
	if (!fs_exists(host->root_fd, "usr/sbin/semanage"))
		return log_invalid("pools: %s: SELinux needs a rule for %s, and semanage is not installed; install policycoreutils-python-utils", pool->name,
				   pool->path);
	return plan_label(host, pool->path, plan);
}

/* --- AppArmor --- */

/*
 * The file with these lines in the place of those that slipway has put there before, which may be all of it: it stays as an empty
 * one, since the profiles include it whether it is there or not (apparmor.d(5), "include if exists"). -ENOMEM.
 */
static int apparmor_edit(const char *text, char *const *lines, char **ret)
{
	struct text t = {};
	char *edited;

	text_append(&t, "");
	for (const char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n"), mark = strlen(MARK);

		if (n >= mark && strncmp(line + n - mark, MARK, mark) == 0)
			continue;
		text_append_bytes(&t, line, n);
		text_append(&t, "\n");
	}
	for (; lines && *lines; lines++)
		text_printf(&t, "%s" MARK "\n", *lines);
	edited = text_take(&t);
	if (!edited)
		return -ENOMEM;
	*ret = edited;
	return 0;
}

/* 1: the file changes. */
static int plan_local(const struct host *host, const char *path, char *const *lines, const char *summary, struct plan *plan)
{
	_cleanup_free_ char *text = NULL, *edited = NULL;
	int r = fs_read(host->root_fd, &text, NULL, "%s", path);

	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /%s", path);
	/* Not even a blank of a file in which slipway has nothing changes. */
	if (!lines && (!text || !strstr(text, MARK "\n")))
		return 0;
	if (apparmor_edit(text, lines, &edited) < 0)
		return log_oom();
	return plan_want_file(plan, host->root_fd, path, edited, 0644, summary);
}

/* A guest of the spec whose disk is "POOL/VOLUME". */
static bool is_named_by_volume(const struct wishes *wishes, const char *pool)
{
	size_t n = strlen(pool);

	for (size_t i = 0; i < wishes->guests.n; i++) {
		const char *disk = guest_settings_find(&wishes->guests.list[i], "disk");

		if (disk && *disk != '/' && str_starts(disk, pool) && disk[n] == '/')
			return true;
	}
	return false;
}

/* virt-aa-helper reads images to find what they are made over; its profile knows these folders. */
static bool helper_may_read(const char *path)
{
	static const char *const folders[] = { DEFAULT_FOLDER, "/srv", "/mnt", "/opt", "/media" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (is_below(path, folders[i]))
			return true;
	return false;
}

/*
 * The profile that libvirt makes of each guest names its files. Of a disk that is named as volume of a pool the helper that
 * writes the profile does not learn the file (Launchpad 1677398): there the guests' common part must let them.
 */
static int plan_apparmor(const struct host *host, const struct wishes *wishes, bool is_on, struct plan *plan)
{
	static const char *const reload[] = { "apparmor_parser", "--replace", "/etc/apparmor.d/" HELPER, NULL };
	_cleanup_(strv_freep) char **guests = NULL, **helper = NULL;
	int r = 0;

	for (size_t i = 0; i < wishes->objects.n_pools && is_on && r >= 0; i++) {
		const struct pool_wish *pool = &wishes->objects.pools[i];

		if (pool->type == POOL_LVM)
			continue;
		if (is_named_by_volume(wishes, pool->name))
			r = strv_consume(&guests, text_format("\"%s/**\" rwk,", pool->path));
		if (r >= 0 && !helper_may_read(pool->path))
			r = strv_consume(&helper, text_format("\"%s/**\" r,", pool->path));
	}
	if (r < 0)
		return log_oom();
	r = plan_local(host, GUESTS_LOCAL, guests, "AppArmor lets guests use the volumes of the pools that their disks are named by", plan);
	if (r >= 0)
		r = plan_local(host, HELPER_LOCAL, helper, "AppArmor lets libvirt's helper read images in the pools' folders", plan);
	if (r <= 0 || !fs_exists(host->root_fd, "etc/apparmor.d/" HELPER))
		return r;
	return add_command(plan, reload, NULL, NULL, "the helper's profile is loaded anew");
}

int pool_access_plan(const struct host *host, const struct wishes *wishes, struct plan *plan)
{
	_cleanup_(confinement_done) struct confinement c = {};
	const struct object_wishes *w = &wishes->objects;
	bool nfs_planned = false;
	int r;

	if (confinement_read(host->root_fd, host->is_live, &c) < 0)
		return log_oom();
	r = plan_apparmor(host, wishes, c.kind == CONFINEMENT_APPARMOR, plan);
	for (size_t i = 0; i < w->n_pools && r >= 0; i++) {
		/* One command for all of them. */
		if (w->pools[i].type == POOL_NFS && nfs_planned)
			continue;
		nfs_planned = nfs_planned || w->pools[i].type == POOL_NFS;
		r = plan_selinux(host, &c, &w->pools[i], plan);
	}
	return r < 0 ? r : 0;
}

int pools_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	int r;

	(void)refusals;
	r = wishes->objects.n_pools ? 0 : plan_apparmor(host, wishes, false, plan);
	return r < 0 ? r : 0;
}
