/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host with two network ports, and what the spec's bridges make of it. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/bridges.h"
#include "installer/spec.h"
#include "installer/transaction.h"
#include "tests/unit/network_host.h"

void network_put_port(struct tree *t, const char *name, const char *address, const char *last)
{
	_cleanup_free_ char *chain = text_format("0000:00:%s.0", address), *path = text_format("sys/devices/pci0000:00/%s/net/%s/address", chain, name);
	_cleanup_free_ char *type = text_format("sys/devices/pci0000:00/%s/net/%s/type", chain, name);
	_cleanup_free_ char *device = text_format("sys/devices/pci0000:00/%s/net/%s/device", chain, name), *target = text_format("../../../%s", chain);

	tree_pci(t, chain, "020000", "8086:1521", -1);
	tree_driver(t, chain, "igb");
	tree_netif(t, chain, "", name);
	tree_put(t, path, "52:54:00:aa:00:%s\n", last);
	tree_put(t, type, "1\n");
	tree_link(t, device, target);
}

void network_host_new(struct tree *t)
{
	tree_new(t);
	tree_put(t, "proc/cmdline", "root=UUID=1 quiet\n");
	network_put_port(t, "eno1", "1f", "01");
	network_put_port(t, "eno2", "1e", "02");
}

static char *with_name(const char *text, const char *name)
{
	const char *at = strchr(text, '@');

	return at ? text_format("%.*s%s%s", (int)(at - text), text, name, at + 1) : strdup(text);
}

void network_put_source(struct tree *t, const char *name, const char *place, const char *content)
{
	_cleanup_free_ char *path = with_name(place, name), *text = with_name(content, name);

	tree_put(t, path, "%s", text);
}

bool network_is_live;

int network_plan(struct tree *t, const char *spec, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(wishes_done) struct wishes wishes = {};
	int r = spec_parse(spec, "f", &wishes);

	if (r >= 0)
		r = tree_read(t);
	t->host.is_live = network_is_live;
	return r < 0 ? r : bridges_plan(&t->host, &wishes, plan, refusals);
}

char *network_round_trip(struct tree *t, const char *spec, const char *path, const char *other, char **ret_other)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(plan_done) struct plan first = {}, second = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *before = tree_dump(t), *after = NULL, *text = NULL;
	const struct site site = { .root_fd = t->fd };

	if (network_plan(t, spec, &first, &refusals) < 0)
		return strdup("no plan\n");
	if (refusals.n)
		return text_format("refused: %s\n", refusals.list[0].text);
	if (journal_read(t->fd, &journal) < 0 || transaction_apply(&site, &journal, "apply", &first) != OUTCOME_DONE)
		return strdup("not applied\n");
	text = tree_get(t, path);
	if (other)
		*ret_other = tree_get(t, other);
	if (network_plan(t, spec, &second, &refusals) < 0 || second.n) {
		_cleanup_free_ char *diff = second.n ? change_diff(&second.list[0]) : NULL;

		return text_format("a second plan has %zu changes:\n%s", second.n, diff ? diff : "");
	}
	if (transaction_undo(&site, &journal, &journal.list[journal.n - 1]) != OUTCOME_DONE)
		return strdup("not undone\n");
	tree_remove(t, "var");
	after = tree_dump(t);
	return str_eq(before, after) ? TAKE(text) : strdup("not as before\n");
}
