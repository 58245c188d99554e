/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SELinux and AppArmor: which of them is on, and what storage pools make of their rules. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/confinement.h"
#include "installer/sections/pool_access.h"
#include "installer/spec.h"
#include "tests/unit/check.h"
#include "tests/unit/host_settings.h"

#define GUESTS "etc/apparmor.d/local/abstractions/libvirt-qemu"
#define HELPER "etc/apparmor.d/local/usr.lib.libvirt.virt-aa-helper"
#define POOLS "pools:\n  - { name: a, path: /data/a }\n  - { name: b, path: /srv/b }\n  - { name: d, path: /var/lib/libvirt/images }\n"
#define BY_VOLUME POOLS "guests:\n  - { name: g, profile: uefi, disk: a/g.raw }\n"

static void add_apparmor(struct tree *t)
{
	tree_put(t, "sys/module/apparmor/parameters/enabled", "Y\n");
	tree_put(t, "etc/apparmor.d/abstractions/libvirt-qemu", "# libvirt's\n");
	tree_folder(t, "etc/apparmor.d/local/abstractions");
}

static void make_apparmor(struct tree *t)
{
	distribution_new(t, "debian");
	add_apparmor(t);
}

static void add_selinux(struct tree *t, const char *enforce)
{
	tree_put(t, "etc/selinux/config", "# comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n");
	tree_put(t, "sys/fs/selinux/enforce", "%s", enforce);
	tree_put(t, "sys/fs/selinux/booleans/virt_use_nfs", "0 0");
	tree_put(t, "usr/sbin/semanage", "%s", "");
	tree_folder(t, "data");
}

static void make_selinux(struct tree *t, const char *enforce)
{
	distribution_new(t, "fedora");
	add_selinux(t, enforce);
}

static void add_enforcing(struct tree *t)
{
	add_selinux(t, "1");
}

/* Each on a line. */
static char *commands_of(const struct plan *plan)
{
	struct text t = {};

	text_append(&t, "");
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_COMMAND)
			text_printf(&t, "%s\n", plan->list[i].target);
	return text_take(&t);
}

static const char *confinement_of(struct tree *t, bool is_live)
{
	_cleanup_(confinement_done) struct confinement c = {};

	return confinement_read(t->fd, is_live, &c) < 0 ? "?" : confinement_name(c.kind);
}

/* What comes with the pools, as objects_plan() asks for it. */
static int access_plan(struct tree *t, const char *spec, struct plan *plan)
{
	_cleanup_free_ char *text = text_format("version: 1\n%s", spec);
	_cleanup_(wishes_done) struct wishes wishes = {};

	if (!text || spec_parse(text, "f", &wishes) < 0 || tree_read(t) < 0)
		abort();
	t->host.is_live = true;
	return pool_access_plan(&t->host, &wishes, plan);
}

TEST(what_confines_guests_is_read)
{
	_cleanup_tree_ struct tree enforcing, permissive, apparmor, none;

	make_selinux(&enforcing, "1");
	CHECK_STR(confinement_of(&enforcing, true), "selinux-enforcing");
	tree_remove(&enforcing, "sys/fs/selinux");
	CHECK_STR(confinement_of(&enforcing, true), "selinux-disabled");
	CHECK_STR(confinement_of(&enforcing, false), "selinux-enforcing");
	make_selinux(&permissive, "0");
	CHECK_STR(confinement_of(&permissive, true), "selinux-permissive");
	make_apparmor(&apparmor);
	CHECK_STR(confinement_of(&apparmor, true), "apparmor");
	tree_remove(&apparmor, "etc/apparmor.d/abstractions");
	CHECK_STR(confinement_of(&apparmor, true), "apparmor-without-libvirt");
	tree_put(&apparmor, "sys/module/apparmor/parameters/enabled", "N\n");
	CHECK_STR(confinement_of(&apparmor, true), "none");
	distribution_new(&none, "arch");
	CHECK_STR(confinement_of(&none, true), "none");
	/* A policy that would lead elsewhere is none. */
	tree_put(&none, "etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=../../x\n");
	CHECK_STR(confinement_of(&none, false), "none");
}

