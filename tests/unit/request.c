/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for devices of a pretended host, for the tests of the safety rules. */

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/request.h"

void two_drives(struct tree *t)
{
	static const char *const mounts[] = { "1:0 /dev/ram0 / ext4", NULL };

	tree_new(t);
	tree_pci(t, "0000:00:06.0", "060400", "1b36:000c", 10);
	tree_pci(t, "0000:00:07.0", "060400", "1b36:000c", 11);
	tree_nvme(t, A, 0, 1);
	tree_nvme(t, B, 1, 2);
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
	tree_mounts(t, mounts);
}

int ask(struct tree *t, const char *addresses, const char *const *overrides, enum request_when when, struct refusals *ret)
{
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(strv_freep) char **list = NULL;
	struct device *requested[16];
	size_t n = 0;
	int r;

	if (strv_split(addresses, " ", &list) < 0)
		abort();
	for (char **a = list; *a; a++)
		requested[n++] = tree_device(t, *a);
	for (; overrides && *overrides; overrides++) {
		r = allowances_add(&allowed, *overrides);
		if (r < 0)
			return r;
	}
	refusals_done(ret);
	r = request_check(&t->host, &t->uses, requested, n, &allowed, when, ret);
	return r < 0 ? r : (int)ret->n;
}

bool refused(const struct refusals *r, const char *address, const char *rule, const char *kind)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->list[i].address, address) && str_eq(r->list[i].rule, rule) && str_eq(r->list[i].kind, kind))
			return true;
	return false;
}
