/* SPDX-License-Identifier: GPL-2.0-or-later */
/* users: who may use libvirt without being root, as a member of the groups that it and KVM's device are given to. */

#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "installer/group_member.h"
#include "installer/sections/software_sections.h"

/* As useradd(8) makes them. A name never begins with a dash, which a program could take for an option. */
static bool is_user_name(const char *s)
{
	size_t n = strlen(s);

	return n && n <= 32 && strchr("abcdefghijklmnopqrstuvwxyz_", s[0]) && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static void read_user(struct settings *s, yaml_node_t *item, void *context)
{
	struct wishes *wishes = s->target;
	const char *name = settings_text(item);

	(void)context;
	if (!name || !is_user_name(name))
		settings_complain(s, item, "'%s' is no name of a user", name ? name : "a list");
	else if (strv_add_new(&wishes->users, name) < 0)
		settings_complain(s, item, "out of memory");
}

void users_read(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "users must be a list of names, such as [alice]", read_user, context);
}

bool users_are_wished(const struct wishes *wishes)
{
	return wishes->users;
}

static int plan_member(const char *user, const char *group, struct plan *plan)
{
	char *argv[] = { (char *)"gpasswd", (char *)"-a", (char *)user, (char *)group, NULL };
	char *undo[] = { (char *)"gpasswd", (char *)"-d", (char *)user, (char *)group, NULL };
	_cleanup_free_ char *summary = text_format("%s joins the group %s, at the next login", user, group);
	_cleanup_(strv_freep) char **expects = NULL;
	int r;

	if (!summary || strv_consume(&expects, text_format("%s:%s", group, user)) < 0)
		return log_oom();
	r = plan_add_command(plan, argv, TAKE(expects), summary);
	return r < 0 ? r : strv_copy(undo, &plan->list[plan->n - 1].undo) < 0 ? log_oom() : 0;
}

/* `must`: without the group there is no use in going on. */
static int plan_group(const struct host *host, const char *user, const char *group, bool must, struct plan *plan)
{
	int r = group_exists(host->root_fd, group);

	if (r < 0)
		return log_errno(r, "cannot read /etc/group");
	if (!r && !must)
		return 0;
	r = group_has_member(host->root_fd, group, user);
	return r < 0 ? log_errno(r, "cannot read /etc/group") : r ? 0 : plan_member(user, group, plan);
}

int users_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	bool comes = strv_contains(wishes->packages, "virtualization");
	int r = 0;

	(void)refusals;
	if (wishes->users && !comes && group_exists(host->root_fd, "libvirt") == 0)
		return log_invalid("users: there is no group libvirt; wish for 'packages: [virtualization]', too");
	for (char **user = wishes->users; user && *user && r >= 0; user++) {
		if (user_exists(host->root_fd, *user) == 0)
			return log_invalid("users: there is no user %s in /etc/passwd", *user);
		r = plan_group(host, *user, "libvirt", true, plan);
		if (r >= 0)
			r = plan_group(host, *user, "kvm", false, plan);
	}
	return r;
}
