/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Health: what this host must have again after a trial boot. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/text.h"
#include "installer/health.h"

void health_done(struct health *h)
{
	strv_free(h->ports);
	strv_free(h->routes);
	strv_free(h->failing);
	free(h->command);
	*h = (struct health){};
}

/* On a port of the machine, or stacked on one: a bridge that joins guests alone needs no address to be well. */
static bool is_on_a_port(const struct netifs *all, const struct netif *n)
{
	bool found = n->function != NULL;

	for (size_t i = 0; i < all->n && !found; i++)
		found = all->list[i].function && strv_contains(all->list[i].uppers, n->name);
	return found;
}

static const char *family_of(const char *address)
{
	return strchr(address, ':') ? "ipv6" : "ipv4";
}

static int add_once(char ***list, char *owned)
{
	if (owned && strv_contains(*list, owned)) {
		free(owned);
		return 0;
	}
	return strv_consume(list, owned);
}

int health_of(const struct host *host, struct health *ret)
{
	_cleanup_(health_done) struct health h = {};
	int r = 0;

	for (size_t i = 0; i < host->netifs.n && r >= 0; i++) {
		const struct netif *n = &host->netifs.list[i];

		if (!is_on_a_port(&host->netifs, n))
			continue;
		for (char **a = n->addresses; a && *a && r >= 0; a++)
			r = add_once(&h.ports, text_format("%s %s", n->name, family_of(*a)));
	}
	for (size_t i = 0; i < host->netifs.n_routes && r >= 0; i++)
		if (host->netifs.routes[i].prefix == 0 && is_on_a_port(&host->netifs, host->netifs.routes[i].netif))
			r = add_once(&h.routes, strdup(host->netifs.routes[i].is_ipv6 ? "ipv6" : "ipv4"));
	if (r < 0)
		return r;
	*ret = TAKE(h);
	return 0;
}

char *health_format(const struct health *h)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	json_add_strv(o, "ports", h->ports);
	json_add_strv(o, "routes", h->routes);
	json_add_strv(o, "failing", h->failing);
	json_add_string(o, "command", h->command);
	return text_format("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
}

static int parse_list(struct json_object *o, const char *key, char ***ret)
{
	struct json_object *array = json_get_array(o, key);
	int r = array ? 0 : -EINVAL;

	for (size_t i = 0; array && i < json_object_array_length(array) && r >= 0; i++) {
		const char *s = json_object_get_string(json_object_array_get_idx(array, i));

		r = s ? strv_add(ret, s) : -EINVAL;
	}
	return r;
}

int health_parse(const char *text, size_t size, struct health *ret)
{
	_cleanup_json_ struct json_object *o = NULL;
	_cleanup_(health_done) struct health h = {};
	const char *command;
	int r;

	r = json_parse(text, size, &o);
	if (r >= 0)
		r = parse_list(o, "ports", &h.ports);
	if (r >= 0)
		r = parse_list(o, "routes", &h.routes);
	if (r >= 0)
		r = parse_list(o, "failing", &h.failing);
	if (r < 0)
		return r;
	command = json_get_string(o, "command");
	h.command = command ? strdup(command) : NULL;
	if (command && !h.command)
		return -ENOMEM;
	*ret = TAKE(h);
	return 0;
}

/* The option of the mount is "ro" or "rw", then a comma (proc_pid_mountinfo(5)). */
static bool root_is_writable(const struct host *host)
{
	_cleanup_free_ char *table = NULL;

	if (fs_read(host->root_fd, &table, NULL, "proc/self/mounts") < 0)
		return false;
	for (char *line = table, *rest; line && *line; line = rest) {
		char target[16], options[8];

		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		if (sscanf(line, "%*s %15s %*s %7s", target, options) == 2 && str_eq(target, "/"))
			return str_starts(options, "rw");
	}
	return false;
}

static int add_missing(char *const *wanted, char *const *have, const char *sentence, char ***ills)
{
	int r = 0;

	for (char *const *w = wanted; w && *w && r >= 0; w++)
		if (!strv_contains(have, *w))
			r = strv_consume(ills, text_format("%s %s", *w, sentence));
	return r;
}

/* A port whose addresses have moved to the bridge or bond that it is in now has them still. Stacks are low: port, bond, VLAN, bridge. */
static int add_of_uppers(const struct host *host, const struct netif *port, const struct netif *below, int depth, char ***ports)
{
	int r = 0;

	for (char **upper = below->uppers; upper && *upper && r >= 0 && depth < 4; upper++) {
		const struct netif *n = netifs_find(&host->netifs, *upper);

		for (char **a = n ? n->addresses : NULL; a && *a && r >= 0; a++)
			r = add_once(ports, text_format("%s %s", port->name, family_of(*a)));
		if (n && r >= 0)
			r = add_of_uppers(host, port, n, depth + 1, ports);
	}
	return r;
}

int health_check(const struct host *host, const struct health *wanted, char ***ret_ills)
{
	_cleanup_(health_done) struct health now = {};
	_cleanup_(strv_freep) char **ills = NULL;
	int r;

	r = health_of(host, &now);
	for (size_t i = 0; i < host->netifs.n && r >= 0; i++)
		r = add_of_uppers(host, &host->netifs.list[i], &host->netifs.list[i], 0, &now.ports);
	if (r >= 0 && !root_is_writable(host))
		r = strv_add(&ills, "the root file system is not mounted read-write");
	if (r >= 0)
		r = add_missing(wanted->ports, now.ports, "address is missing, which was there before the trial", &ills);
	if (r >= 0)
		r = add_missing(wanted->routes, now.routes, "default route is missing, which was there before the trial", &ills);
	if (r < 0)
		return r;
	*ret_ills = TAKE(ills);
	return 0;
}
