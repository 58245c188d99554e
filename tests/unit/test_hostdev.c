/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host devices in domain XML, read and written. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/text.h"
#include "passthrough/element.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_xml.h"

static int plain_format(const char *address, bool managed, char **ret)
{
	const struct element_wish wish = { .kind = HOSTDEV_PLAIN, .source = address, .managed = managed };

	return element_format(&wish, ret);
}

TEST(a_host_device_comes_back_from_its_xml)
{
	static const char *const addresses[] = { "0000:05:00.0", "0000:ff:1f.7", "10000:01:00.0", "ffffffff:00:00.1" };

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		for (int managed = 0; managed < 2; managed++) {
			_cleanup_(hostdevs_done) struct hostdevs h = {};
			_cleanup_(elements_done) struct elements all = {};
			_cleanup_free_ char *xml = NULL, *domain = NULL;

			CHECK(plain_format(addresses[i], managed, &xml) == 0);
			domain = text_format("<domain><devices>%s</devices></domain>", xml);
			CHECK(hostdevs_parse(domain, &h) == 0);
			CHECK(h.n == 1);
			CHECK_STR(h.list[0].address, addresses[i]);
			CHECK(h.list[0].managed == managed && h.list[0].kind == HOSTDEV_PLAIN);
			CHECK(elements_parse(domain, &all) == 0 && all.n == 1);
			CHECK_STR(all.list[0].xml, xml);
			CHECK_STR(all.list[0].source, addresses[i]);
		}
}

TEST(a_host_device_needs_an_address)
{
	static const char *const bad[] = { "", "05:00", "0000:05:20.0", "0000:05:00.8", "0000:05:00.0'/>", "nvme0" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *xml = NULL;

		CHECK(plain_format(bad[i], true, &xml) == -EINVAL);
		CHECK(!xml);
	}
}

TEST(the_host_device_validates_inside_a_domain)
{
	_cleanup_free_ char *device = NULL, *xml = NULL, *output = NULL;
	char name[] = "/tmp/slipway-xml-XXXXXX";
	char *argv[] = { "virt-xml-validate", name, "domain", NULL };
	int fd = mkstemp(name), r;

	CHECK(plain_format(DRIVE, false, &device) == 0);
	xml = text_format(GUEST_XML("kvm", "guest", "%s"), device);
	CHECK(write(fd, xml, strlen(xml)) == (ssize_t)strlen(xml));
	close(fd);
	r = process_run(argv, &output);
	unlink(name);
	CHECK(r == 0);
}

TEST(every_way_to_have_a_pci_function_is_seen)
{
	static const char xml[] =
		"<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><devices>"
		HOSTDEV("0x05")
		"<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>"
		"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
		"<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>"
		"<interface type='hostdev' managed='no'><mac address='52:54:00:6d:90:02'/>"
		"<source><address type='pci' domain='0' bus='6' slot='7' function='1'/></source>"
		"<address type='pci' domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></interface>"
		"<interface type='hostdev'><source><address type='usb' bus='3' device='4'/></source></interface>"
		"<interface type='network'><source network='default'/><address type='pci' bus='0x01'/></interface>"
		"<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'>"
		"<address domain='0x0001' bus='0x0a' slot='0x00' function='0x0'/></source><target dev='vdb'/></disk>"
		"<disk type='file'><source file='/a'/><address type='pci' bus='0x02'/></disk>"
		"</devices></domain>";
	_cleanup_(hostdevs_done) struct hostdevs h = {};

	CHECK(hostdevs_parse(xml, &h) == 0);
	CHECK(h.n == 3);
	CHECK_STR(h.list[0].address, DRIVE);
	CHECK_STR(h.list[1].address, "0000:06:07.1");
	CHECK(h.list[1].kind == HOSTDEV_INTERFACE && !h.list[1].managed);
	CHECK_STR(h.list[2].address, "0001:0a:00.0");
	CHECK(h.list[2].kind == HOSTDEV_DISK && h.list[2].managed);
	CHECK(hostdevs_find(&h, "05:00.0") == &h.list[0]);
	CHECK(!hostdevs_find(&h, "0000:09:00.0") && !hostdevs_find(&h, "0000:02:00.0") && !hostdevs_find(&h, "nonsense"));
}

