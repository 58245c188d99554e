/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway's own records; the first letter chooses which. What is understood is written and read again as the same. */

#include "common/cpuset.h"
#include "common/text.h"
#include "detect/vf_keep.h"
#include "installer/first_boot.h"
#include "installer/guests_pending.h"
#include "installer/health.h"
#include "tests/fuzz/fuzz.h"

static void vf_set(const char *text)
{
	_cleanup_(vf_set_done) struct vf_set set = VF_SET_EMPTY, again = VF_SET_EMPTY;
	_cleanup_free_ char *written = NULL, *rewritten = NULL;

	if (vf_set_parse(text, &set) < 0)
		return;
	written = vf_set_format(&set);
	CHECK(written && vf_set_parse(written, &again) == 0 && again.count == set.count && again.n == set.n && vf_set_satisfies(&again, &set));
	rewritten = vf_set_format(&again);
	CHECK(str_eq(written, rewritten));
}

static void vf_keep(const char *text)
{
	_cleanup_(vf_set_done) struct vf_set set = VF_SET_EMPTY;
	_cleanup_(identity_done) struct identity id = {};

	if (vf_keep_parse(text, &id, &set) == 0)
		CHECK(id.address);
}

static void first_boot(const char *text)
{
	_cleanup_(first_boot_done) struct first_boot f = {}, again = {};
	_cleanup_free_ char *written = NULL, *rewritten = NULL;

	if (first_boot_parse(text, strlen(text), &f) < 0)
		return;
	written = first_boot_format(&f);
	CHECK(written && first_boot_parse(written, strlen(written), &again) == 0);
	rewritten = first_boot_format(&again);
	CHECK(str_eq(written, rewritten));
	CHECK(first_boot_step(&f, "a", true) == first_boot_step(&again, "a", true));
}

static void pending(const char *text)
{
	_cleanup_(pending_guests_done) struct pending_guests g = {}, again = {};
	_cleanup_free_ char *written = NULL, *rewritten = NULL;

	if (pending_guests_parse(text, strlen(text), &g) < 0)
		return;
	for (size_t i = 0; i < g.n; i++)
		CHECK(pending_guests_find(&g, g.list[i].name));
	written = pending_guests_format(&g);
	CHECK(written && pending_guests_parse(written, strlen(written), &again) == 0 && again.n == g.n && again.n_objects == g.n_objects);
	rewritten = pending_guests_format(&again);
	CHECK(str_eq(written, rewritten) && pending_guests_are_settled(&g) == pending_guests_are_settled(&again));
}

static void health(const char *text)
{
	_cleanup_(health_done) struct health h = {}, again = {};
	_cleanup_free_ char *written = NULL, *rewritten = NULL;

	if (health_parse(text, strlen(text), &h) < 0)
		return;
	written = health_format(&h);
	CHECK(written && health_parse(written, strlen(written), &again) == 0);
	rewritten = health_format(&again);
	CHECK(str_eq(written, rewritten));
}

static void cpus(const char *text)
{
	_cleanup_free_ char *written = NULL, *rewritten = NULL;
	struct cpuset set, again;

	if (cpuset_parse(text, &set) < 0)
		return;
	written = cpuset_format(&set);
	CHECK(written && cpuset_parse(written, &again) == 0 && cpuset_count(&set) == cpuset_count(&again));
	rewritten = cpuset_format(&again);
	CHECK(str_eq(written, rewritten));
}

FUZZ(data, size)
{
	static void (*const parsers[])(const char *text) = { vf_set, vf_keep, first_boot, pending, health, cpus };
	_cleanup_free_ char *text = fuzz_text(data + (size > 0), size - (size > 0));

	parsers[size ? data[0] % ARRAY_SIZE(parsers) : 0](text);
	return 0;
}
