/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packages: what this host lacks for the job comes from its distribution. */

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "common/text.h"
#include "installer/package_manager.h"
#include "installer/proposal.h"
#include "installer/sections/package_table.h"
#include "installer/sections/software_sections.h"

#define APT_LISTS "var/lib/apt/lists"

static const char *const set_names[] = {
	[SET_VIRTUALIZATION] = "virtualization", [SET_TOOLS] = "tools", [SET_COCKPIT] = "cockpit", [SET_COCKPIT + 1] = NULL,
};

struct words {
	const char *what;
	const char *const *known;
	char ***list;
};

static void read_word(struct settings *s, yaml_node_t *item, void *context)
{
	const struct words *words = context;
	const char *text = settings_text(item);
	_cleanup_free_ char *all = NULL;

	for (const char *const *known = words->known; *known; known++)
		if (str_eq(text, *known)) {
			if (strv_add_new(words->list, text) < 0)
				settings_complain(s, item, "out of memory");
			return;
		}
	all = strv_join((char *const *)words->known, ", ");
	settings_complain(s, item, "'%s' is none of the %s that there are: %s", text ? text : "a list", words->what, all ? all : "");
}

void settings_words(struct settings *s, yaml_node_t *value, const char *what, const char *const *known, char ***list)
{
	struct words words = { .what = what, .known = known, .list = list };
	_cleanup_free_ char *message = text_format("%s must be a list, such as [%s]", what, known[0]);

	settings_list(s, value, message ? message : "out of memory", read_word, &words);
}

void packages_read(struct settings *s, yaml_node_t *value, void *context)
{
	struct wishes *wishes = s->target;

	(void)context;
	settings_words(s, value, "packages", set_names, &wishes->packages);
}

bool packages_are_wished(const struct wishes *wishes)
{
	return wishes->packages;
}

/* An image without /proc is made for a machine as this one. */
static unsigned machine_of(const struct host *host)
{
	struct utsname names;

	if (host->cpu.vendor == CPU_INTEL || host->cpu.vendor == CPU_AMD)
		return ON_X86;
	if (host->cpu.vendor == CPU_S390)
		return ON_S390;
	if (uname(&names) < 0)
		return 0;
	return str_eq(names.machine, "x86_64") ? ON_X86 : str_eq(names.machine, "s390x") ? ON_S390 : str_eq(names.machine, "aarch64") ? ON_ARM : 0;
}

static bool has_sign(int root_fd, const struct package_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->signs) && row->signs[i]; i++)
		if (fs_exists(root_fd, "%s", row->signs[i]))
			return true;
	return false;
}

/* Names that are lacking, and by what it is seen afterwards that they came. */
static int find_lacking(const struct host *host, const struct package_manager *m, char *const *sets, char ***ret_names, char ***ret_expects)
{
	_cleanup_(strv_freep) char **names = NULL, **expects = NULL;
	_cleanup_(package_list_done) struct package_list list = {};
	unsigned machine = machine_of(host);
	int r;

	r = package_list_read(host->root_fd, m, &list);
	for (const struct package_row *row = package_rows; row->name && r >= 0; row++) {
		bool listed = m->family == PACKAGES_APT || m->family == PACKAGES_PACMAN;

		if (row->family != m->family || !(row->machines & machine) || !strv_contains(sets, set_names[row->set]) ||
		    package_list_has(&list, row->name) || has_sign(host->root_fd, row))
			continue;
		r = strv_add(&names, row->name);
		/* Of several signs one is enough, but which one is not known before: then the tool's own word counts. */
		if (r >= 0 && (listed || !row->signs[1]))
			r = strv_add(&expects, listed ? row->name : row->signs[0]);
		if (r < 0)
			return log_oom();
	}
	if (r < 0)
		return r;
	*ret_names = TAKE(names);
	*ret_expects = TAKE(expects);
	return 0;
}

static bool has_lists(int root_fd)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, APT_LISTS) < 0)
		return false;
	for (char **name = names; name && *name; name++)
		if (strstr(*name, "_Packages"))
			return true;
	return false;
}

/*
 * What apt would bring along, dependencies and all: "Inst NAME (VERSION ...)", or "Inst NAME [OLD] (...)" of an upgrade, which
 * is no newcomer. Where it cannot tell, it will say why when it is run.
 */
