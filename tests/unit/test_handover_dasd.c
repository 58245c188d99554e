/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers of DASDs: what is planned, done and taken back. */

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/channel_boot.h"
#include "tests/unit/channel_scene.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

TEST(a_dasd_goes_offline_and_to_vfio_ccw_and_comes_back_online)
{
	static const char *const dasd[] = { "ccw=0200", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *rules = NULL, *modules = NULL, *online = NULL;
	const struct change *c;
	struct pretended_kernel k = {};

	mainframe_with_mdevctl(&s.t);
	tree_ccw(&s.t, "0.0.0003", "0.0.0200", "3990/e9", "dasd-eckd", true);
	scene_guest(&s, NULL, DOMAIN(""));
	CHECK(scene_give(&s, dasd, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_HAS(what, "kernel-value subchannel mediated hostdev");
	CHECK_HAS(find_change(&s.plan, CHANGE_MEDIATED)->after.data, "vfio_ccw-io");
	c = find_change(&s.plan, CHANGE_HOSTDEV);
	CHECK(!c->live_xml && str_eq(c->target, "ccw=0.0.0200"));
	CHECK_HAS(c->saved_xml, "model=\"vfio-ccw\"");
	kernel_start(&k, &s.t);
	if (scene_apply(&s) < 0) {
		kernel_stop(&k);
		CHECK(!"applied");
	}
	CHECK(tree_read(&s.t) == 0 && ccw_is_on_vfio(ccws_find(&s.t.host.ccws, "0.0.0200")));
	rules = tree_get(&s.t, CCW_RULES);
	CHECK_HAS(rules, "# ccw 0.0.0200 online\n");
	CHECK_HAS(rules, "ATTR{dev_busid}==\"0.0.0200\", ATTR{driver_override}=\"vfio_ccw\"");
	CHECK_HAS(rules, "'echo %k > /sys/bus/css/devices/%k/driver/unbind; echo %k > /sys/bus/css/drivers_probe'");
	modules = tree_get(&s.t, CHANNEL_MODULES);
	CHECK_HAS(modules, "\nvfio_ccw\n");
	if (scene_revert(&s) < 0) {
		kernel_stop(&k);
		CHECK(!"reverted");
	}
	kernel_stop(&k);
	CHECK(tree_read(&s.t) == 0 && !ccw_is_on_vfio(ccws_find(&s.t.host.ccws, "0.0.0200")) && !fs_exists(s.t.fd, CCW_RULES));
	/* It was online before the guest had it. */
	online = tree_get(&s.t, "sys/devices/css0/0.0.0003/0.0.0200/online");
	CHECK(online && *online == '1');
}

/* As attach has left it, before this boot or an older slipway: `memory` is the line of the rules. */
static char *detached(struct scene *s, const char *memory, bool *ret_is_back)
{
	static const char *const dasd[] = { "ccw=0200", NULL };
	struct pretended_kernel k = {};
	char *online;
	int r;

	mainframe_with_mdevctl(&s->t);
	tree_ccw_aside(&s->t, "0.0.0003", "0.0.0200");
	tree_made(&s->t, "0.0.0003", ONE, 9, NULL);
	tree_put(&s->t, CCW_RULES, "%s\n", memory);
	scene_guest(s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ccw")));
	if (scene_take(s, dasd, true) < 0 || !find_change(&s->plan, CHANGE_SUBCHANNEL))
		abort();
	kernel_start(&k, &s->t);
	r = scene_apply(s);
	online = tree_get(&s->t, "sys/devices/css0/0.0.0003/0.0.0200/online");
	if (r >= 0)
		r = scene_revert(s);
	kernel_stop(&k);
	*ret_is_back = r >= 0 && tree_read(&s->t) == 0 && ccw_is_on_vfio(ccws_find(&s->t.host.ccws, "0.0.0200"));
	return online;
}

TEST(a_dasd_that_was_online_is_so_again_after_detach)
{
	static const struct {
		const char *memory, *online, *summary, *said;
	} rows[] = {
		{ "# ccw 0.0.0200 online", "1\n", "online as before", "" },
		{ "# ccw 0.0.0200", "0\n", "offline as before", "offline as before; 'chccwdev -e 0.0.0200' sets it online" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(scene_done) struct scene s = {};
		bool is_back;
		_cleanup_free_ char *online = detached(&s, rows[i].memory, &is_back), *said = stderr_caught();

		CHECK_STR(online, rows[i].online);
		CHECK_HAS(find_change(&s.plan, CHANGE_SUBCHANNEL)->summary, rows[i].summary);
		CHECK_HAS(said, rows[i].said);
		/* And a rollback of that gives it to the guest again. */
		CHECK_ROW(rows[i].memory, is_back);
	}
}

TEST(the_disk_of_the_host_and_another_guests_are_not_given)
{
	static const char *const root[] = { "ccw=0.0.0100", NULL }, *const others[] = { "ccw=0.0.0300", NULL };
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(scene_done) struct scene s = {};

	mainframe_with_mdevctl(&s.t);
	tree_ccw_aside(&s.t, "0.0.0003", "0.0.0300");
	tree_made(&s.t, "0.0.0003", ONE, 9, NULL);
	scene_guest(&s, NULL, DOMAIN(""));
	CHECK(allowances_add(&all, "0.0.0100=mount") == 0 && allowances_add(&all, "0.0.0300=vfio") == 0);
	CHECK(scene_give(&s, root, &all) == 0 && s.refusals.n && !s.plan.n);
	CHECK(scene_give(&s, others, &all) == 0 && s.refusals.n && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "made for a guest, and active; take it from there first");
}

TEST(a_dasd_that_somebody_else_set_aside_stays_so)
{
	static const char *const dasd[] = { "ccw=0.0.0300", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *back = NULL, *said = NULL;

	mainframe_with_mdevctl(&s.t);
	tree_ccw_aside(&s.t, "0.0.0003", "0.0.0300");
	scene_guest(&s, NULL, DOMAIN(""));
	CHECK(scene_give(&s, dasd, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "mediated hostdev");
	tree_made(&s.t, "0.0.0003", ONE, 9, NULL);
	scene_guest(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ccw")));
	CHECK(scene_take(&s, dasd, true) == 0);
	back = kinds(&s.plan);
	CHECK_STR(back, "hostdev mediated");
	said = stderr_caught();
	CHECK_HAS(said, "0.0.0300 stays on vfio_ccw");
}

TEST_MAIN()
