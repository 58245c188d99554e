/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of devices.conf, as the early binder reads it and as slipway does: both must take it for the same. */

#include "common/text.h"
#include "detect/identity.h"
#include "early/wanted.h"
#include "tests/fuzz/fuzz.h"

static void check_same(const struct wanted *w, const struct identity *id)
{
	const struct traits *t = &w->traits;
	char address[24];

	CHECK(address_normalise(id->address, address) == 0 && str_eq(address, w->address));
	CHECK((int)w->bind == (int)id->bind);
	CHECK(t->vendor == id->vendor && t->product == id->product);
	CHECK(t->subsystem_vendor == id->subsystem_vendor && t->subsystem_product == id->subsystem_product);
	CHECK(t->class == id->class && t->pcie_serial == id->pcie_serial);
	CHECK(str_eq(t->path, id->path));
	CHECK(str_eq(t->slot, id->slot ? id->slot : "") && str_eq(t->serial, id->serial ? id->serial : ""));
	CHECK(str_eq(t->model, id->model ? id->model : ""));
}

/* The binder's texts have an end; slipway's have none. */
static bool fits(const struct identity *id)
{
	static const struct traits t;

	return strlen(id->path) < sizeof(t.path) && strlen(id->slot ? id->slot : "") < sizeof(t.slot) &&
	       strlen(id->serial ? id->serial : "") < sizeof(t.serial) && strlen(id->model ? id->model : "") < sizeof(t.model);
}

FUZZ(data, size)
{
	_cleanup_free_ char *line = fuzz_text(data, size), *copy = fuzz_text(data, size);
	_cleanup_(identity_done) struct identity id = {};
	struct wanted w;
	int r, s;

	/* Only what was seen in this boot has an inode, and the binder writes that and never reads it. */
	if (strstr(line, "inode="))
		return 0;
	r = wanted_parse(line, &w);
	s = identity_parse(copy, &id);
	CHECK(r >= 0 || s <= 0 || !fits(&id));
	CHECK(s >= 0 || r <= 0);
	CHECK((r == 0) == (s == 0));
	if (r > 0)
		check_same(&w, &id);
	return 0;
}