TEST(what_is_no_domain_is_an_error_and_loads_nothing)
{
	static const char *const bad[] = {
		"", "<domain", "<network/>", "text",
		"<domain><devices>" HOSTDEV("0x100") "</devices></domain>", "<domain><devices>" HOSTDEV("five") "</devices></domain>",
		"<domain><devices>" HOSTDEV("-1") "</devices></domain>",
		"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><devices>&e;</devices>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct hostdevs h = {};

		CHECK(hostdevs_parse(bad[i], &h) == -EINVAL);
		CHECK(!h.n && !h.list);
	}
}

#define PLACE "<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>"

TEST(an_element_keeps_all_it_had)
{
	static const char device[] =
		"<hostdev mode='subsystem' type='pci' managed='no'>" SOURCE("0x05") "<alias name='hostdev0'/><boot order='2'/><rom bar='off'/>" PLACE
		"</hostdev>";
	_cleanup_free_ char *domain = text_format("<domain><devices>%s%s</devices></domain>", HOSTDEV("0x04"), device), *same = NULL;
	_cleanup_(elements_done) struct elements all = {};
	const struct element *e;

	CHECK(elements_parse(domain, &all) == 0 && all.n == 2);
	e = &all.list[1];
	CHECK(strstr(e->xml, "managed=\"no\"") && strstr(e->xml, "<boot order=\"2\"/>") && strstr(e->xml, "<rom bar=\"off\"/>"));
	CHECK(!e->managed && e->has_address && e->address.bus == 7 && !e->is_multifunction);
	/* Given back, it keeps its place and all that was written, but for the alias. */
	CHECK(element_strip_alias(e->xml, &same) == 0);
	CHECK(!strstr(same, "alias") && strstr(same, "0x07") && strstr(same, "bus=\"0x05\"") && strstr(same, "<boot order"));
}

#define USB(inner) "<hostdev mode='subsystem' type='usb' managed='yes'><source>" inner "</source></hostdev>"
#define IDS "<vendor id='0x046d'/><product id='0xc52b'/>"
#define NVME "<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'><address domain='0' bus='5' slot='0' function='0'/></source></disk>"
#define BLOCK(path) "<disk type='block' device='disk'><source dev='" path "'/><target dev='vdb' bus='virtio'/></disk>"

/* The same device may be written in several ways; two that are alike are two. */
static const struct {
	const char *name, *a, *b;
	bool is_same;
} pairs[] = {
	{ "a function", HOSTDEV("0x05"), HOSTDEV("5"), true },
	{ "two functions", HOSTDEV("0x05"), HOSTDEV("0x06"), false },
	{ "a function, as a disk of QEMU's", HOSTDEV("0x05"), NVME, true },
	{ "a drive and its block device", HOSTDEV("0x05"), BLOCK("/dev/nvme0n1"), false },
	{ "a block device", BLOCK("/dev/a&amp;b"), BLOCK("/dev/a&amp;b"), true },
	{ "two block devices", BLOCK("/dev/a"), BLOCK("/dev/b"), false },
	{ "USB by ids, and found by libvirt", USB(IDS), USB(IDS "<address bus='1' device='5'/>"), true },
	{ "USB, alike at two places", USB(IDS "<address bus='1' device='4'/>"), USB(IDS "<address bus='1' device='5'/>"), false },
	{ "USB by place alone", USB("<address bus='1' device='5'/>"), USB(IDS "<address bus='1' device='5'/>"), true },
	{ "USB by place, and one that was not looked for yet", USB("<address bus='1' device='5'/>"), USB(IDS "<address bus='0' device='0'/>"), false },
	{ "USB and PCI", USB("<address bus='5' device='0'/>"), HOSTDEV("0x05"), false },
};

TEST(a_device_is_the_same_however_it_is_written)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_(element_done) struct element a = {}, b = {};

		CHECK_ROW(pairs[i].name, element_parse(pairs[i].a, &a) == 0 && element_parse(pairs[i].b, &b) == 0);
		CHECK_ROW(pairs[i].name, element_is_same(&a, &b) == pairs[i].is_same && element_is_same(&b, &a) == pairs[i].is_same);
	}
}

