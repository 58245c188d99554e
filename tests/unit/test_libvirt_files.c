/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's surroundings: listeners, definitions and labels, and what the audit says of them. */

#include <errno.h>

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/ready_host.h"

#define CONF "etc/libvirt/libvirtd.conf"
#define PROXY "etc/libvirt/virtproxyd.conf"
#define NOBODY "auth_tcp = \"none\"\n"

struct put {
	const char *path, *text;
};

/* What a check says of the ready host with these files; `link`: a unit that is enabled. */
static enum verdict judged(const char *id, const struct put *puts, size_t n, const char *unit, char **ret_summary)
{
	_cleanup_(report_done) struct report report = {};
	const struct finding *f;
	_cleanup_tree_ struct tree t;

	ready_host(&t);
	for (size_t i = 0; i < n && puts[i].path; i++)
		tree_put(&t, puts[i].path, "%s", puts[i].text);
	if (unit) {
		_cleanup_free_ char *path = text_format("etc/systemd/system/sockets.target.wants/%s", unit);

		tree_link(&t, path, "/usr/lib/systemd/system/x.socket");
	}
	if (tree_read(&t) < 0 || audit_run(&t.host, NULL, &report) < 0)
		abort();
	f = report_find(&report, id);
	*ret_summary = strdup(f->summary);
	return f->verdict;
}

