/* SPDX-License-Identifier: GPL-2.0-or-later */
/* services: libvirt's daemons, one for all or one for each of its parts, as the system has them, are started now and at boot. */

#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "detect/port_source.h"
#include "installer/package_manager.h"
#include "installer/sections/software_sections.h"
#include "installer/unit_state.h"

/* https://libvirt.org/daemons.html: the modular ones are started by their sockets. */
struct service {
	const char *socket;          /* there while it is started: below the root */
	const char *units[9];
};

static const struct service monolithic = { "run/libvirt/libvirt-sock", { "libvirtd.service" } };
static const struct service modular = { "run/libvirt/virtqemud-sock",
	{ "virtqemud.socket", "virtnetworkd.socket", "virtnodedevd.socket", "virtnwfilterd.socket", "virtsecretd.socket", "virtstoraged.socket" } };
static const struct service cockpit = { NULL, { "cockpit.socket" } };

static const char *const names[] = { "libvirt", "cockpit", NULL };

void services_read(struct settings *s, yaml_node_t *value, void *context)
{
	struct wishes *wishes = s->target;

	(void)context;
	settings_words(s, value, "services", names, &wishes->services);
}

bool services_are_wished(const struct wishes *wishes)
{
	return wishes->services;
}

/* Those that are enabled are in use; where none is, the distribution's own way: Fedora and RHEL have gone over to the modular ones. */
static const struct service *libvirt_service(int root_fd)
{
	const struct package_manager *m = package_manager_find(root_fd);
	bool prefers_modular = m && m->family == PACKAGES_DNF;

	if (unit_is_enabled(root_fd, "libvirtd.service") || unit_is_enabled(root_fd, "libvirtd.socket"))
		return &monolithic;
	if (unit_is_enabled(root_fd, "virtqemud.socket") || unit_is_enabled(root_fd, "virtqemud.service"))
		return &modular;
	if (unit_exists(root_fd, "virtqemud.socket") && (prefers_modular || !unit_exists(root_fd, "libvirtd.service")))
		return &modular;
	return unit_exists(root_fd, "libvirtd.service") || !prefers_modular ? &monolithic : &modular;
}

/* A daemon that its socket starts is enabled by that. */
static bool is_enabled(int root_fd, const char *unit)
{
	return unit_is_enabled(root_fd, unit) || (str_eq(unit, "libvirtd.service") && unit_is_enabled(root_fd, "libvirtd.socket"));
}

bool libvirt_is_modular(int root_fd)
{
	return libvirt_service(root_fd) == &modular;
}

/* The units to be enabled: all, or where the packages are there those of them that exist. */
static int find_units(const struct host *host, const struct service *service, bool comes, char ***ret)
{
	_cleanup_(strv_freep) char **units = NULL;

	for (const char *const *unit = service->units; *unit; unit++) {
		bool exists = unit_exists(host->root_fd, *unit);

		if ((!exists && !comes) || is_enabled(host->root_fd, *unit))
			continue;
		if (strv_add(&units, *unit) < 0)
			return log_oom();
	}
	*ret = TAKE(units);
	return 0;
}

static int plan_start(const struct service *service, struct plan *plan)
{
	static const char *const start[] = { "systemctl", "start", NULL };
	static const char *const stop[] = { "systemctl", "stop", NULL };
	_cleanup_(strv_freep) char **unit = NULL, **argv = NULL;
	int r;

	if (strv_add(&unit, service->units[0]) < 0 || !(argv = package_command(start, unit)))
		return log_oom();
	r = plan_add_command(plan, argv, NULL, "start the service");
	if (r < 0)
		return r;
	plan->list[plan->n - 1].undo = package_command(stop, unit);
	return plan->list[plan->n - 1].undo ? 0 : log_oom();
}

static int plan_service(const struct host *host, const struct service *service, const char *name, bool comes, struct plan *plan)
{
	static const char *const enable[] = { "systemctl", "enable", "--now", NULL };
	static const char *const disable[] = { "systemctl", "disable", "--now", NULL };
	_cleanup_(strv_freep) char **units = NULL, **argv = NULL, **expects = NULL;
	int r;

	if (!comes && !unit_exists(host->root_fd, service->units[0]))
		return log_invalid("services: %s is not installed; wish for 'packages: [%s]', too", name, str_eq(name, "cockpit") ? name : "virtualization");
	r = find_units(host, service, comes, &units);
	if (r < 0)
		return r;
	if (!units)
		return host->is_live && service->socket && !fs_exists(host->root_fd, "%s", service->socket) ? plan_start(service, plan) : 0;
	argv = package_command(enable, units);
	if (!argv || strv_copy(units, &expects) < 0)
		return log_oom();
	r = plan_add_command(plan, argv, TAKE(expects), "start the service, now and at each boot");
	if (r < 0)
		return r;
	plan->list[plan->n - 1].undo = package_command(disable, units);
	return plan->list[plan->n - 1].undo ? 0 : log_oom();
}

int services_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	int r = 0;

	(void)refusals;
	if (strv_contains(wishes->services, "libvirt"))
		r = plan_service(host, libvirt_service(host->root_fd), "libvirt", strv_contains(wishes->packages, "virtualization"), plan);
	if (r >= 0 && strv_contains(wishes->services, "cockpit"))
		r = plan_service(host, &cockpit, "cockpit", strv_contains(wishes->packages, "cockpit"), plan);
	return r;
}
