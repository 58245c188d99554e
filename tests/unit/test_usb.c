/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USB devices: what is plugged in where, which one is meant, and what speaks against giving it away. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/usb.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define CONTROLLER "0000:00:14.0"
#define BASE "sys/devices/pci0000:00/" CONTROLLER "/usb1"
#define KEYS "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"

struct plugged {
	struct tree t;
	struct usb_devices usb;
};

static void plugged_done(struct plugged *p)
{
	usb_devices_done(&p->usb);
	tree_done(&p->t);
}

static void plug(struct tree *t, const char *port, const char *ids, const char *number, const char *class)
{
	_cleanup_free_ char *base = text_format(BASE "/%s", port), *link = text_format("sys/bus/usb/devices/%s", port);
	const char *names[] = { "idVendor", "idProduct", "busnum", "devnum", "bDeviceClass" };
	_cleanup_free_ char *vendor = strndup(ids, 4);
	const char *values[] = { vendor, ids + 5, "1", number, class };
	_cleanup_free_ char *target = text_format("../../../devices/pci0000:00/" CONTROLLER "/usb1/%s", port);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = text_format("%s/%s", base, names[i]);

		tree_put(t, path, "%s\n", values[i]);
	}
	tree_link(t, link, target);
}

static void keyboard(struct tree *t, const char *name, const char *below)
{
	_cleanup_free_ char *path = text_format("sys/devices/%s/input/%s", below, name), *link = text_format("sys/class/input/%s", name);
	_cleanup_free_ char *target = text_format("../../devices/%s/input/%s", below, name), *keys = text_format("%s/capabilities/key", path);

	tree_put(t, keys, KEYS "\n");
	tree_link(t, link, target);
}

/* A hub with a keyboard and a stick in it, a stick that is mounted, a network adapter with an address, two twins. */
static void plug_all(struct plugged *p)
{
	static const char *const mounts[] = { "8:17 /dev/sdb1 /mnt ext4", NULL };
	struct tree *t = &p->t;

	*p = (struct plugged){};
	tree_new(t);
	tree_pci(t, CONTROLLER, "0c0330", "8086:a36d", 4);
	plug(t, "1-1", "05e3:0608", "2", "09");
	plug(t, "1-1.1", "046d:c31c", "3", "00");
	keyboard(t, "input3", "pci0000:00/" CONTROLLER "/usb1/1-1/1-1.1/1-1.1:1.0");
	plug(t, "1-2", "0951:1666", "4", "00");
	plug(t, "1-3", "0bda:8153", "5", "00");
	plug(t, "1-4", "1234:1666", "8", "00");
	plug(t, "1-10", "046d:c52b", "6", "00");
	plug(t, "1-9", "046d:c52b", "7", "00");
	tree_put(t, BASE "/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb/dev", "8:16\n");
	tree_put(t, BASE "/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1/dev", "8:17\n");
	tree_put(t, BASE "/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1/partition", "1\n");
	tree_link(t, "sys/block/sdb", "../devices/pci0000:00/" CONTROLLER "/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block/sdb");
	tree_put(t, "run/udev/data/b8:16", "E:ID_PART_TABLE_TYPE=dos\n");
	tree_put(t, "run/udev/data/b8:17", "E:ID_FS_TYPE=ext4\n");
	tree_netif(t, CONTROLLER, "usb1/1-3/1-3:1.0/", "enx1");
	tree_put(t, "proc/net/if_inet6", "20010db8000000000000000000000007 02 40 00 80     enx1\n");
	tree_mounts(t, mounts);
	if (tree_read(t) < 0 || usb_devices_read(t->fd, &t->host.blocks, &t->host.netifs, &p->usb) < 0)
		abort();
}

TEST(what_is_plugged_in_is_known_by_its_port)
{
	_cleanup_(plugged_done) struct plugged p;
	_cleanup_free_ char *said = NULL;
	const struct usb_device *d;
	struct text ports = {};
	_cleanup_free_ char *all = NULL;

	plug_all(&p);
	said = stderr_caught();
	for (size_t i = 0; i < p.usb.n; i++)
		text_printf(&ports, "%s ", p.usb.list[i].port);
	all = text_take(&ports);
	CHECK_STR(all, "1-1 1-1.1 1-2 1-3 1-4 1-9 1-10 ");
	d = usb_devices_find(&p.usb, "1-2");
	CHECK(d && d->vendor == 0x951 && d->product == 0x1666 && d->bus == 1 && d->device == 4 && !d->is_hub);
	CHECK_STR(d->controller, CONTROLLER);
	CHECK(strv_length(d->blocks) == 1 && str_eq(d->blocks[0], "sdb") && !d->netifs && !d->keyboard);
	CHECK(usb_devices_find(&p.usb, "1-1")->is_hub && usb_devices_find(&p.usb, "1-1")->keyboard);
	CHECK(str_eq(usb_devices_find(&p.usb, "1-3")->netifs[0], "enx1"));
	/* "1-1" is no part of "1-10". */
	CHECK(!usb_devices_find(&p.usb, "1-10")->keyboard && !usb_devices_find(&p.usb, "1"));
}