TEST(an_open_listener_is_a_danger_and_a_closed_one_none)
{
	static const struct {
		struct put puts[2];
		const char *unit;
		enum verdict verdict;
		const char *says;
	} rows[] = {
		{ {}, NULL, VERDICT_PASS, "no connection without asking" },
		{ { { CONF, "listen_tcp = 1\n" NOBODY } }, NULL, VERDICT_WARN, "as soon as it listens" }, /* without --listen it does not */
		{ { { CONF, "listen_tcp = 1\nlisten_tls = 0\n" NOBODY }, { "etc/default/libvirtd", "LIBVIRTD_ARGS=\"--timeout 120 --listen\"\n" } }, NULL,
		  VERDICT_FAIL, "root here" },
		{ { { CONF, "listen_tcp = 1\n" NOBODY }, { "etc/sysconfig/libvirtd", "LIBVIRTD_ARGS=-l\n" } }, NULL, VERDICT_FAIL, "root here" },
		{ { { CONF, "listen_tcp = 1\n" }, { "etc/sysconfig/libvirtd", "#LIBVIRTD_ARGS=\"--listen\"\n" } }, NULL, VERDICT_PASS, "no connection" },
		{ { { CONF, NOBODY } }, "libvirtd-tcp.socket", VERDICT_FAIL, "root here" },
		{ { { CONF, NOBODY } }, "libvirtd-tls.socket", VERDICT_WARN, "as soon as it listens" },
		{ { { CONF, NOBODY } }, "virtproxyd-tcp.socket", VERDICT_WARN, "" }, /* the other daemon's */
		{ { { PROXY, NOBODY } }, "virtproxyd-tcp.socket", VERDICT_FAIL, "root here" },
		{ { { CONF, "auth_tcp = \"sasl\"\n" } }, "libvirtd-tcp.socket", VERDICT_WARN, "plain TCP" },
		{ { { CONF, "tls_no_verify_certificate = 1\n" } }, "libvirtd-tls.socket", VERDICT_FAIL, "client's certificate" },
		{ { { CONF, "tls_no_verify_certificate = 1\n" } }, NULL, VERDICT_PASS, "" },
		{ { { CONF, NOBODY }, { "proc/net/tcp", "  sl  local_address\n   0: 00000000:407D 00000000:0000 0A 0:0\n" } }, NULL, VERDICT_FAIL, "root here" },
		{ { { CONF, NOBODY }, { "proc/net/tcp", "   0: 0100007F:407D 00000000:0000 0A 0:0\n   1: 00000000:407D 01020304:0000 01 0:0\n" } }, NULL, VERDICT_WARN, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("row %zu", i), *said = NULL;
		enum verdict v = judged("software.listener", rows[i].puts, 2, rows[i].unit, &said);

		CHECK_ROW(row, v == rows[i].verdict);
		CHECK_HAS(said, rows[i].says);
	}
}

#define GUEST(name, memory, vcpus, more) "<domain type='kvm'>\n  <name>" name "</name>\n  <memory unit='KiB'>" memory "</memory>\n" more "  <vcpu>" vcpus "</vcpu>\n</domain>\n"

TEST(guests_that_are_too_many_are_told)
{
	static const struct {
		const char *text;
		enum verdict verdict;
		const char *says;
	} rows[] = {
		{ GUEST("b", "1048576", "1", ""), VERDICT_PASS, "2.0 of 3.8 GiB memory, 3 virtual CPUs on 2" },
		{ GUEST("b", "3145728", "1", ""), VERDICT_WARN, "more memory than the host: 4.0 of 3.8 GiB" },
		{ GUEST("b", "1024", "3", ""), VERDICT_WARN, "more CPUs than the host" },
		{ GUEST("b", "1024", "1", "  <memoryBacking><hugepages/></memoryBacking>\n"), VERDICT_WARN, "than there are such pages" },
		{ GUEST("b", "1024", "1", "  <maxMemory slots='1' unit='KiB'>8388608</maxMemory>\n"), VERDICT_WARN, "more memory than the host" },
		{ "not of libvirt's", VERDICT_PASS, "1.0 of 3.8 GiB" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct put put = { "etc/libvirt/qemu/b.xml", rows[i].text };
		_cleanup_free_ char *said = NULL;
		enum verdict v = judged("software.overcommit", &put, 1, NULL, &said);

		CHECK_ROW(rows[i].says, v == rows[i].verdict);
		CHECK_HAS(said, rows[i].says);
	}
}

TEST(definitions_are_read_as_libvirt_writes_them)
{
	_cleanup_(defined_guest_done) struct defined_guest g = {};
	_cleanup_(defined_pool_done) struct defined_pool p = {};

	CHECK(defined_guest_parse("<!-- <name>no</name> -->\n<domain type='kvm'>\n<name>a&lt;b&gt;&amp;&quot;</name><memory unit='KiB'>5</memory>"
				  "<source pool='x'/><source pool='y' volume='v'/><source pool='x' volume='w'/>", &g) == 0);
	CHECK_STR(g.name, "a<b>&\"");
	CHECK(g.memory == 5 && g.vcpus == 0 && strv_length(g.pools) == 2);
	CHECK(defined_pool_parse("<pool type='dir'><name>p</name><source><dir path='/no'/></source><target><path>/a&amp;b</path></target></pool>", &p) == 0);
	CHECK_STR(p.path, "/a&b");
	CHECK_STR(p.type, "dir");
	defined_pool_done(&p);
	CHECK(defined_pool_parse("<pool type='dir'>", &p) == -EINVAL && defined_pool_parse("", &p) == -EINVAL);
	defined_guest_done(&g);
	CHECK(defined_guest_parse("<domain type='kvm'><name>", &g) == -EINVAL);
}

TEST(what_cannot_be_read_is_unknown)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_tree_ struct tree t;

	ready_host(&t);
	tree_remove(&t, "etc/libvirt/qemu");
	tree_put(&t, "etc/libvirt/qemu", "no folder");
	tree_remove(&t, "etc/libvirt/storage");
	tree_put(&t, "etc/libvirt/storage", "no folder");
	CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
	free(stderr_caught());
	CHECK(report_find(&report, "software.overcommit")->verdict == VERDICT_UNKNOWN);
	CHECK(report_find(&report, "software.pools")->verdict == VERDICT_UNKNOWN);
}

TEST(selinux_is_asked_about_nfs_and_its_mode)
{
	static const struct put puts[] = {
		{ "sys/fs/selinux/enforce", "1" }, { "etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n" },
		{ "sys/fs/selinux/booleans/virt_use_nfs", "0 0" },
		{ "etc/libvirt/storage/n.xml", "<pool type='netfs'><name>n</name><target><path>/mnt/n</path></target></pool>" },
	};
	static const struct put permissive = { "sys/fs/selinux/enforce", "0" };
	_cleanup_free_ char *pools = NULL, *mode = NULL, *tells = NULL;

	CHECK(judged("software.pools", puts, ARRAY_SIZE(puts), NULL, &pools) == VERDICT_WARN);
	CHECK_HAS(pools, "1 of 2 storage pools");
	CHECK(judged("software.confinement", puts, ARRAY_SIZE(puts), NULL, &mode) == VERDICT_PASS);
	CHECK(judged("software.confinement", &permissive, 1, NULL, &tells) == VERDICT_WARN);
	CHECK_HAS(tells, "stops none");
}

TEST_MAIN()
