/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's sections `bridges` and `bonds`: which system writes each bridge, and what speaks against it. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/network_pending.h"
#include "installer/sections/bridges.h"
#include "installer/sections/bridges_safety.h"

/* Seconds at least: on the way back nobody has to be stopped in time, and an address by router advertisement takes its own. */
#define WAY_BACK 60u

static const struct bridge_backend *const backends[] = { &bridge_netplan, &bridge_networkmanager, &bridge_networkd, &bridge_ifupdown, &bridge_ifcfg, &bridge_wicked };

bool bridges_are_wished(const struct wishes *wishes)
{
	return wishes->network.n_bridges > 0;
}

bool bonds_are_wished(const struct wishes *wishes)
{
	return wishes->network.n_bonds > 0;
}

/* Only the sources of the system that manages the port: the others are empty by then. */
static const struct bridge_backend *find_backend(const struct bridge_job *job)
{
	for (size_t i = 0; job->ports[i]; i++)
		for (size_t b = 0; job->sources[i].n && b < ARRAY_SIZE(backends); b++)
			if (backends[b]->manager == job->sources[i].list[0].manager)
				return backends[b];
	return NULL;
}

/* What an interface has now and must have again: families and gateways, of this interface or under another name. -ENOMEM. */
static int expect_as_now(const struct netif *now, const char *as, char ***list)
{
	bool has[2] = { false, false };
	int r = 0;

	for (char **a = now->addresses; a && *a && r >= 0; a++) {
		bool is_ipv6 = strchr(*a, ':') != NULL;

		if (!has[is_ipv6])
			r = strv_consume(list, text_format("family %s %s", as, is_ipv6 ? "ipv6" : "ipv4"));
		has[is_ipv6] = true;
	}
	for (char **route = now->routes; route && *route && r >= 0; route++)
		/* "default via eno1": on the link, and nobody to ask. */
		if (str_starts(*route, "default via ") && strpbrk(*route + strlen("default via "), ".:"))
			r = strv_consume(list, text_format("gateway %s %s", as, *route + strlen("default via ")));
	return r;
}

/* What the bridge must have when it is up. */
static int expect(const struct host *host, const struct bridge_job *job, char ***list)
{
	const struct bridge_wish *b = job->bridge;
	const struct netif *port = netifs_find(&host->netifs, job->ports[0]), *bridge = netifs_find(&host->netifs, b->name);
	int r = 0;

	for (char **m = job->members; *m && r >= 0; m++)
		r = strv_consume(list, text_format("member %s %s", *m, b->name));
	if (b->kind == ADDRESSES_DHCP && r >= 0)
		r = strv_consume(list, text_format("family %s ipv4", b->name));
	if (b->kind == ADDRESSES_KEEP && port && r >= 0)
		r = expect_as_now(port, b->name, list);
	if (b->kind == ADDRESSES_KEEP && bridge && bridge->addresses && r >= 0)
		r = expect_as_now(bridge, b->name, list);
	for (char **a = b->addresses; a && *a && r >= 0; a++)
		r = strv_consume(list, text_format("address %s %s", b->name, *a));
	for (char **g = b->gateways; g && *g && r >= 0; g++)
		r = strv_consume(list, text_format("gateway %s %s", b->name, *g));
	return r;
}

/* What all bridges of a spec want done together: the files of one may be those of another. */
struct whole {
	struct plan files;
	struct bridge_steps steps;
	char **names, **expects, **before;
	unsigned confirm;
};

static void steps_done(struct bridge_steps *s)
{
	strv_free(s->leave);
	strv_free(s->leave_back);
	strv_free(s->enter);
	strv_free(s->enter_back);
	*s = (struct bridge_steps){};
}

static void whole_done(struct whole *w)
{
	plan_done(&w->files);
	steps_done(&w->steps);
	strv_free(w->names);
	strv_free(w->expects);
	strv_free(w->before);
}

