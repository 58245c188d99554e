/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions of a pretended host: who is asked, what is refused, what is planned, written and brought back. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/vf_plan.h"
#include "passthrough/guest_holders.h"
#include "passthrough/vf_check.h"
#include "passthrough/vf_make.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define PORT "0000:00:06.0"
#define PF "0000:05:00.0"
#define PF_CHAIN PORT "/" PF
#define PF_FOLDER "sys/devices/pci0000:00/" PF_CHAIN
#define VF_FILE "etc/slipway/vfs/" PF

/* A server whose second port, that nobody uses, can have seven VFs. */
static void a_port(struct tree *t, const char *driver)
{
	static const char *const mounts[] = { "1:0 /dev/ram0 / ext4", NULL };

	tree_new(t);
	tree_pci(t, PORT, "060400", "1b36:000c", 10);
	tree_pci(t, PF_CHAIN, "020000", "8086:10c9", 11);
	tree_driver(t, PF_CHAIN, driver);
	tree_netif(t, PF_CHAIN, "", "enp5s0f0");
	tree_put(t, PF_FOLDER "/sriov_totalvfs", "7\n");
	tree_put(t, PF_FOLDER "/sriov_numvfs", "0\n");
	tree_put(t, PF_FOLDER "/sriov_drivers_autoprobe", "1\n");
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
	tree_mounts(t, mounts);
	tree_folder(t, "sys/class/iommu/dmar0");
}

static void add_vf(struct tree *t, unsigned i)
{
	char chain[64], path[256], target[64];

	snprintf(chain, sizeof(chain), PORT "/0000:05:10.%u", i);
	tree_pci(t, chain, "020000", "8086:10ca", 20 + (int)i);
	snprintf(path, sizeof(path), PF_FOLDER "/virtfn%u", i);
	snprintf(target, sizeof(target), "../0000:05:10.%u", i);
	tree_link(t, path, target);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/physfn", chain);
	tree_link(t, path, "../" PF);
}

static void two_vfs(struct tree *t, const char *driver)
{
	a_port(t, driver);
	add_vf(t, 0);
	add_vf(t, 1);
	tree_put(t, PF_FOLDER "/sriov_numvfs", "2\n");
}

/* How many refusals; the texts of all refusals and cautions in *said. */
static int ask(struct tree *t, const char *address, unsigned count, const char *allow, enum request_when when, char **said)
{
	_cleanup_(vf_set_done) struct vf_set now = VF_SET_EMPTY, wish = VF_SET_EMPTY;
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(strv_freep) char **cautions = NULL;
	struct device *pf = tree_device(t, address);
	struct text out = {};
	int r;

	if (allow && allowances_add(&allowed, allow) < 0)
		abort();
	now.count = (unsigned)strv_length(pf->virtual_functions);
	wish.count = count;
	r = guest_holders_add(&t->host, &t->uses);
	if (r >= 0)
		r = vf_request_check(&t->host, &t->uses, pf, &now, &wish, &allowed, when, &refusals, &cautions);
	text_append(&out, "");
	for (size_t i = 0; i < refusals.n; i++)
		text_printf(&out, "%s, %s: %s\n", refusals.list[i].rule, refusals.list[i].kind, refusals.list[i].text);
	for (char **caution = cautions; caution && *caution; caution++)
		text_printf(&out, "caution: %s\n", *caution);
	free(*said);
	*said = text_take(&out);
	return r < 0 ? r : (int)refusals.n;
}

TEST(a_port_that_nobody_uses_gets_functions)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	a_port(&t, "igb");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, PF, 7, NULL, REQUEST_NOW, &said) == 0);
	CHECK_STR(said, "");
}

TEST(what_can_have_no_functions_or_not_so_many_is_refused)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	two_vfs(&t, "igb");
	tree_pci(&t, "0000:00:03.0", "020000", "8086:100e", 12);
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, PF, 8, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "sr-iov, : " PF " can have 7 VFs (sriov_totalvfs), and 8 are asked for");
	CHECK(ask(&t, PF, 8, NULL, REQUEST_NEXT_BOOT, &said) == 1);
	CHECK(ask(&t, "0000:05:10.1", 1, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "is a VF itself; its PF is " PF);
	CHECK(ask(&t, "0000:00:03.0", 1, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "it has no SR-IOV");
	tree_device(&t, "0000:00:03.0")->capabilities.sriov_vfs = 8;
	CHECK(ask(&t, "0000:00:03.0", 1, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "0000:00:03.0 is made for 8 VFs, but the kernel offers none: look for SR-IOV");
	CHECK(ask(&t, PF, 1, "0000:05:10.1=vfio", REQUEST_NOW, &said) == 0);
}

TEST(a_driver_makes_the_functions_so_one_must_be_there)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	a_port(&t, "vfio-pci");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, PF, 1, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "is on vfio-pci, for a guest");
	tree_remove(&t, PF_FOLDER "/driver");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, PF, 1, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "has no driver");
	CHECK(ask(&t, PF, 1, NULL, REQUEST_NEXT_BOOT, &said) == 0);
}