TEST(settings_of_libvirt_are_read_as_it_reads_them)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ "security_driver = \"none\"\n", "none" }, { "#security_driver = \"none\"\n", NULL }, { " security_driver=selinux # x\n", "selinux" },
		{ "security_driver_x = 1\n", NULL }, { "security_driver = \"a\"\nsecurity_driver = \"b\"", "b" }, { "", NULL }, { "security_driver", NULL },
		{ "security_driver =\n", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *value = libvirt_setting(rows[i].text, "security_driver");

		CHECK_ROW(rows[i].text, str_eq(value, rows[i].value) || (!value && !rows[i].value));
	}
}

TEST(apparmor_gets_lines_for_what_is_needed_and_loses_them_again)
{
	_cleanup_free_ char *guests = NULL, *helper = NULL, *refused = NULL, *before = NULL, *after = NULL;
	_cleanup_(plan_done) struct plan first = {}, again = {}, gone = {};
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_tree_ struct tree t;
	struct site site;

	make_apparmor(&t);
	site = (struct site){ .root_fd = t.fd, .is_live = true };
	tree_put(&t, GUESTS, "  /own/** r,\n");
	before = spec_dump(&t);
	tree_folder(&t, "var/lib/slipway");
	CHECK(access_plan(&t, BY_VOLUME, &first) == 0 && journal_read(t.fd, &journal) == 0);
	CHECK(transaction_apply(&site, &journal, "apply", &first) == OUTCOME_DONE);
	guests = tree_get(&t, GUESTS);
	CHECK_STR(guests, "  /own/** r,\n\"/data/a/**\" rwk, # slipway\n");
	helper = tree_get(&t, HELPER);
	CHECK_STR(helper, "\"/data/a/**\" r, # slipway\n");
	CHECK(access_plan(&t, BY_VOLUME, &again) == 0 && !again.n);
	/* Who takes the pools out of the spec keeps his own lines, and no other; and the file, without which the profiles are none. */
	CHECK(spec_plan(&t, "users: []\n", &gone, &refused) >= 0 && gone.n == 2);
	for (size_t i = 0; i < gone.n; i++) {
		CHECK(gone.list[i].after.exists);
		CHECK_STR(gone.list[i].after.data, str_eq(gone.list[i].target, GUESTS) ? "  /own/** r,\n" : "");
	}
	CHECK(spec_undo(&t) == OUTCOME_DONE);
	after = spec_dump(&t);
	CHECK_STR(after, before);
}

/* Which of the two a distribution has, and what that is given: files there and back, and commands. */
TEST(each_distribution_has_its_own_way_to_let_guests_at_their_images)
{
	static const struct {
		const char *distribution, *kind, *commands;
		void (*add)(struct tree *t);
	} rows[] = {
		{ "debian", "apparmor", "", add_apparmor }, { "ubuntu", "apparmor", "", add_apparmor }, { "suse", "apparmor", "", add_apparmor },
		{ "fedora", "selinux-enforcing",
		  "restorecon -n -R /data/a\nsemanage fcontext --add --type virt_image_t '/data/a(/.*)?'\nrestorecon -R /data/a\n"
		  "restorecon -n -R /srv/b\nsemanage fcontext --add --type virt_image_t '/srv/b(/.*)?'\nrestorecon -R /srv/b\n", add_enforcing },
		{ "arch", "none", "", NULL },
	};

	CHECK(ARRAY_SIZE(rows) == 5);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *before = NULL, *after = NULL, *helper = NULL, *guests = NULL, *commands = NULL;
		bool is_apparmor = str_eq(rows[i].kind, "apparmor"), is_selinux = str_starts(rows[i].kind, "selinux");
		_cleanup_(plan_done) struct plan first = {}, again = {};
		_cleanup_(journal_done) struct journal journal = {};
		_cleanup_tree_ struct tree t;
		struct site site;

		distribution_new(&t, rows[i].distribution);
		site = (struct site){ .root_fd = t.fd, .is_live = true };
		if (rows[i].add)
			rows[i].add(&t);
		CHECK_STR(confinement_of(&t, true), rows[i].kind);
		before = spec_dump(&t);
		tree_folder(&t, "var/lib/slipway");
		CHECK_ROW(rows[i].distribution, access_plan(&t, BY_VOLUME, &first) == 0 && journal_read(t.fd, &journal) == 0);
		commands = commands_of(&first);
		CHECK_STR(commands, rows[i].commands);
		if (is_selinux)
			tree_put(&t, "etc/selinux/targeted/contexts/files/file_contexts.local",
				 "/data/a(/.*)?    system_u:object_r:virt_image_t:s0\n/srv/b(/.*)?    system_u:object_r:virt_image_t:s0\n");
		if (is_apparmor)
			CHECK_ROW(rows[i].distribution, transaction_apply(&site, &journal, "apply", &first) == OUTCOME_DONE);
		helper = tree_get(&t, HELPER);
		guests = tree_get(&t, GUESTS);
		CHECK_ROW(rows[i].distribution, !helper == !is_apparmor && (!helper || str_eq(helper, "\"/data/a/**\" r, # slipway\n")));
		CHECK_ROW(rows[i].distribution, !guests == !is_apparmor && (!guests || str_eq(guests, "\"/data/a/**\" rwk, # slipway\n")));
		CHECK_ROW(rows[i].distribution, access_plan(&t, BY_VOLUME, &again) == 0 && !again.n);
		if (!is_apparmor)
			continue;
		CHECK_ROW(rows[i].distribution, spec_undo(&t) == OUTCOME_DONE);
		after = spec_dump(&t);
		CHECK_STR(after, before);
	}
}

