/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt from other hosts: sockets that are switched, certificates that are looked at, plain TCP that goes. */

#include <errno.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/libvirt_sections.h"
#include "tests/unit/check.h"
#include "tests/unit/host_settings.h"

#define KEY "etc/pki/libvirt/private/serverkey.pem"
#define TLS_ON "remote:\n  tls: on\n"
#define TLS_OFF "remote:\n  tls: off\n"
#define TCP_OFF "remote:\n  tcp: off\n"
#define WANTS "etc/systemd/system/sockets.target.wants/"

static void set_mode(struct tree *t, const char *path, mode_t mode)
{
	_cleanup_free_ char *whole = text_format("%s/%s", t->folder, path);

	if (!whole || chmod(whole, mode) < 0)
		abort();
}

static void make(struct tree *t, const char *distribution, const char *daemon)
{
	static const char *const units[] = { "%s.service", "%s-tls.socket", "%s-tcp.socket" };

	distribution_new(t, distribution);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		_cleanup_free_ char *name = text_format(units[i], daemon), *path = name ? text_format("usr/lib/systemd/system/%s", name) : NULL;

		tree_put(t, path, "[Unit]\n");
	}
	if (str_eq(daemon, "virtproxyd"))
		tree_put(t, "usr/lib/systemd/system/virtqemud.socket", "[Unit]\n");
	tree_put(t, "etc/pki/CA/cacert.pem", "x");
	tree_put(t, "etc/pki/libvirt/servercert.pem", "x");
	tree_put(t, KEY, "x");
	set_mode(t, KEY, 0600);
}

/* The commands of a plan, each on a line, with what takes it back. */
static char *commands(const struct plan *plan)
{
	struct text t = {};

	text_append(&t, "");
	for (size_t i = 0; i < plan->n; i++) {
		_cleanup_free_ char *undo = plan->list[i].undo ? strv_join(plan->list[i].undo, " ") : NULL;

		text_printf(&t, "%s | %s\n", plan->list[i].target, undo ? undo : "");
	}
	return text_take(&t);
}

#define STEPS(daemon, kind, on, off) \
	"systemctl stop " daemon ".service | systemctl start " daemon ".service\n" \
	"systemctl " on " --now " daemon "-" kind ".socket | systemctl " off " --now " daemon "-" kind ".socket\n" \
	"systemctl start " daemon ".service | systemctl stop " daemon ".service\n"