static int apt_newcomers(char *const *names, char ***ret)
{
	static const char *const simulate[] = { "apt-get", "--simulate", "--quiet", "--no-install-recommends", "install", NULL };
	_cleanup_(strv_freep) char **argv = package_command(simulate, names), **newcomers = NULL;
	_cleanup_free_ char *output = NULL;
	int r;

	if (!argv)
		return log_oom();
	r = process_run(argv, &output);
	if (r)
		return 0;
	for (const char *line = output; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		_cleanup_free_ char *name = str_starts(line, "Inst ") ? strndup(line + 5, strcspn(line + 5, " \n")) : NULL;

		if (name && str_starts(line + 5 + strlen(name), " (") && strv_add(&newcomers, name) < 0)
			return log_oom();
	}
	*ret = TAKE(newcomers);
	return 0;
}

static int plan_update(const struct host *host, struct plan *plan)
{
	static char *const update[] = { (char *)"apt-get", (char *)"--quiet", (char *)"update", NULL };
	static char *const nothing[] = { (char *)"true", NULL };
	int r;

	if (has_lists(host->root_fd))
		return 0;
	r = plan_add_command(plan, update, NULL, "fetch the lists of packages");
	return r < 0 ? r : strv_copy(nothing, &plan->list[plan->n - 1].undo) < 0 ? log_oom() : 0;
}

static int plan_install(const struct host *host, const struct package_manager *m, char *const *names, char **expects, struct plan *plan)
{
	_cleanup_(strv_freep) char **argv = package_command(m->install, names), **newcomers = NULL;
	_cleanup_free_ char *summary = NULL;
	int r = 0;

	if (m->family == PACKAGES_APT)
		r = plan_update(host, plan);
	if (r >= 0 && m->family == PACKAGES_APT && host->is_live)
		r = apt_newcomers(names, &newcomers);
	summary = newcomers ? text_format("install what this host lacks for guests, %zu packages with all that they need", strv_length(newcomers)) :
			      strdup("install what this host lacks for guests, and what it needs");
	if (r < 0 || !argv || !summary) {
		strv_free(expects);
		return r < 0 ? r : log_oom();
	}
	r = plan_add_command(plan, argv, expects, summary);
	if (r < 0)
		return r;
	plan->list[plan->n - 1].undo = package_command(m->remove, newcomers ? newcomers : names);
	return plan->list[plan->n - 1].undo ? 0 : log_oom();
}

int packages_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(strv_freep) char **names = NULL, **expects = NULL;
	const struct package_manager *m;
	int r;

	(void)refusals;
	if (!wishes->packages)
		return 0;
	m = package_manager_find(host->root_fd);
	if (fs_exists(host->root_fd, "run/ostree-booted"))
		return log_invalid("packages: this system is an image of ostree's; build them into it, or layer them: rpm-ostree install");
	if (!m || !machine_of(host))
		return log_invalid("packages: %s; install QEMU, libvirt and firmware for guests by hand, and leave the section out",
				   m ? "what they are called for this CPU is not known" :
				       "this system is made neither with apt-get nor with dnf, zypper or pacman, as far as os-release tells");
	r = find_lacking(host, m, wishes->packages, &names, &expects);
	if (r < 0 || !names)
		return r;
	return plan_install(host, m, names, TAKE(expects), plan);
}

int packages_propose(const struct host *host, struct text *t)
{
	static char *const sets[] = { (char *)"virtualization", (char *)"tools", NULL };
	const struct package_manager *m = package_manager_find(host->root_fd);
	_cleanup_(strv_freep) char **names = NULL, **expects = NULL;
	_cleanup_free_ char *joined = NULL;

	if (!m || find_lacking(host, m, sets, &names, &expects) < 0)
		return 0;
	joined = strv_join(names, ", ");
	text_append(t, "\n");
	proposal_say(t, "Packages: %s%s.", names ? "lacking for guests are " : "nothing is lacking for guests", joined ? joined : "");
	proposal_offer(t, "packages: [virtualization, tools]");
	proposal_offer(t, "services: [libvirt]");
	proposal_say(t, "Who may use libvirt without being root:");
	proposal_offer(t, "users: []");
	return 0;
}