static const struct guest_address seven = { .bus = 7 }, seven_two = { .bus = 7, .function = 2 };

/* Every way to have a device is valid for libvirt, hostile names included, and comes back as what it was. */
static const struct {
	const char *name;
	struct element_wish wish;
	const char *parts[3];
} wishes[] = {
	{ "first of several", { .kind = HOSTDEV_PLAIN, .source = DRIVE, .managed = true, .at = &seven, .is_multifunction = true },
	  { "multifunction=\"on\"", "bus=\"0x07\" slot=\"0x00\" function=\"0x0\"", "managed=\"yes\"" } },
	{ "third of several", { .kind = HOSTDEV_PLAIN, .source = DRIVE, .at = &seven_two }, { "function=\"0x2\"", "managed=\"no\"" } },
	{ "QEMU's driver", { .kind = HOSTDEV_DISK, .source = DRIVE, .managed = true, .namespace = 2, .target = "vdb", .serial = "S4-1.b_C+ 9" },
	  { "namespace=\"2\"", "type=\"nvme\"", "<serial>S4-1.b_C+ 9</serial>" } },
	{ "a serial that libvirt does not take", { .kind = HOSTDEV_DISK, .source = DRIVE, .target = "vdb", .serial = "S<&1" }, { "bus=\"virtio\"/>\n</disk>" } },
	{ "block", { .kind = HOSTDEV_BLOCK, .source = "/dev/disk/by-id/nvme-A&B'\"<", .target = "vdc" },
	  { "nvme-A&amp;B'&quot;&lt;", "cache=\"none\" io=\"native\"", "<target dev=\"vdc\" bus=\"virtio\"/>" } },
	{ "USB by ids", { .kind = HOSTDEV_USB, .vendor = 0x46d, .product = 0xc52b }, { "startupPolicy=\"optional\"", "id=\"0x046d\"" } },
	{ "USB by place", { .kind = HOSTDEV_USB, .vendor = 0x46d, .product = 0xc52b, .bus = 1, .device = 12 }, { "bus=\"1\" device=\"12\"" } },
};

TEST(every_way_is_valid_in_a_domain)
{
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		_cleanup_free_ char *device = NULL, *xml = NULL, *output = NULL;
		_cleanup_(element_done) struct element e = {};
		char file[] = "/tmp/slipway-xml-XXXXXX";
		char *argv[] = { "virt-xml-validate", file, "domain", NULL };
		int fd = mkstemp(file), r;

		CHECK_ROW(wishes[i].name, element_format(&wishes[i].wish, &device) == 0);
		for (size_t j = 0; j < ARRAY_SIZE(wishes[i].parts) && wishes[i].parts[j]; j++)
			CHECK_HAS(device, wishes[i].parts[j]);
		xml = text_format(GUEST_XML("kvm", "guest", "%s"), device);
		CHECK(write(fd, xml, strlen(xml)) == (ssize_t)strlen(xml));
		close(fd);
		r = process_run(argv, &output);
		unlink(file);
		CHECK_ROW(wishes[i].name, r == 0);
		CHECK_ROW(wishes[i].name, element_parse(device, &e) == 0 && e.kind == wishes[i].wish.kind);
		if (wishes[i].wish.source)
			CHECK_STR(e.source, wishes[i].wish.source);
	}
}

TEST(a_disk_gets_a_name_that_is_free_in_both_definitions)
{
	static const char live[] = "<domain><devices><disk type='file'><target dev='vda'/></disk></devices></domain>",
			  saved[] = "<domain><devices><disk type='file'><target dev='vdb'/></disk></devices></domain>";
	_cleanup_(strv_freep) char **taken = NULL;
	_cleanup_free_ char *a = NULL, *b = NULL, *c = NULL;

	CHECK(elements_free_target(live, saved, NULL, &a) == 0 && elements_free_target(NULL, NULL, NULL, &b) == 0);
	CHECK_STR(a, "vdc");
	CHECK_STR(b, "vda");
	CHECK(strv_add(&taken, "vdc") == 0 && elements_free_target(live, saved, taken, &c) == 0);
	CHECK_STR(c, "vdd");
}

TEST_MAIN()