TEST(tls_is_a_socket_of_the_daemon_that_this_host_has)
{
	static const struct {
		const char *distribution, *daemon, *enabled, *spec, *commands;
	} rows[] = {
		{ "debian", "libvirtd", NULL, TLS_ON, STEPS("libvirtd", "tls", "enable", "disable") },
		{ "fedora", "virtproxyd", NULL, TLS_ON, STEPS("virtproxyd", "tls", "enable", "disable") },
		{ "suse", "virtproxyd", NULL, TLS_ON, STEPS("virtproxyd", "tls", "enable", "disable") },
		{ "ubuntu", "libvirtd", WANTS "libvirtd-tls.socket", TLS_ON, "" },
		{ "arch", "libvirtd", WANTS "libvirtd-tls.socket", TLS_OFF, STEPS("libvirtd", "tls", "disable", "enable") },
		{ "debian", "libvirtd", NULL, TLS_OFF, "" },
		{ "debian", "libvirtd", WANTS "libvirtd-tcp.socket", TCP_OFF, STEPS("libvirtd", "tcp", "disable", "enable") },
		{ "fedora", "virtproxyd", WANTS "virtproxyd-tcp.socket", TCP_OFF, STEPS("virtproxyd", "tcp", "disable", "enable") },
		{ "debian", "libvirtd", NULL, TCP_OFF, "" },
		{ "debian", "libvirtd", WANTS "libvirtd-tcp.socket", "users: []\n", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *refused = NULL, *said = NULL, *row = text_format("row %zu", i);
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		make(&t, rows[i].distribution, rows[i].daemon);
		if (rows[i].enabled)
			tree_link(&t, rows[i].enabled, "/usr/lib/systemd/system/x.socket");
		CHECK_ROW(row, spec_plan(&t, rows[i].spec, &plan, &refused) >= 0 && !*refused);
		said = commands(&plan);
		CHECK_STR(said, rows[i].commands);
	}
}

TEST(certificates_are_looked_at_and_never_made)
{
	static const struct {
		const char *missing, *conf;
		mode_t mode;
		const char *refused, *empty, *folder;
	} rows[] = {
		{ KEY, NULL, 0, "there is no /" KEY },
		{ "etc/pki/CA/cacert.pem", NULL, 0600, "there is no /etc/pki/CA/cacert.pem" },
		{ "etc/pki/libvirt/servercert.pem", NULL, 0600, "there is no /etc/pki/libvirt/servercert.pem" },
		{ NULL, NULL, 0644, "can be read by others than root" },
		{ NULL, NULL, 0660, "can be read by others than root" },
		{ NULL, "key_file = \"/etc/ssl/private/libvirt.key\"\n", 0600, "there is no /etc/ssl/private/libvirt.key" },
		{ NULL, NULL, 0600, "there is no /etc/pki/libvirt/servercert.pem", "etc/pki/libvirt/servercert.pem" },
		{ "etc/pki/CA/cacert.pem", NULL, 0600, "there is no /etc/pki/CA/cacert.pem", NULL, "etc/pki/CA/cacert.pem" },
		{ NULL, NULL, 0640, "" },
		{ NULL, NULL, 0400, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *refused = NULL, *row = text_format("row %zu", i);
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		make(&t, "debian", "libvirtd");
		if (rows[i].mode)
			set_mode(&t, KEY, rows[i].mode);
		if (rows[i].missing)
			tree_remove(&t, rows[i].missing);
		if (rows[i].empty)
			tree_put(&t, rows[i].empty, "%s", "");
		if (rows[i].folder)
			tree_folder(&t, rows[i].folder);
		if (rows[i].conf)
			tree_put(&t, "etc/libvirt/libvirtd.conf", "%s", rows[i].conf);
		CHECK_ROW(row, spec_plan(&t, TLS_ON, &plan, &refused) >= 0);
		CHECK_HAS(refused, rows[i].refused);
		CHECK_ROW(row, !*rows[i].refused == !*refused);
	}
}

TEST(what_would_let_anybody_in_is_said)
{
	static const struct {
		const char *path, *text, *said;
	} rows[] = {
		{ "etc/libvirt/libvirtd.conf", "tls_no_verify_certificate = 1\n", "anybody could come in" },
		{ "etc/default/libvirtd", "LIBVIRTD_ARGS=\"--listen\"\n", "starts libvirt with --listen" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *refused = NULL, *said = NULL;
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		make(&t, "debian", "libvirtd");
		tree_put(&t, rows[i].path, "%s", rows[i].text);
		stderr_catch();
		CHECK_ROW(rows[i].said, spec_plan(&t, TLS_ON, &plan, &refused) == -EINVAL);
		said = stderr_caught();
		CHECK_HAS(said, rows[i].said);
	}
}

TEST(a_libvirt_without_the_socket_is_not_told_to_start_it)
{
	_cleanup_free_ char *refused = NULL, *said = NULL;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	make(&t, "debian", "libvirtd");
	tree_remove(&t, "usr/lib/systemd/system/libvirtd-tls.socket");
	stderr_catch();
	CHECK(spec_plan(&t, TLS_ON, &plan, &refused) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "remote: tls: this libvirt has no libvirtd-tls.socket");
}

TEST(of_the_configuration_one_word_changes)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "# x\nlisten_tls = 0\nlisten_tcp = 1\nauth_tcp = \"none\"", "# x\nlisten_tls = 0\nlisten_tcp = 0\nauth_tcp = \"none\"" },
		{ "  listen_tcp=\"1\" # now\n", "listen_tcp = 0\n" },
		{ "#listen_tcp = 1\nlisten_tcp_x = 1\n", "#listen_tcp = 1\nlisten_tcp_x = 1\n" },
		{ "listen_tcp = 0\n\n\n", "listen_tcp = 0\n\n\n" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *after = listener_edit(rows[i].before), *again = NULL;

		CHECK_STR(after, rows[i].after);
		again = listener_edit(after);
		CHECK_STR(again, after);
	}
}

TEST(the_listener_of_old_guides_goes_once)
{
	_cleanup_free_ char *refused = NULL, *conf = NULL, *again_refused = NULL;
	_cleanup_(plan_done) struct plan plan = {}, again = {};
	_cleanup_tree_ struct tree t;

	make(&t, "debian", "libvirtd");
	tree_put(&t, "etc/libvirt/libvirtd.conf", "listen_tcp = 1\nauth_tcp = \"none\"\n");
	tree_put(&t, "etc/default/libvirtd", "LIBVIRTD_ARGS=\"--listen\"\n");
	CHECK(spec_plan(&t, TCP_OFF, &plan, &refused) >= 0 && plan.n == 2);
	conf = spec_planned(&plan, "etc/libvirt/libvirtd.conf");
	CHECK_STR(conf, "listen_tcp = 0\nauth_tcp = \"none\"\n");
	CHECK_STR(plan.list[1].target, "systemctl try-restart libvirtd.service");
	tree_put(&t, "etc/libvirt/libvirtd.conf", "%s", conf);
	CHECK(spec_plan(&t, TCP_OFF, &again, &again_refused) >= 0 && !again.n);
}

TEST_MAIN()