TEST(a_port_or_ids_name_one)
{
	static const struct {
		const char *selector, *port;
		int r;
		const char *said;
	} rows[] = {
		{ "usb=1-2", "1-2", 0, NULL },
		{ "usb=0951:1666", "1-2", 0, NULL },
		{ "usb=1-7", NULL, -ENOENT, NULL },
		{ "usb=dead:beef", NULL, -ENOENT, NULL },
		{ "usb=046d:c52b", NULL, -EINVAL, "2 USB devices are 046d:c52b; name one by its port: usb=1-9, usb=1-10" },
		{ "usb=46d:c52b", NULL, -EINVAL, "wanted is a port, such as usb=1-4, or ids" },
		{ "usb=", NULL, -EINVAL, "wanted is a port" },
		{ "usb=1-", NULL, -EINVAL, "wanted is a port" },
		{ "usb=1-2.", NULL, -EINVAL, "wanted is a port" },
		{ "usb=../1-2", NULL, -EINVAL, "wanted is a port" },
		{ "usb=1-2:1.0", NULL, -EINVAL, "wanted is a port" },
	};
	_cleanup_(plugged_done) struct plugged p;

	plug_all(&p);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct usb_device *d = NULL;
		_cleanup_free_ char *said = NULL;
		unsigned vendor = 0, product = 0;
		int r;

		stderr_catch();
		r = usb_select(&p.usb, rows[i].selector, &d, &vendor, &product);
		said = stderr_caught();
		CHECK_ROW(rows[i].selector, r == rows[i].r);
		CHECK_ROW(rows[i].selector, !rows[i].port || (d && str_eq(d->port, rows[i].port)));
		CHECK_HAS(said, rows[i].said ? rows[i].said : "");
	}
	CHECK(usb_selector_is("usb=1") && !usb_selector_is("class=usb"));
}

/* What the host uses is refused with the chain of evidence, and one reason of one device can be overridden. */
static const struct {
	const char *name, *port, *allow, *rule, *kind, *text;
	bool other_keyboard;
} uses[] = {
	{ "a mounted stick", "1-2", NULL, "in-use", "mount", "USB 1-2 (no name) → sdb → sdb1 → ext4 on /mnt; free it first, or take it all the same with "
							     "--allow 1-2=mount", false },
	{ "a mounted stick, another reason", "1-2", "1-2=network", "in-use", "mount", "ext4 on /mnt", false },
	{ "a mounted stick, another device", "1-2", "1-3=mount", "in-use", "mount", "ext4 on /mnt", false },
	{ "the only keyboard", "1-1.1", NULL, "in-use", "input", "the only keyboard (input3); free it first", false },
	{ "the only keyboard, allowed", "1-1.1", "1-1.1=input", NULL, NULL, NULL, false },
	{ "one of two keyboards", "1-1.1", NULL, NULL, NULL, NULL, true },
	{ "a hub", "1-1", NULL, "hub", "", "is a hub", true },
	{ "a port with an address", "1-3", NULL, "in-use", "network", "enx1 → address 2001:db8::7/64", false },
	{ "nobody's", "1-9", NULL, NULL, NULL, NULL, false },
};

TEST(what_the_host_uses_is_refused_with_evidence)
{
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		_cleanup_(plugged_done) struct plugged p;
		_cleanup_(allowances_done) struct allowances allowed = {};
		_cleanup_(refusals_done) struct refusals refusals = {};
		const struct refusal *found = NULL;

		plug_all(&p);
		free(stderr_caught());
		p.usb.has_other_keyboard = uses[i].other_keyboard;
		CHECK_ROW(uses[i].name, !uses[i].allow || allowances_add(&allowed, uses[i].allow) == 0);
		CHECK_ROW(uses[i].name, usb_check(&p.t.host, &p.t.uses, &p.usb, usb_devices_find(&p.usb, uses[i].port), &allowed, &refusals) == 0);
		for (size_t j = 0; uses[i].rule && j < refusals.n; j++)
			if (str_eq(refusals.list[j].rule, uses[i].rule) && str_eq(refusals.list[j].kind, uses[i].kind))
				found = &refusals.list[j];
		CHECK_ROW(uses[i].name, uses[i].rule ? found != NULL : refusals.n == 0);
		if (found)
			CHECK_HAS(found->text, uses[i].text);
	}
}

TEST(no_override_frees_a_stick_that_the_host_lives_on)
{
	_cleanup_(plugged_done) struct plugged p;
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(refusals_done) struct refusals refusals = {};

	plug_all(&p);
	free(stderr_caught());
	CHECK(uses_add(&p.t.uses, devices_find(&p.t.host.devices, CONTROLLER), USE_ESP, "EFI system partition", "sdb → sdb1", true) == 0);
	uses_sort(&p.t.uses);
	CHECK(allowances_add(&allowed, "1-2=esp") == 0 && allowances_add(&allowed, "1-2=mount") == 0);
	CHECK(usb_check(&p.t.host, &p.t.uses, &p.usb, usb_devices_find(&p.usb, "1-2"), &allowed, &refusals) == 0);
	CHECK(refusals.n > 0 && str_eq(refusals.list[0].kind, "esp"));
	CHECK_HAS(refusals.list[0].text, "sdb → sdb1 → EFI system partition; the host lives on it, and nothing overrides that");
}

TEST(a_host_without_usb_has_none)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(usb_devices_done) struct usb_devices u = {};

	tree_new(&t);
	CHECK(usb_devices_read(t.fd, &t.host.blocks, &t.host.netifs, &u) == 0 && !u.n && !u.has_other_keyboard);
}

TEST_MAIN()
