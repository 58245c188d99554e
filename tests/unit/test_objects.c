/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage pools and networks of the spec, through libvirt's own driver for tests: made, left, compared, and taken back. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/objects.h"
#include "installer/provision.h"
#include "installer/spec.h"
#include "passthrough/guest_objects.h"
#include "tests/unit/check.h"
#include "tests/unit/host_settings.h"

#define URI "test:///default"
#define _cleanup_connection_ _cleanup_(guest_connection_freep)
#define IMAGES "pools:\n  - { name: images, path: /srv/images }\n"
#define LAN "networks:\n  - { name: lan, bridge: br0 }\n"
#define DEFAULT_OFF "networks:\n  - { name: default, active: off }\n"

/* What a spec becomes, with libvirt. */
struct outcome_of {
	struct plan plan;
	struct object_notes notes;
	char *refused;
	int r;
};

static void outcome_done(struct outcome_of *o)
{
	plan_done(&o->plan);
	object_notes_done(&o->notes);
	free(o->refused);
}

#define _cleanup_outcome_ _cleanup_(outcome_done)

static void make_of(struct tree *t, const char *distribution)
{
	distribution_new(t, distribution);
	tree_put(t, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	tree_folder(t, "sys/class/net/br0/bridge");
	tree_folder(t, "srv");
}

static void make(struct tree *t)
{
	make_of(t, "debian");
}

static void plan_with(struct tree *t, const char *spec, const char *uri, const char *pending, struct outcome_of *o)
{
	_cleanup_free_ char *text = text_format("version: 1\n%s", spec);
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(wishes_done) struct wishes wishes = {};
	struct guests_request q = { .host = &t->host, .uses = &t->uses, .wishes = &wishes, .libvirt_uri = uri };
	struct text said = {};

	if (!text || spec_parse(text, "f", &wishes) < 0 || tree_read(t) < 0)
		abort();
	t->host.is_live = spec_is_live;
	wishes.pending = pending ? strdup(pending) : NULL;
	o->r = objects_plan(&q, &o->plan, &refusals, &o->notes);
	text_append(&said, "");
	for (size_t i = 0; i < refusals.n; i++)
		text_append(&said, refusals.list[i].text);
	o->refused = text_take(&said);
}

static void plan_spec(struct tree *t, const char *spec, struct outcome_of *o)
{
	plan_with(t, spec, URI, NULL, o);
}

static struct site site_of(const struct tree *t)
{
	return (struct site){ .root_fd = t->fd, .is_live = true, .libvirt_uri = URI };
}

static enum outcome apply(struct tree *t, const char *spec)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_outcome_ struct outcome_of o = {};
	struct site site = site_of(t);

	plan_spec(t, spec, &o);
	if (o.r < 0 || !o.plan.n || *o.refused || journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_apply(&site, &journal, "apply", &o.plan);
}

static enum outcome undo(struct tree *t)
{
	_cleanup_(journal_done) struct journal journal = {};
	struct site site = site_of(t);

	if (journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_undo(&site, &journal, journal_last(&journal, "apply"));
}

static int drifted(struct tree *t)
{
	_cleanup_(journal_done) struct journal journal = {};
	struct site site = site_of(t);

	if (journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_verify(&site, &journal, journal_last(&journal, "apply"));
}

/* "runs, starts with the host", ... */
static const char *state_of(struct guest_connection *c, enum object_kind kind, const char *name)
{
	_cleanup_(object_state_done) struct object_state s = {};

	if (object_read(c, kind, name, &s) < 0)
		return "?";
	if (!s.exists)
		return "none";
	return s.is_active ? s.autostart ? "runs at boot" : "runs" : s.autostart ? "stopped, at boot" : "stopped";
}

TEST(pools_and_networks_are_made_once_and_go_on_the_way_back)
{
	for (const char *const *d = distributions; *d; d++) {
		_cleanup_connection_ struct guest_connection *c = NULL;
		_cleanup_free_ char *before = NULL, *after = NULL;
		_cleanup_outcome_ struct outcome_of again = {};
		_cleanup_tree_ struct tree t;

		make_of(&t, *d);
		before = spec_dump(&t);
		tree_folder(&t, "var/lib/slipway");
		CHECK(guest_connect(URI, &c) == 0);
		CHECK_ROW(*d, apply(&t, IMAGES LAN) == OUTCOME_DONE);
		CHECK_STR(state_of(c, OBJECT_POOL, "images"), "runs at boot");
		CHECK_STR(state_of(c, OBJECT_NETWORK, "lan"), "runs at boot");
		CHECK_ROW(*d, fs_exists(t.fd, "srv/images"));
		CHECK_ROW(*d, drifted(&t) == 0);
		plan_spec(&t, IMAGES LAN, &again);
		CHECK_ROW(*d, again.r >= 0 && !again.plan.n && again.notes.pools.n == 1 && again.notes.pools.list[0].standing == GUEST_AS_WISHED);
		CHECK_ROW(*d, undo(&t) == OUTCOME_DONE);
		CHECK_STR(state_of(c, OBJECT_POOL, "images"), "none");
		CHECK_STR(state_of(c, OBJECT_NETWORK, "lan"), "none");
		after = spec_dump(&t);
		CHECK_STR(after, before);
	}
}

TEST(data_in_a_pool_stays)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *said = NULL, *data = NULL;
	_cleanup_tree_ struct tree t;

	make(&t);
	CHECK(guest_connect(URI, &c) == 0);
	CHECK(apply(&t, IMAGES) == OUTCOME_DONE);
	tree_put(&t, "srv/images/guest1.raw", "precious");
	stderr_catch();
	CHECK(undo(&t) == OUTCOME_DONE);
	said = stderr_caught();
	CHECK_HAS(said, "holds files of others and stays");
	CHECK_STR(state_of(c, OBJECT_POOL, "images"), "none");
	data = tree_get(&t, "srv/images/guest1.raw");
	CHECK_STR(data, "precious");
}

/* As libvirt was found, so it is again: one that was stopped, one that did not start with the host. */
TEST(of_what_is_there_only_the_state_changes_and_comes_back)
{
	static const struct {
		bool active, autostart;
		const char *spec, *before, *after;
	} rows[] = {
		{ false, false, IMAGES, "stopped", "runs at boot" },
		{ true, false, IMAGES, "runs", "runs at boot" },
		{ false, true, IMAGES, "stopped, at boot", "runs at boot" },
		{ true, true, "pools:\n  - { name: images, path: /srv/images/, autostart: off }\n", "runs at boot", "runs" },
		{ false, true, "pools:\n  - { name: images, path: /srv/images, autostart: off }\n", "stopped, at boot", "stopped" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_connection_ struct guest_connection *c = NULL;
		_cleanup_(object_state_done) struct object_state before = {}, after = {};
		_cleanup_tree_ struct tree t;

		make(&t);
		CHECK(guest_connect(URI, &c) == 0);
		CHECK(object_define(c, OBJECT_POOL, "<pool type='dir'><name>images</name><target><path>/srv/images</path></target></pool>") == 0);
		CHECK(object_set_active(c, OBJECT_POOL, "images", rows[i].active) == 0);
		CHECK(object_set_autostart(c, OBJECT_POOL, "images", rows[i].autostart) == 0);
		CHECK(object_read(c, OBJECT_POOL, "images", &before) == 0);
		CHECK_ROW(rows[i].before, apply(&t, rows[i].spec) == OUTCOME_DONE && drifted(&t) == 0);
		CHECK_STR(state_of(c, OBJECT_POOL, "images"), rows[i].after);
		CHECK_ROW(rows[i].before, undo(&t) == OUTCOME_DONE);
		CHECK_STR(state_of(c, OBJECT_POOL, "images"), rows[i].before);
		CHECK(object_read(c, OBJECT_POOL, "images", &after) == 0);
		CHECK_STR(after.xml, before.xml);
	}
}

TEST(one_with_another_definition_is_shown_and_left)
{
	static const struct {
		const char *spec, *what, *wanted, *found;
	} rows[] = {
		{ IMAGES, "path", "/srv/images", "/srv/other" },
		{ "pools:\n  - { name: images, lvm: vg0 }\n", "type", "logical", "dir" },
		{ "pools:\n  - { name: images, path: /srv/other, nfs: \"nas1:/export\" }\n", "type", "netfs", "dir" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_connection_ struct guest_connection *c = NULL;
		_cleanup_outcome_ struct outcome_of o = {};
		const struct guest_note *note;
		_cleanup_tree_ struct tree t;

		make(&t);
		CHECK(guest_connect(URI, &c) == 0);
		CHECK(object_define(c, OBJECT_POOL, "<pool type='dir'><name>images</name><target><path>/srv/other</path></target></pool>") == 0);
		plan_spec(&t, rows[i].spec, &o);
		CHECK_ROW(rows[i].what, o.r >= 0 && !o.plan.n && o.notes.pools.n == 1);
		note = &o.notes.pools.list[0];
		CHECK(note->standing == GUEST_DIFFERS && note->differences.n >= 1);
		CHECK_STR(note->differences.list[0].what, rows[i].what);
		CHECK_STR(note->differences.list[0].wanted, rows[i].wanted);
		CHECK_STR(note->differences.list[0].found, rows[i].found);
	}
}

/* Between plan and apply, and between apply and rollback, others are at work, too. */
TEST(what_somebody_else_has_made_is_never_undefined)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_outcome_ struct outcome_of o = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;
	struct site site;

	make(&t);
	site = site_of(&t);
	CHECK(guest_connect(URI, &c) == 0);
	plan_spec(&t, IMAGES, &o);
	CHECK(o.plan.n == 2);
	/* The same definition, but not slipway's. */
	CHECK(object_define(c, OBJECT_POOL, "<pool type='dir'><name>images</name><target><path>/srv/images</path></target></pool>") == 0);
	CHECK(journal_read(t.fd, &journal) == 0);
	stderr_catch();
	CHECK(transaction_apply(&site, &journal, "apply", &o.plan) != OUTCOME_DONE);
	said = stderr_caught();
	CHECK_HAS(said, "was defined by somebody else in the meantime");
	CHECK_STR(state_of(c, OBJECT_POOL, "images"), "stopped");
}

/* The same of a guest, which has no mark of slipway's. */
TEST(a_guest_that_somebody_else_has_defined_is_never_undefined)
{
	static const char xml[] = "<domain type='test'><name>g</name><memory>131072</memory><os><type>hvm</type></os></domain>";
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;
	struct change *change;
	struct site site;

	make(&t);
	site = site_of(&t);
	CHECK(guest_connect(URI, &c) == 0 && journal_read(t.fd, &journal) == 0);
	change = plan_add(&plan, CHANGE_DOMAIN, "g");
	CHECK(change);
	change->summary = strdup("define the guest");
	change->after = (struct content){ .exists = true, .data = strdup(xml), .size = strlen(xml) };
	CHECK(guest_define(c, xml) == 0);
	stderr_catch();
	CHECK(transaction_apply(&site, &journal, "apply", &plan) == OUTCOME_UNDONE);
	said = stderr_caught();
	CHECK_HAS(said, "guest g was defined by somebody else in the meantime");
	CHECK(guest_exists(c, "g") == 1);
}

TEST(a_definition_that_was_edited_since_stays)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_(object_state_done) struct object_state s = {};
	_cleanup_free_ char *said = NULL, *edited = NULL;
	_cleanup_tree_ struct tree t;

	make(&t);
	CHECK(guest_connect(URI, &c) == 0);
	CHECK(apply(&t, IMAGES) == OUTCOME_DONE);
	CHECK(object_read(c, OBJECT_POOL, "images", &s) == 0);
	CHECK(object_set_active(c, OBJECT_POOL, "images", false) == 0 && object_undefine(c, OBJECT_POOL, "images") == 0);
	edited = text_format("<pool type='dir'><name>images</name><uuid>%s</uuid><target><path>/elsewhere</path></target></pool>", s.uuid);
	CHECK(object_define(c, OBJECT_POOL, edited) == 0);
	stderr_catch();
	undo(&t);
	said = stderr_caught();
	CHECK_HAS(said, "somebody else has changed it in the meantime; it is left as it is");
	CHECK_STR(state_of(c, OBJECT_POOL, "images"), "stopped");
}

TEST(the_default_network_goes_off_and_comes_back)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_outcome_ struct outcome_of again = {};
	_cleanup_(object_state_done) struct object_state before = {}, after = {};
	_cleanup_tree_ struct tree t;

	make(&t);
	CHECK(guest_connect(URI, &c) == 0);
	CHECK(object_set_autostart(c, OBJECT_NETWORK, "default", true) == 0);
	CHECK(object_read(c, OBJECT_NETWORK, "default", &before) == 0);
	CHECK_STR(state_of(c, OBJECT_NETWORK, "default"), "runs at boot");
	CHECK(apply(&t, DEFAULT_OFF) == OUTCOME_DONE);
	CHECK_STR(state_of(c, OBJECT_NETWORK, "default"), "stopped");
	plan_spec(&t, DEFAULT_OFF, &again);
	CHECK(again.r >= 0 && !again.plan.n && again.notes.networks.list[0].standing == GUEST_AS_WISHED);
	/* Somebody starts it by hand: what was applied does not hold. */
	CHECK(object_set_active(c, OBJECT_NETWORK, "default", true) == 0);
	stderr_catch();
	CHECK(drifted(&t) == 1);
	free(stderr_caught());
	CHECK(undo(&t) == OUTCOME_DONE);
	CHECK_STR(state_of(c, OBJECT_NETWORK, "default"), "runs at boot");
	CHECK(object_read(c, OBJECT_NETWORK, "default", &after) == 0);
	CHECK_STR(after.xml, before.xml);
}

TEST(a_network_over_a_bridge_is_made_and_taken_back)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_(object_state_done) struct object_state s = {};
	_cleanup_outcome_ struct outcome_of again = {};
	_cleanup_tree_ struct tree t;

	make(&t);
	CHECK(guest_connect(URI, &c) == 0);
	CHECK(apply(&t, LAN) == OUTCOME_DONE);
	CHECK_STR(state_of(c, OBJECT_NETWORK, "lan"), "runs at boot");
	CHECK(object_read(c, OBJECT_NETWORK, "lan", &s) == 0);
	CHECK(strstr(s.xml, "<forward mode='bridge'/>") && strstr(s.xml, "<bridge name='br0'/>"));
	plan_spec(&t, LAN, &again);
	CHECK(again.r >= 0 && !again.plan.n);
	CHECK(undo(&t) == OUTCOME_DONE);
	CHECK_STR(state_of(c, OBJECT_NETWORK, "lan"), "none");
}