TEST(guests_that_name_files_need_no_line_of_their_own)
{
	_cleanup_(plan_done) struct plan plan = {}, none = {};
	_cleanup_free_ char *guests = NULL;
	_cleanup_tree_ struct tree t, off;

	make_apparmor(&t);
	CHECK(access_plan(&t, POOLS, &plan) == 0);
	guests = spec_planned(&plan, GUESTS);
	CHECK(!guests && plan.n == 1);
	distribution_new(&off, "debian");
	CHECK(access_plan(&off, BY_VOLUME, &none) == 0 && !none.n);
}

TEST(the_helper_s_profile_is_loaded_anew)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	make_apparmor(&t);
	tree_put(&t, "etc/apparmor.d/usr.lib.libvirt.virt-aa-helper", "%s", "");
	CHECK(access_plan(&t, POOLS, &plan) == 0 && plan.n == 2);
	CHECK_STR(plan.list[1].target, "apparmor_parser --replace /etc/apparmor.d/usr.lib.libvirt.virt-aa-helper");
	CHECK(!plan.list[1].undo);
}

static const struct change *command(const struct plan *plan, const char *line)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_COMMAND && str_eq(plan->list[i].target, line))
			return &plan->list[i];
	return NULL;
}

TEST(selinux_gets_rules_for_folders_elsewhere_and_never_goes_away)
{
	static const char spec[] = "pools:\n  - { name: a, path: /data/a.b }\n  - { name: d, path: /var/lib/libvirt/images/d }\n";
	_cleanup_free_ char *undo = NULL;
	_cleanup_(plan_done) struct plan plan = {}, again = {};
	const struct change *c;
	_cleanup_tree_ struct tree t;

	make_selinux(&t, "1");
	CHECK(access_plan(&t, spec, &plan) == 0);
	for (size_t i = 0; i < plan.n; i++)
		CHECK(!strstr(plan.list[i].target, "setenforce"));
	CHECK(plan.n == 4 && plan.list[0].kind == CHANGE_DIRECTORY);
	c = &plan.list[2];
	CHECK_STR(c->argv[0], "semanage");
	CHECK_STR(c->argv[5], "/data/a\\.b(/.*)?");
	undo = strv_join(c->undo, " ");
	CHECK_STR(undo, "semanage fcontext --delete /data/a\\.b(/.*)?");
	/* The last thing on the way back is to make the labels as they were. */
	CHECK(command(&plan, "restorecon -n -R /data/a.b") == &plan.list[1]);
	CHECK(str_eq(plan.list[1].undo[1], "-R") && str_eq(plan.list[3].target, "restorecon -R /data/a.b"));
	tree_put(&t, "etc/selinux/targeted/contexts/files/file_contexts.local", "# auto\n/data/a\\.b(/.*)?    system_u:object_r:virt_image_t:s0\n");
	tree_folder(&t, "data/a.b");
	CHECK(access_plan(&t, spec, &again) == 0 && !again.n);
}