TEST(functions_in_use_are_not_taken_from_whoever_has_them)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	two_vfs(&t, "igb");
	tree_driver(&t, PORT "/0000:05:10.0", "vfio-pci");
	tree_put(&t, "proc/4711/comm", "qemu-system-x86\n");
	tree_link(&t, "proc/4711/fd/31", "/dev/vfio/20");
	tree_put(&t, "etc/libvirt/qemu/web.xml", "<domain><devices><interface type='hostdev'><source><address type='pci' domain='0x0000' bus='0x05' "
		 "slot='0x10' function='0x1'/></source></interface></devices></domain>\n");
	for (unsigned count = 0; count < 4; count++) {
		CHECK(tree_read(&t) == 0);
		CHECK(ask(&t, PF, count, NULL, REQUEST_NOW, &said) == 2);
		CHECK_HAS(said, "in-use, vfio: 0000:05:10.0 → process 4711 (qemu-system-x86) has /dev/vfio/20 open");
		CHECK_HAS(said, "in-use, guest: 0000:05:10.1 → guest web has it in its saved definition");
	}
	/* One reason of one function is not the other's. */
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, PF, 0, "0000:05:10.1=guest", REQUEST_NOW, &said) == 1);
	/* The next boot's are nobody's yet. */
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, PF, 4, NULL, REQUEST_NEXT_BOOT, &said) == 0);
}

TEST(a_function_that_is_a_port_of_the_host_with_an_address_stays)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	two_vfs(&t, "igb");
	tree_driver(&t, PORT "/0000:05:10.1", "igbvf");
	tree_netif(&t, PORT "/0000:05:10.1", "", "enp5s0f0v1");
	tree_put(&t, "proc/net/if_inet6", "20010db8000000000000000000000007 02 40 00 80 enp5s0f0v1\n");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, PF, 0, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "in-use, network: 0000:05:10.1 → enp5s0f0v1 → address 2001:db8::7/64");
}

TEST(a_physical_function_with_functions_in_use_goes_nowhere)
{
	_cleanup_(refusals_done) struct refusals r = {};
	struct device *pf[3];
	_cleanup_tree_ struct tree t;
	size_t n = 0;

	two_vfs(&t, "igb");
	tree_driver(&t, PORT "/0000:05:10.0", "vfio-pci");
	tree_put(&t, "proc/4711/comm", "qemu-system-x86\n");
	tree_link(&t, "proc/4711/fd/31", "/dev/vfio/20");
	CHECK(tree_read(&t) == 0);
	pf[0] = tree_device(&t, PF);
	pf[1] = tree_device(&t, "0000:05:10.0");
	pf[2] = tree_device(&t, "0000:05:10.1");
	/* Not even where they are asked for as well. */
	CHECK(request_check(&t.host, &t.uses, pf, 3, NULL, REQUEST_NOW, &r) == 0);
	for (size_t i = 0; i < r.n; i++)
		n += str_eq(r.list[i].address, "0000:05:10.0") && str_eq(r.list[i].kind, "vfio");
	CHECK(n == 1);
}