TEST(what_a_pool_or_network_is_over_must_be_there)
{
	static const struct {
		const char *spec, *said;
	} rows[] = {
		{ "networks:\n  - { name: lan, bridge: br9 }\n", "there is no bridge br9 here" },
		{ "bridges:\n  - { name: br1, ports: [eno1] }\nnetworks:\n  - { name: lan, bridge: br9 }\n", "there is no bridge br9 here" },
		{ "pools:\n  - { name: a, lvm: vg0 }\n", "there is no LVM volume group vg0 in sight" },
		{ "pools:\n  - { name: a, path: /mnt/a, nfs: \"nas1:/x\" }\n", "mount.nfs is not installed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_connection_ struct guest_connection *c = NULL;
		_cleanup_outcome_ struct outcome_of o = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;

		make(&t);
		CHECK(guest_connect(URI, &c) == 0);
		stderr_catch();
		plan_spec(&t, rows[i].spec, &o);
		said = stderr_caught();
		CHECK_ROW(rows[i].spec, o.r == -EINVAL);
		CHECK_HAS(said, rows[i].said);
	}
}

TEST(volumes_that_are_active_are_so_again_after_a_rollback)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_outcome_ struct outcome_of o = {}, quiet = {};
	_cleanup_tree_ struct tree t;

	make(&t);
	CHECK(guest_connect(URI, &c) == 0);
	tree_put(&t, "etc/lvm/backup/vg0", "x");
	plan_spec(&t, "pools:\n  - { name: a, lvm: vg0 }\n", &quiet);
	CHECK(quiet.plan.n == 1 && quiet.plan.list[0].kind == CHANGE_POOL);
	tree_put(&t, "sys/block/dm-0/dm/uuid", "LVM-abc\n");
	tree_put(&t, "sys/block/dm-0/dm/name", "vg0-root\n");
	plan_spec(&t, "pools:\n  - { name: a, lvm: vg0 }\n", &o);
	CHECK(o.plan.n == 2 && o.plan.list[0].kind == CHANGE_COMMAND && !o.plan.list[0].undo);
	CHECK_STR(o.plan.list[0].target, "vgchange --activate ay vg0");
	CHECK_HAS(o.plan.list[1].after.data, "<path>/dev/vg0</path>");
}