/* Steps and what must hold are taken over. */
static int add_network(struct plan *plan, const char *target, char ***apply, char ***revert, char ***expects, char ***words, bool is_first, const char *summary)
{
	struct change *c = plan_add(plan, CHANGE_NETWORK, target);

	if (!c || !(c->summary = strdup(summary)))
		return log_oom();
	c->argv = TAKE(*apply);
	c->undo = TAKE(*revert);
	c->expects = TAKE(*expects);
	c->words = TAKE(*words);
	c->takes_all_in = is_first;
	return 0;
}

/*
 * The files' changes between the two of the running network: the first lets go of what the old files made, and on the way back
 * it is the last and has the old state again; the second makes what the new ones say, and confirms it.
 */
static int wrap(const struct host *host, struct whole *w, struct plan *plan)
{
	_cleanup_free_ char *target = strv_join(w->names, " ");
	char **none = NULL;
	int r = 0;

	if (!target || strv_consume(&w->expects, text_format("within %u", w->confirm)) < 0 || strv_consume(&w->before, text_format("within %u", w->confirm < WAY_BACK ? WAY_BACK : w->confirm)) < 0)
		return log_oom();
	if (host->is_live)
		r = network_pending_plan(host->root_fd, plan);
	if (host->is_live && r >= 0)
		r = add_network(plan, target, &w->steps.leave, &w->steps.leave_back, &none, &w->before, true,
				"from here on all is undone by itself, unless this host still reaches its gateway at the end");
	for (size_t i = 0; i < w->files.n && r >= 0; i++)
		if (plan_move(plan, &w->files.list[i]) < 0)
			r = log_oom();
	if (host->is_live && r >= 0)
		r = add_network(plan, target, &w->steps.enter, &w->steps.enter_back, &w->expects, &none, false,
				"the bridge is brought up, and must have its addresses and reach the gateway");
	return r;
}

/* What cloud-init has written it writes again for a new instance; its own documents name this file for whoever takes over. */
static int want_cloud_init_off(const struct bridge_job *job, struct plan *plan)
{
	for (size_t i = 0; job->ports[i]; i++)
		for (size_t s = 0; s < job->sources[i].n; s++)
			if (job->sources[i].list[s].file && strstr(str_base(job->sources[i].list[s].file), "cloud-init"))
				return bridge_want_file(job, plan, "etc/cloud/cloud.cfg.d/99-slipway-network.cfg", BRIDGE_HEAD "network: { config: disabled }\n", 0644,
						      "cloud-init does not write the network's files anew");
	return 0;
}

/* Who manages a port leaves it the MTU that it has, unless its files name one. -ENOMEM. */
static int add_mtu_back(const struct bridge_job *job, char ***steps)
{
	int r = 0;

	for (char **port = job->ports; *port && r >= 0 && job->bridge->mtu && (!job->vlan || job->bond); port++) {
		_cleanup_free_ char *mtu = NULL;

		if (fs_read_line(job->root_fd, &mtu, "sys/class/net/%s/mtu", *port) >= 0)
			r = bridge_step(steps, "-ip", "link", "set", "dev", *port, "mtu", mtu, NULL);
	}
	return r;
}