/* A folder beside libvirt's own is none of those that the distributions' rules know. */
TEST(a_folder_whose_name_goes_on_is_another)
{
	static const char spec[] = "pools:\n  - { name: a, path: /var/lib/libvirt/images2 }\n  - { name: b, path: /srv2 }\n";
	_cleanup_(plan_done) struct plan selinux = {}, apparmor = {};
	_cleanup_free_ char *helper = NULL;
	_cleanup_tree_ struct tree t, other;

	make_selinux(&t, "1");
	make_apparmor(&other);
	CHECK(access_plan(&t, spec, &selinux) == 0);
	CHECK(command(&selinux, "restorecon -R /var/lib/libvirt/images2") && command(&selinux, "restorecon -R /srv2"));
	CHECK(access_plan(&other, spec, &apparmor) == 0);
	helper = spec_planned(&apparmor, HELPER);
	CHECK_STR(helper, "\"/var/lib/libvirt/images2/**\" r, # slipway\n\"/srv2/**\" r, # slipway\n");
}

TEST(a_rule_counts_for_its_folder_and_its_type_alone)
{
	static const struct {
		const char *rules;
		int has;
	} rows[] = {
		{ "/data/a(/.*)?    system_u:object_r:virt_image_t:s0\n", 1 },
		{ "# x\n/data/a(/.*)?\tsystem_u:object_r:virt_image_t:s0", 1 },
		{ "/data/a(/.*)?x   system_u:object_r:virt_image_t:s0\n", 0 },
		{ "/data/a(/.*)?    system_u:object_r:var_t:s0\n/b system_u:object_r:virt_image_t:s0\n", 0 },
		{ "/data(/.*)?      system_u:object_r:virt_image_t:s0\n", 0 },
		{ "", 0 },
	};
	char *expects[] = { (char *)"/data/a", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;

		make_selinux(&t, "1");
		tree_put(&t, "etc/selinux/targeted/contexts/files/file_contexts.local", "%s", rows[i].rules);
		stderr_catch();
		CHECK_ROW(rows[i].rules, selinux_has_rules(t.fd, expects) == rows[i].has);
		said = stderr_caught();
		CHECK_ROW(rows[i].rules, !strstr(said, "SELinux has no rule for /data/a") == (rows[i].has != 0));
	}
}

TEST(the_boolean_for_nfs_is_set_for_good)
{
	static const char spec[] = "pools:\n  - { name: n, path: /mnt/n, nfs: \"nas1:/x\" }\n  - { name: m, path: /mnt/m, nfs: \"nas1:/y\" }\n";
	_cleanup_free_ char *undo = NULL;
	char *expects[] = { (char *)"virt_use_nfs", NULL };
	_cleanup_(plan_done) struct plan plan = {}, again = {};
	_cleanup_tree_ struct tree t;

	make_selinux(&t, "0");
	CHECK(access_plan(&t, spec, &plan) == 0 && plan.n == 1);
	CHECK_STR(plan.list[0].target, "setsebool -P virt_use_nfs on");
	undo = strv_join(plan.list[0].undo, " ");
	CHECK_STR(undo, "setsebool -P virt_use_nfs off");
	stderr_catch();
	CHECK(selinux_has_booleans(t.fd, expects) == 0);
	free(stderr_caught());
	tree_put(&t, "sys/fs/selinux/booleans/virt_use_nfs", "1 1");
	CHECK(selinux_has_booleans(t.fd, expects) == 1);
	CHECK(access_plan(&t, spec, &again) == 0 && !again.n);
}

TEST(without_semanage_it_is_said_what_to_install)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	make_selinux(&t, "1");
	tree_remove(&t, "usr/sbin/semanage");
	stderr_catch();
	CHECK(access_plan(&t, "pools:\n  - { name: a, path: /data/a }\n", &plan) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "install policycoreutils-python-utils");
}

TEST_MAIN()