TEST(they_wait_for_libvirt_for_a_trial_and_for_the_running_host)
{
	static const struct {
		bool is_live;
		const char *uri, *pending, *reason;
	} rows[] = {
		{ true, "qemu+unix:///system?socket=/nonexistent/libvirt-sock", NULL, "does not answer" },
		{ true, URI, "pending", "the trial is for the host alone" },
		{ false, URI, NULL, "on the running host" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_outcome_ struct outcome_of o = {};
		_cleanup_tree_ struct tree t;

		make(&t);
		spec_is_live = rows[i].is_live;
		plan_with(&t, IMAGES LAN, rows[i].uri, rows[i].pending, &o);
		spec_is_live = true;
		CHECK_ROW(rows[i].reason, o.r >= 0 && !o.plan.n && o.notes.pools.n == 1 && o.notes.networks.n == 1);
		CHECK(o.notes.pools.list[0].standing == GUEST_WAITS && o.notes.networks.list[0].standing == GUEST_WAITS);
		CHECK_HAS(o.notes.pools.list[0].reason, rows[i].reason);
	}
}

TEST(a_network_that_nobody_has_waits_for_its_package)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_outcome_ struct outcome_of o = {};
	_cleanup_tree_ struct tree t;

	make(&t);
	CHECK(guest_connect(URI, &c) == 0);
	plan_spec(&t, "networks:\n  - { name: other }\n", &o);
	CHECK(o.r >= 0 && !o.plan.n && o.notes.networks.list[0].standing == GUEST_WAITS);
	CHECK_HAS(o.notes.networks.list[0].reason, "libvirt has none of that name");
}

TEST_MAIN()
