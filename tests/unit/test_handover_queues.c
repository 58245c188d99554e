/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers of crypto queues: what is planned, done and taken back. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/channel_boot.h"
#include "tests/unit/channel_scene.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define TWO "c2177883-f1bb-47f0-914d-32a22e3a8804"

static void two_cards(struct tree *t)
{
	mainframe_with_mdevctl(t);
	tree_masks(t, ALL_IDS, ALL_IDS, 5);
	tree_queue(t, "05.0004", "CEX8C", "cex4queue");
	tree_queue(t, "06.0004", "CEX8C", "cex4queue");
	tree_queue(t, "06.0005", "CEX8C", "cex4queue");
	tree_folder(t, "sys/devices/vfio_ap/matrix");
}

/* What the log of mdevctl is not part of. */
static char *dump(struct scene *s)
{
	tree_put(&s->t, "calls", "%s", "");
	tree_remove(&s->t, "calls");
	return tree_dump(&s->t);
}

TEST(queues_leave_the_host_become_a_device_and_come_back_byte_for_byte)
{
	static const char *const queue[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *before = NULL, *after = NULL, *mask = NULL, *rules = NULL, *log = NULL;
	const struct change *c;

	two_cards(&s.t);
	before = dump(&s);
	scene_guest(&s, DOMAIN(""), DOMAIN(""));
	CHECK(scene_give(&s, queue, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "kernel-value mediated hostdev file file");
	c = find_change(&s.plan, CHANGE_MEDIATED);
	CHECK(c->saved && !c->one_shot && !c->before.exists && str_starts(c->target, "matrix/"));
	CHECK_HAS(c->after.data, "\"mdev_type\": \"vfio_ap-passthrough\"");
	CHECK_HAS(c->after.data, "\"start\": \"auto\"");
	c = find_change(&s.plan, CHANGE_HOSTDEV);
	CHECK_STR(c->target, "ap=05.0004");
	CHECK(c->live && c->saved && c->attach);
	CHECK_HAS(c->saved_xml, "model=\"vfio-ap\"");
	CHECK_HAS(c->saved_xml, str_base(find_change(&s.plan, CHANGE_MEDIATED)->target));
	CHECK(scene_apply(&s) == 0);
	mask = tree_get(&s.t, "sys/bus/ap/apmask");
	CHECK_HAS(mask, NO_CARD_5);
	rules = tree_get(&s.t, AP_RULES);
	CHECK_HAS(rules, "# cards 05\n");
	CHECK_HAS(rules, "RUN+=\"/bin/sh -c 'echo -0x05 > /sys/bus/ap/apmask'\"\n");
	CHECK_HAS(rules, "ENV{slipway.bind}==\"0\"");
	log = tree_get(&s.t, "calls");
	CHECK_HAS(log, "define --uuid ");
	CHECK_HAS(log, "start --uuid ");
	/* A second time nothing is left to do. */
	CHECK(scene_apply(&s) == 0);
	CHECK(scene_revert(&s) == 0);
	tree_put(&s.t, "sys/bus/ap/apmask", "%s\n", ALL_IDS);
	after = dump(&s);
	CHECK_STR(after, before);
}

TEST(what_the_host_uses_stays_with_it)
{
	static const char *const busy[] = { "ap=06.0005", "ap=06.0004", NULL }, *const half[] = { "ap=06.0004", NULL };
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(scene_done) struct scene s = {};

	/* The default domain; and a card of which the host keeps the rest. */
	two_cards(&s.t);
	scene_guest(&s, NULL, DOMAIN(""));
	CHECK(scene_give(&s, busy, NULL) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "06.0005 → its domain is the host's default");
	CHECK(scene_give(&s, half, NULL) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_STR(s.refusals.list[0].rule, "closure");
	CHECK(allowances_add(&all, "06.0005=crypto") == 0);
	CHECK(scene_give(&s, busy, &all) == 0 && !s.refusals.n && s.plan.n);
	/* The masks changed meanwhile: what is planned is for what was seen. */
	tree_put(&s.t, "sys/bus/ap/apmask", "0x00\n");
	CHECK(scene_apply(&s) == -ESTALE);
	free(stderr_caught());
}

#define HAS_ONE "{\"mdev_type\": \"vfio_ap-passthrough\", \"start\": \"manual\", \"attrs\": [{\"assign_adapter\": \"6\"}, {\"assign_domain\": \"0x4\"}, " \
		"{\"assign_control_domain\": \"9\"}]}\n"
#define FOLDER "sys/devices/vfio_ap/matrix/" ONE "/"

/* A guest has 06.0004, and the host the rest. */
static void has_one(struct scene *s, const char *live)
{
	static const char *const attributes[] = { FOLDER "assign_adapter", FOLDER "unassign_adapter", FOLDER "assign_domain", FOLDER "unassign_domain" };

	two_cards(&s->t);
	tree_masks(&s->t, "0xfdffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ALL_IDS, -1);
	tree_made(&s->t, "matrix", ONE, 7, "06.0004");
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		tree_put(&s->t, attributes[i], "%s", "");
	tree_put(&s->t, "etc/mdevctl.d/matrix/" ONE, "%s", HAS_ONE);
	scene_guest(s, live, DOMAIN(ELEMENT(ONE, "vfio-ap")));
}

TEST(more_queues_go_to_the_device_that_the_guest_has)
{
	static const char *const more[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *assigned = NULL, *domain = NULL, *unassigned = NULL, *now = NULL, *before = NULL, *mask = NULL, *rules = NULL;
	const struct change *c;

	has_one(&s, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	tree_put(&s.t, FOLDER "guest_matrix", "06.0004\n");
	CHECK(scene_give(&s, more, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "kernel-value mediated file file");
	c = find_change(&s.plan, CHANGE_MEDIATED);
	CHECK(c->live && c->saved && !c->one_shot);
	CHECK_STR(c->guest, "guest");
	CHECK_STR(c->before.data, HAS_ONE);
	CHECK_HAS(c->after.data, "\"assign_control_domain\": \"9\"");
	CHECK_HAS(c->after.data, "\"start\": \"manual\"");
	CHECK(scene_apply(&s) == 0);
	assigned = tree_get(&s.t, FOLDER "assign_adapter");
	domain = tree_get(&s.t, FOLDER "assign_domain");
	CHECK_STR(assigned, "0x05");
	CHECK_STR(domain, "");
	rules = tree_get(&s.t, AP_RULES);
	CHECK_HAS(rules, "# cards 05\n");
	now = tree_get(&s.t, "etc/mdevctl.d/matrix/" ONE);
	CHECK_STR(now, c->after.data);
	CHECK(tree_read(&s.t) == 0);
	/* A second time changes nothing; and it is taken back byte for byte. */
	CHECK(scene_apply(&s) == 0 && scene_revert(&s) == 0);
	unassigned = tree_get(&s.t, FOLDER "unassign_adapter");
	before = tree_get(&s.t, "etc/mdevctl.d/matrix/" ONE);
	mask = tree_get(&s.t, "sys/bus/ap/apmask");
	CHECK_STR(unassigned, "0x05");
	CHECK_STR(before, HAS_ONE);
	CHECK_HAS(mask, "0xfdff");
	CHECK(!fs_exists(s.t.fd, AP_RULES));
}

TEST(more_queues_wait_for_the_next_start_where_the_running_guest_is_left_alone)
{
	static const char *const more[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *assigned = NULL, *said = NULL;

	has_one(&s, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	/* This kernel knows no guest_matrix, and so no hot plug. */
	CHECK(scene_give(&s, more, NULL) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "shut it down first, or do it with --no-live");
	s.guest.live = false;
	CHECK(scene_give(&s, more, NULL) == 0 && !s.refusals.n && !find_change(&s.plan, CHANGE_MEDIATED)->live);
	CHECK(scene_apply(&s) == 0);
	assigned = tree_get(&s.t, FOLDER "assign_adapter");
	CHECK_STR(assigned, "");
	/* Somebody has changed the definition since. */
	tree_put(&s.t, "etc/mdevctl.d/matrix/" ONE, "%s", "{}\n");
	CHECK(scene_apply(&s) == -ESTALE);
	said = stderr_caught();
	CHECK_HAS(said, "was changed by somebody else in the meantime");
}

TEST(queues_that_a_guest_cannot_have_beside_its_own_are_refused)
{
	static const char *const more[] = { "ap=05.0004", NULL }, *const same[] = { "ap=06.0004", NULL }, *const half[] = { "ap=06.0005", NULL };
	_cleanup_(scene_done) struct scene s = {};

	/* All cards with all domains: there is no 05.0005. */
	has_one(&s, NULL);
	tree_made(&s.t, "matrix", ONE, 7, "06.0004\n06.0005");
	CHECK(scene_give(&s, more, NULL) == 0 && s.refusals.n && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "there is no 05.0005");
	/* A part of what it has needs nothing. */
	CHECK(scene_give(&s, same, NULL) == 0 && !s.refusals.n && !s.plan.n);
	/* Another guest's. */
	tree_made(&s.t, "matrix", ONE, 7, "06.0004");
	tree_made(&s.t, "matrix", TWO, 8, "06.0005");
	CHECK(scene_give(&s, half, NULL) == 0 && s.refusals.n && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "mediated device " TWO);
	/* One that it has has left the machine. */
	tree_made(&s.t, "matrix", ONE, 7, "09.0004");
	CHECK(scene_give(&s, more, NULL) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "of these 09.0004 is not there");
}

TEST(queues_that_a_guest_has_are_no_other_guests)
{
	static const char *const both[] = { "ap=06.*", NULL };
	_cleanup_(scene_done) struct scene s = {};

	two_cards(&s.t);
	tree_masks(&s.t, "0x00", ALL_IDS, -1);
	tree_made(&s.t, "matrix", ONE, 7, "06.0004\n06.0005");
	scene_guest(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	/* Those that it has it has. */
	CHECK(scene_give(&s, both, NULL) == 0 && !s.refusals.n && !s.plan.n);
	/* And they are no other guest's. */
	scene_guest(&s, NULL, DOMAIN(""));
	CHECK(scene_give(&s, both, NULL) == 0 && s.refusals.n == 2 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "mediated device " ONE);
}

TEST(the_running_guest_gets_what_its_definition_has)
{
	static const char *const both[] = { "ap=06.*", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL;

	two_cards(&s.t);
	tree_masks(&s.t, "0x00", ALL_IDS, -1);
	tree_put(&s.t, "etc/mdevctl.d/matrix/" ONE, "{\"mdev_type\": \"vfio_ap-passthrough\", \"start\": \"auto\", \"attrs\": [{\"assign_adapter\": \"6\"}, "
		 "{\"assign_domain\": \"4\"}, {\"assign_domain\": \"5\"}]}\n");
	scene_guest(&s, DOMAIN(""), DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(scene_give(&s, both, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "mediated hostdev");
	CHECK_HAS(s.plan.list[1].live_xml, ONE);
	CHECK(!s.plan.list[1].saved_xml);
}

/* As slipway left them: card 5 by its own doing, card 7 by somebody else's. */
static void set_aside(struct scene *s)
{
	struct channel_boot boot = {};

	two_cards(&s->t);
	tree_masks(&s->t, "0xfaffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ALL_IDS, -1);
	tree_queue(&s->t, "05.0004", "CEX8C", "vfio_ap");
	tree_queue(&s->t, "07.0004", "CEX8C", "vfio_ap");
	ap_mask_set(&boot.cards, 5, true);
	if (channel_boot_plan(s->t.fd, &boot, &s->plan) < 0 || scene_apply(s) < 0)
		abort();
	tree_put(&s->t, "etc/mdevctl.d/matrix/" ONE, "{\"mdev_type\": \"vfio_ap-passthrough\", \"start\": \"auto\", \"attrs\": [{\"assign_adapter\": \"5\"}, "
		 "{\"assign_domain\": \"4\"}]}\n");
	tree_put(&s->t, "etc/mdevctl.d/matrix/" TWO, "{\"mdev_type\": \"vfio_ap-passthrough\", \"attrs\": [{\"assign_adapter\": \"7\"}, {\"assign_domain\": \"4\"}]}\n");
}

TEST(queues_come_back_to_the_host_that_were_the_hosts)
{
	static const char *const queue[] = { "ap=05.0004", NULL }, *const foreign[] = { "ap=07.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *mask = NULL, *said = NULL, *definition = NULL, *again = NULL;

	set_aside(&s);
	definition = tree_get(&s.t, "etc/mdevctl.d/matrix/" ONE);
	scene_guest(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(scene_take(&s, queue, true) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "hostdev mediated kernel-value file file");
	CHECK(scene_apply(&s) == 0);
	/* Card 7 stays as it was. */
	mask = tree_get(&s.t, "sys/bus/ap/apmask");
	CHECK_HAS(mask, "0xfeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
	CHECK(!fs_exists(s.t.fd, "etc/mdevctl.d/matrix/" ONE) && fs_exists(s.t.fd, "etc/mdevctl.d/matrix/" TWO) && !fs_exists(s.t.fd, AP_RULES));
	CHECK(scene_revert(&s) == 0 && fs_exists(s.t.fd, AP_RULES));
	again = tree_get(&s.t, "etc/mdevctl.d/matrix/" ONE);
	CHECK_STR(again, definition);
	/* What slipway has not set aside is not its to give back. */
	scene_guest(&s, NULL, DOMAIN(ELEMENT(TWO, "vfio-ap")));
	CHECK(scene_take(&s, foreign, true) == 0 && !find_change(&s.plan, CHANGE_VALUE) && find_change(&s.plan, CHANGE_MEDIATED));
	said = stderr_caught();
	CHECK_HAS(said, "it was not slipway that set these queues aside for good");
}

TEST(a_card_on_which_another_guest_lives_is_not_given_back)
{
	static const char *const queue[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *said = NULL;

	set_aside(&s);
	tree_queue(&s.t, "05.0006", "CEX8C", "vfio_ap");
	tree_put(&s.t, "etc/mdevctl.d/matrix/" TWO, "{\"mdev_type\": \"vfio_ap-passthrough\", \"attrs\": [{\"assign_adapter\": \"5\"}, {\"assign_domain\": \"6\"}]}\n");
	scene_guest(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(scene_take(&s, queue, true) == 0 && !find_change(&s.plan, CHANGE_VALUE) && !find_change(&s.plan, CHANGE_FILE));
	said = stderr_caught();
	CHECK_HAS(said, "the masks in /sys/bus/ap stay as they are: other guests have queues");
	/* And a device that another guest's definition names, too, stays whole. */
	scene_other = DOMAIN(ELEMENT(ONE, "vfio-ap"));
	CHECK(scene_take(&s, queue, true) == 0 && s.plan.n == 1 && s.plan.list[0].kind == CHANGE_HOSTDEV);
	scene_other = NULL;
	/* So it does where the running guest keeps it, and where it goes on to another one. */
	CHECK(scene_take(&s, queue, false) == 0 && s.plan.n == 1);
	scene_guest(&s, DOMAIN(ELEMENT(ONE, "vfio-ap")), DOMAIN(ELEMENT(ONE, "vfio-ap")));
	s.guest.live = false;
	CHECK(scene_take(&s, queue, true) == 0 && s.plan.n == 1 && !s.plan.list[0].live);
}

TEST(queues_leave_a_guest_together)
{
	static const char *const one_queue[] = { "ap=06.0004", NULL }, *const strange[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *said = NULL;

	two_cards(&s.t);
	tree_masks(&s.t, "0x00", ALL_IDS, -1);
	tree_made(&s.t, "matrix", ONE, 7, "06.0004\n06.0005");
	scene_guest(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(scene_take(&s, one_queue, true) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "they leave it together: 06.0004, 06.0005");
	CHECK(scene_take(&s, strange, true) == -EINVAL && !s.plan.n);
	said = stderr_caught();
	CHECK_HAS(said, "guest guest does not have ap=05.0004; nothing was changed");
}

TEST(what_mdevctl_refuses_is_told_and_leaves_nothing)
{
	static const char *const queue[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *said = NULL;

	two_cards(&s.t);
	tree_put(&s.t, "fail-mdevctl-start", "%s", "");
	scene_guest(&s, NULL, DOMAIN(""));
	CHECK(scene_give(&s, queue, NULL) == 0 && !s.refusals.n && scene_apply(&s) < 0);
	said = stderr_caught();
	CHECK_HAS(said, "mdevctl start --uuid ");
	CHECK_HAS(said, "failed with status 1: Error: it was to fail");
	s.plan.n -= 2; /* what was never begun: the files */
	CHECK(scene_revert(&s) == 0);
	s.plan.n += 2;
	CHECK(tree_read(&s.t) == 0 && !s.t.host.mediated.n && ap_mask_has(&s.t.host.ap.cards, 5));
}

TEST_MAIN()