static int plan_bridge(const struct host *host, const struct network_wishes *wishes, const struct bridge_wish *b, struct whole *w, struct refusals *refusals)
{
	const struct bridge_backend *backend;
	_cleanup_(bridge_job_done) struct bridge_job job = {};
	bool is_touched = false;
	size_t n = refusals->n;
	int r;

	r = bridge_job_read(host, wishes, b, &job);
	job.is_touched = &is_touched;
	if (r >= 0)
		r = bridge_check(host, &job, refusals);
	/* 1: it is made by the administrator's own files already. */
	if (r != 0 || refusals->n > n)
		return r < 0 ? r : 0;
	backend = find_backend(&job);
	if (!backend)
		return log_invalid("bridge %s: nobody manages its ports", b->name);
	r = backend->plan(&job, &w->files);
	if (r >= 0 && is_touched)
		r = want_cloud_init_off(&job, &w->files);
	if (r < 0 || !is_touched)
		return r;
	w->confirm = b->confirm > w->confirm ? b->confirm : w->confirm;
	if (strv_add(&w->names, b->name) < 0 || add_mtu_back(&job, &w->steps.leave_back) < 0 || backend->steps(&job, &w->steps) < 0 || expect(host, &job, &w->expects) < 0)
		return log_oom();
	for (char **name = job.ports; *name; name++) {
		const struct netif *port = netifs_find(&host->netifs, *name);

		if (port && expect_as_now(port, *name, &w->before) < 0)
			return log_oom();
	}
	return 0;
}

/* A bond is made with the bridge over it; and a port is in one place. */
static int check_whole(const struct network_wishes *w)
{
	_cleanup_(strv_freep) char **taken = NULL;

	for (size_t i = 0; i < w->n_bonds; i++) {
		size_t users = 0;

		for (size_t b = 0; b < w->n_bridges; b++)
			users += strv_contains(w->bridges[b].ports, w->bonds[i].name);
		if (users != 1)
			return log_invalid("bond %s: it must be the port of one bridge of the spec, and is that of %zu", w->bonds[i].name, users);
		for (char **port = w->bonds[i].ports; *port; port++)
			if (strv_contains(taken, *port) || strv_add(&taken, *port) < 0)
				return log_invalid("port %s is wished for twice in bonds and bridges", *port);
	}
	for (size_t b = 0; b < w->n_bridges; b++)
		for (char **port = w->bridges[b].ports; *port && !w->bridges[b].vlan; port++)
			if (strv_contains(taken, *port) || strv_add(&taken, *port) < 0)
				return log_invalid("port %s is wished for twice in bonds and bridges", *port);
	return 0;
}

static bool is_own_bridge(const struct host *host, const char *name)
{
	static const char *const own[] = { "etc/netplan/zz-slipway-%s.yaml", "etc/network/interfaces.d/slipway-%s", "etc/systemd/network/00-slipway-%s.netdev",
					   "etc/NetworkManager/system-connections/slipway-%s.nmconnection", "etc/sysconfig/network-scripts/ifcfg-%s",
					   "etc/sysconfig/network/ifcfg-%s" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		_cleanup_free_ char *text = NULL, *path = text_format(own[i], name);

		if (path && fs_read(host->root_fd, &text, NULL, "%s", path) >= 0 && bridge_text_is_own(text))
			return true;
	}
	return false;
}

/* A bridge that slipway has made and the spec has not: the port's addresses are in it, and only the rollback knows where they were. */
static void tell_left(const struct host *host, const struct network_wishes *w)
{
	for (size_t i = 0; i < host->netifs.n; i++) {
		const char *name = host->netifs.list[i].name;
		bool is_wished = false;

		for (size_t b = 0; b < w->n_bridges; b++)
			is_wished = is_wished || str_eq(w->bridges[b].name, name);
		if (!is_wished && fs_exists(host->root_fd, "sys/class/net/%s/bridge", name) && is_own_bridge(host, name))
			log_warning("bridge %s, which slipway has set up, is not in the spec, and stays: the host is reached through it; 'slipway rollback' with its "
				    "transaction takes it back", name);
	}
}

int bridges_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	const struct network_wishes *w = &wishes->network;
	_cleanup_(whole_done) struct whole whole = {};
	int r = check_whole(w);

	for (size_t i = 0; i < w->n_bridges && r >= 0; i++)
		r = plan_bridge(host, w, &w->bridges[i], &whole, refusals);
	if (r >= 0 && whole.files.n)
		r = wrap(host, &whole, plan);
	if (r >= 0)
		tell_left(host, w);
	return r;
}