/* What the driver does to the link decides for whom it is too much. */
TEST(a_port_in_use_keeps_its_link_or_is_asked_for_by_name)
{
	static const struct {
		const char *driver;
		enum use_kind kind;
		bool is_vital;
		unsigned count;
		const char *allow;
		int refusals;
		const char *said;
	} rows[] = {
		{ "igb", USE_NETWORK, false, 2, NULL, 0, "caution: " PF " carries the host's own network (enp5s0f0 → x), and its driver igb closes and opens" },
		{ "igb", USE_NETWORK, false, 0, NULL, 0, "caution: " },
		{ "igb", USE_SESSION, false, 2, NULL, 1, "in-use, session: " PF " → enp5s0f0 → x: its driver igb closes and opens the port" },
		{ "igb", USE_SESSION, false, 2, PF "=session", 0, "caution: " },
		{ "igb", USE_SESSION, false, 2, PF "=network", 1, "--no-live" },
		{ "igb", USE_REMOTE, false, 2, NULL, 1, "--allow " PF "=remote" },
		{ "igb", USE_REMOTE, true, 2, NULL, 1, "the host lives on it" },
		{ "igb", USE_REMOTE, true, 2, PF "=remote", 1, "has no say there" },
		{ "someones", USE_SESSION, false, 2, NULL, 1, "its driver someones is not known to keep the link up" },
		{ "mlx5_core", USE_SESSION, false, 2, NULL, 0, "caution: " },
		{ "ice", USE_REMOTE, true, 2, NULL, 0, "its driver ice keeps the link up" },
		{ "ice", USE_DISPLAY, false, 2, NULL, 1, "in-use, display: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *said = NULL, *row = text_format("%zu", i);
		_cleanup_tree_ struct tree t;

		if (rows[i].count)
			a_port(&t, rows[i].driver);
		else
			two_vfs(&t, rows[i].driver);
		CHECK(tree_read(&t) == 0);
		CHECK(uses_add(&t.uses, tree_device(&t, PF), rows[i].kind, "x", "enp5s0f0", rows[i].is_vital) == 0);
		uses_sort(&t.uses);
		CHECK_ROW(row, ask(&t, PF, rows[i].count, rows[i].allow, REQUEST_NOW, &said) == rows[i].refusals);
		CHECK_ROW(row, strstr(said, rows[i].said));
	}
}

TEST(a_drive_that_the_host_has_mounted_gets_no_second_controller)
{
	static const char *const mounts[] = { "1:0 /dev/ram0 / ext4", "259:0 /dev/nvme0n1 /srv ext4", NULL };
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	a_port(&t, "igb");
	tree_nvme(&t, "0000:00:07.0", 0, 30);
	tree_put(&t, "sys/devices/pci0000:00/0000:00:07.0/sriov_totalvfs", "4\n");
	tree_mounts(&t, mounts);
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, "0000:00:07.0", 2, NULL, REQUEST_NOW, &said) == 1);
	CHECK_HAS(said, "in-use, mount: ");
	CHECK(ask(&t, "0000:00:07.0", 2, NULL, REQUEST_NEXT_BOOT, &said) == 1);
}

TEST(without_an_iommu_there_is_a_word_about_it)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_pci(&t, "0000:00:03.0", "020000", "8086:10c9", -1);
	tree_driver(&t, "0000:00:03.0", "igb");
	tree_put(&t, "sys/devices/pci0000:00/0000:00:03.0/sriov_totalvfs", "7\n");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, "0000:00:03.0", 2, NULL, REQUEST_NOW, &said) == 0);
	CHECK_HAS(said, "caution: the IOMMU is off");
}

/* --- what is kept --- */

TEST(what_is_kept_says_which_device_and_what_it_has)
{
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_(vf_set_done) struct vf_set set = VF_SET_EMPTY, back = VF_SET_EMPTY;
	_cleanup_free_ char *text = NULL;
	_cleanup_tree_ struct tree t;
	const char *why;

	a_port(&t, "igb");
	CHECK(tree_read(&t) == 0);
	CHECK(vf_set_parse("vfs count=2 autoprobe=0\nvf number=1 mac=52:54:00:00:00:01 vlan=7\n", &set) == 0);
	text = vf_keep_format(tree_device(&t, PF), &set);
	CHECK_HAS(text, "\n" PF " bind=none id=8086:10c9 ");
	CHECK_HAS(text, "\nvfs count=2 autoprobe=0\nvf number=1 mac=52:54:00:00:00:01 vlan=7\n");
	CHECK(vf_keep_parse(text, &id, &back) == 0);
	CHECK(identity_agrees(&id, tree_device(&t, PF), &why) && vf_set_satisfies(&back, &set) && back.list[0].vlan == 7);
}

TEST(what_is_kept_and_not_understood_is_named_and_left_out)
{
	static const char *const texts[] = {
		"", "vfs count=2\n", PF " bind=none id=8086:10c9 subsystem=0000:0000 class=020000 path=0000:00/06.0/00.0\n",
		PF " bind=none id=8086:10c9 subsystem=0000:0000 class=020000 path=x\nvfs count=two\n",
		"0000:06:00.0 bind=none id=8086:10c9 subsystem=0000:0000 class=020000 path=x\nvfs count=2\n",
		PF " bind=none id=8086:10c9 subsystem=0000:0000 class=020000 path=x\nvfs count=2\nnonsense\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(vf_keeps_done) struct vf_keeps keeps = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;
		int r;

		a_port(&t, "igb");
		CHECK(tree_read(&t) == 0);
		tree_put(&t, VF_FILE, "%s", texts[i]);
		r = vf_keeps_read(t.fd, &t.host.devices, &keeps);
		said = stderr_caught();
		CHECK_ROW(texts[i], r == 0 && !keeps.ids.n && strstr(said, "/" VF_FILE " is left out: "));
	}
}

