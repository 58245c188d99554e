/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host of a distribution, and what a spec's sections make of it. */

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/provision.h"
#include "installer/spec.h"
#include "tests/unit/host_settings.h"

const char *const distributions[] = { "debian", "ubuntu", "fedora", "suse", "arch", NULL };

static const struct {
	const char *distribution, *path, *content; /* with a target in place of content where it begins with '>' */
} files[] = {
	{ "debian", "etc/sysctl.conf", "#net.ipv4.ip_forward=1\n" },
	{ "debian", "etc/sysctl.d/99-sysctl.conf", ">../sysctl.conf" },
	{ "debian", "usr/lib/sysctl.d/50-pid-max.conf", "kernel.pid_max = 4194304\n" },
	{ "debian", "usr/lib/sysctl.d/99-protect-links.conf", "fs.protected_fifos = 1\n" },
	{ "debian", "usr/lib/systemd/systemd-sysctl", "" },
	{ "ubuntu", "etc/sysctl.conf", "# ...\n" },
	{ "ubuntu", "etc/sysctl.d/10-network-security.conf", "net.ipv4.conf.default.rp_filter=2\n" },
	{ "ubuntu", "etc/sysctl.d/99-sysctl.conf", ">../sysctl.conf" },
	{ "ubuntu", "usr/lib/systemd/systemd-sysctl", "" },
	{ "fedora", "etc/sysctl.conf", "# sysctl settings are defined through files in /usr/lib/sysctl.d/\n" },
	{ "fedora", "etc/sysctl.d/99-sysctl.conf", ">../sysctl.conf" },
	{ "fedora", "usr/lib/sysctl.d/50-default.conf", "kernel.sysrq = 16\n-net.ipv4.conf.*.rp_filter = 2\n" },
	{ "fedora", "usr/lib/udev/rules.d/60-block-scheduler.rules", "ACTION!=\"remove\", SUBSYSTEM==\"block\"\n" },
	{ "fedora", "usr/lib/systemd/systemd-sysctl", "" },
	{ "suse", "usr/lib/sysctl.d/50-default.conf", "net.ipv4.icmp_echo_ignore_broadcasts = 1\n" },
	{ "suse", "usr/lib/udev/rules.d/60-io-scheduler.rules", "# SUSE\n" },
	{ "suse", "usr/lib/systemd/systemd-sysctl", "" },
	{ "arch", "usr/lib/sysctl.d/10-arch.conf", "fs.inotify.max_user_instances = 1024\n" },
	{ "arch", "usr/lib/systemd/systemd-sysctl", "" },
};

void distribution_new(struct tree *t, const char *name)
{
	tree_new(t);
	tree_put(t, "proc/cmdline", "root=x quiet\n");
	tree_put(t, "proc/cpuinfo", "processor: 0\nvendor_id: AuthenticAMD\nflags: fpu svm\n");
	tree_put(t, "proc/sys/kernel/random/boot_id", "first\n");
	tree_put(t, "proc/sys/kernel/osrelease", "6.1.0\n");
	tree_folder(t, "var/lib/slipway");
	tree_mounts(t, (const char *const[]){ "0:1 none / tmpfs", NULL });
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (str_eq(files[i].distribution, name)) {
			if (*files[i].content == '>')
				tree_link(t, files[i].path, files[i].content + 1);
			else
				tree_put(t, files[i].path, "%s", files[i].content);
		}
}

bool spec_is_live = true;

int spec_plan(struct tree *t, const char *spec, struct plan *ret, char **ret_refused)
{
	_cleanup_free_ char *text = text_format("version: 1\n%s", spec);
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(wishes_done) struct wishes wishes = {};
	struct text said = {};
	int r;

	if (!text || spec_parse(text, "f", &wishes) < 0 || tree_read(t) < 0)
		abort();
	t->host.is_live = spec_is_live;
	r = provision_plan(&t->host, &t->uses, &wishes, NULL, ret, &refusals);
	text_append(&said, "");
	for (size_t i = 0; i < refusals.n; i++)
		text_printf(&said, "%s: %s\n", refusals.list[i].rule, refusals.list[i].text);
	*ret_refused = text_take(&said);
	return r;
}

static const struct site *site(const struct tree *t)
{
	static struct site s;

	s = (struct site){ .root_fd = t->fd, .is_live = true };
	return &s;
}

enum outcome spec_apply(struct tree *t, const char *spec)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *refused = NULL;

	if (spec_plan(t, spec, &plan, &refused) < 0 || *refused || !plan.n || journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_apply(site(t), &journal, "apply", &plan);
}

enum outcome spec_undo(struct tree *t)
{
	_cleanup_(journal_done) struct journal journal = {};
	struct transaction *last;

	if (journal_read(t->fd, &journal) < 0 || !(last = journal_last(&journal, "apply")))
		abort();
	return transaction_undo(site(t), &journal, last);
}

char *spec_planned(const struct plan *plan, const char *target)
{
	for (size_t i = 0; i < plan->n; i++)
		if (str_eq(plan->list[i].target, target))
			return strdup(plan->list[i].after.exists ? plan->list[i].after.data : "(absent)");
	return NULL;
}

char *spec_dump(struct tree *t)
{
	if (fs_exists(t->fd, "var"))
		tree_remove(t, "var");
	return tree_dump(t);
}