TEST(the_plan_is_for_now_and_for_every_boot)
{
	_cleanup_(vf_set_done) struct vf_set now = VF_SET_EMPTY, wish = VF_SET_EMPTY;
	_cleanup_(plan_done) struct plan plan = {}, again = {};
	_cleanup_tree_ struct tree t;

	a_port(&t, "igb");
	tree_folder(&t, "etc/slipway/vfs");
	CHECK(tree_read(&t) == 0);
	CHECK(vf_set_read(t.fd, false, PF, &now) == 0 && now.count == 0 && now.autoprobe == 1);
	CHECK(vf_set_parse("vfs count=2 autoprobe=0\n", &wish) == 0);
	CHECK(vf_plan(&t.host, tree_device(&t, PF), &now, &wish, true, &plan) >= 0);
	CHECK(plan.n == 2 && plan.list[0].kind == CHANGE_VFS && plan.list[1].kind == CHANGE_FILE);
	CHECK_STR(plan.list[0].target, PF);
	CHECK_STR(plan.list[0].before.data, "vfs count=0 autoprobe=1\n");
	CHECK_STR(plan.list[0].after.data, "vfs count=2 autoprobe=0\n");
	CHECK_STR(plan.list[1].target, VF_FILE);
	/* All as wished for. */
	tree_put(&t, VF_FILE, "%s", plan.list[1].after.data);
	now.count = 2;
	now.autoprobe = 0;
	CHECK(vf_plan(&t.host, tree_device(&t, PF), &now, &wish, true, &again) >= 0 && again.n == 0);
	/* None, and the file goes. */
	wish.count = 0;
	CHECK(vf_plan(&t.host, tree_device(&t, PF), &now, &wish, true, &again) >= 0 && again.n == 2);
	CHECK(again.list[1].kind == CHANGE_FILE && !again.list[1].after.exists);
}

TEST(a_device_that_has_another_address_is_kept_once)
{
	_cleanup_(vf_set_done) struct vf_set now = VF_SET_EMPTY, wish = VF_SET_EMPTY;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	a_port(&t, "igb");
	tree_put(&t, "etc/slipway/vfs/0000:04:00.0", "0000:04:00.0 bind=none id=8086:10c9 subsystem=0000:0000 class=020000 "
		 "path=0000:00/06.0/00.0\nvfs count=2 autoprobe=0\n");
	CHECK(tree_read(&t) == 0);
	wish.count = 3;
	CHECK(vf_plan(&t.host, tree_device(&t, PF), &now, &wish, false, &plan) >= 0);
	CHECK(plan.n == 2 && plan.list[0].kind == CHANGE_FILE && plan.list[0].after.exists);
	CHECK_STR(plan.list[1].target, "etc/slipway/vfs/0000:04:00.0");
	CHECK(!plan.list[1].after.exists);
}

/* --- what is done --- */

TEST(making_them_tells_the_kernel_first_that_they_are_for_guests)
{
	_cleanup_(vf_set_done) struct vf_set wish = VF_SET_EMPTY;
	_cleanup_free_ char *count = NULL, *autoprobe = NULL;
	_cleanup_tree_ struct tree t;

	a_port(&t, "igb");
	tree_remove(&t, PF_FOLDER "/net");
	CHECK(vf_set_parse("vfs count=3 autoprobe=0\n", &wish) == 0);
	CHECK(vf_set_make(t.fd, PF, &wish) == 0);
	count = tree_get(&t, PF_FOLDER "/sriov_numvfs");
	autoprobe = tree_get(&t, PF_FOLDER "/sriov_drivers_autoprobe");
	CHECK(*count == '3' && *autoprobe == '0');
}

TEST(a_device_that_takes_no_number_says_why)
{
	_cleanup_(vf_set_done) struct vf_set wish = VF_SET_EMPTY;
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	a_port(&t, "igb");
	tree_remove(&t, PF_FOLDER "/sriov_numvfs");
	wish.count = 3;
	CHECK(vf_set_make(t.fd, PF, &wish) == -ENOENT);
	said = stderr_caught();
	CHECK_HAS(said, "cannot read how many VFs " PF " has");
}

TEST(the_port_is_not_one_that_stands_for_a_function)
{
	_cleanup_free_ char *port = NULL;
	_cleanup_tree_ struct tree t;

	a_port(&t, "mlx5_core");
	tree_put(&t, PF_FOLDER "/net/enp5s0f0/phys_port_name", "p0\n");
	tree_netif(&t, PF_CHAIN, "", "a0");
	tree_put(&t, PF_FOLDER "/net/a0/phys_port_name", "pf0vf1\n");
	CHECK(vf_port(t.fd, PF, &port) == 0);
	CHECK_STR(port, "enp5s0f0");
}

TEST_MAIN()
