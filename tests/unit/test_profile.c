/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest profiles: what domain comes out. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/qemu_host.h"

#define PORT "0000:00:03.0"

/* A bridge with a port of a card in it. */
static void put_bridge(struct tree *t, const char *chain, const char *port, const char *bridge)
{
	_cleanup_free_ char *upper = text_format("sys/devices/pci0000:00/%s/net/%s/upper_%s", chain, port, bridge),
			    *folder = text_format("sys/devices/virtual/net/%s/bridge", bridge);

	tree_pci(t, chain, "020000", "8086:1521", -1);
	tree_netif(t, chain, "", port);
	tree_netif(t, NULL, NULL, bridge);
	tree_folder(t, folder);
	tree_link(t, upper, "../../../../virtual/net/bridge");
}

/* What any of the profiles looks for on a host. */
static void put_everything(struct tree *t)
{
	tree_put(t, LOW "/40-s.json", "%s", SECURE);
	tree_put(t, "usr/bin/qemu-system-s390x", "%s", "");
	put_bridge(t, PORT, "eno1", "br0");
	CHECK(tree_read(t) == 0);
}

TEST(the_default_guest_validates_and_names_its_firmware)
{
	_cleanup_free_ char *xml = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK_STR(said, "");
	CHECK(is_valid(xml));
	CHECK_XML(xml, "/domain/@type", "kvm");
	CHECK_XML(xml, "/domain/cpu/@mode", "host-passthrough");
	CHECK_XML(xml, "/domain/cpu/@check", "none");
	CHECK_XML(xml, "/domain/cpu/@migratable", "on");
	CHECK_XML(xml, "/domain/os/loader", "/" FILES "/code.fd");
	CHECK_XML(xml, "/domain/os/loader/@secure", "no");
	CHECK_XML(xml, "/domain/os/nvram/@template", "/" FILES "/vars.fd");
	CHECK_XML(xml, "/domain/os/type/@machine", "q35");
	CHECK_XML(xml, "//*[local-name()='guest']/@firmware", "/" LOW "/60-c.json");
	CHECK_XML(xml, "//emulator", "/usr/bin/qemu-system-x86_64");
	CHECK_XML(xml, "//interface/source/@network", "default");
	CHECK_XML(xml, "count(//disk)", "0");
	CHECK_XML(xml, "count(//serial/log)", "0");
	CHECK_XML(xml, "count(//graphics | //video)", "0");
	CHECK_XML(xml, "/domain/on_crash", "destroy");
}

TEST(an_emulated_guest_validates_and_has_a_cpu_that_needs_no_kvm)
{
	_cleanup_free_ char *xml = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.type = GUEST_QEMU;
	o.network = NULL;
	o.disk = "/var/lib/libvirt/images/guest.raw";
	o.format = DISK_RAW;
	o.console_log = "/var/log/guest.log";
	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK(is_valid(xml));
	CHECK_XML(xml, "/domain/@type", "qemu");
	CHECK_XML(xml, "/domain/cpu/@mode", "custom");
	CHECK_XML(xml, "/domain/cpu/model", "qemu64");
	CHECK_XML(xml, "count(/domain/cpu/@migratable)", "0");
	CHECK_XML(xml, "//disk/source/@file", "/var/lib/libvirt/images/guest.raw");
	CHECK_XML(xml, "//disk/driver/@type", "raw");
	CHECK_XML(xml, "//disk/driver/@cache", "none");
	CHECK_XML(xml, "//disk/driver/@discard", "unmap");
	CHECK_XML(xml, "//serial/log/@file", "/var/log/guest.log");
	CHECK_XML(xml, "count(//interface)", "0");
}

TEST(a_bridge_takes_the_place_of_the_network)
{
	_cleanup_free_ char *xml = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.bridge = "br0";
	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK(is_valid(xml));
	CHECK_XML(xml, "//interface/@type", "bridge");
	CHECK_XML(xml, "//interface/source/@bridge", "br0");
	CHECK_XML(xml, "count(//interface/source/@network)", "0");
}

TEST(there_is_a_root_port_for_each_device_and_the_spare_ones)
{
	_cleanup_free_ char *xml = NULL, *none = NULL, *said = NULL, *said_none = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.disk = "/dev/vg/guest";
	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK(is_valid(xml));
	/* Disk, network, guest agent, random numbers; and four. */
	CHECK_XML(xml, "count(//controller[@model='pcie-root-port'])", "8");
	CHECK_XML(xml, "//controller[@model='pcie-root-port'][8]/@index", "8");
	CHECK_XML(xml, "//disk/@type", "block");
	CHECK_XML(xml, "//disk/source/@dev", "/dev/vg/guest");
	o.disk = NULL;
	o.network = NULL;
	o.spare_ports = 0;
	CHECK(build(&t, &o, &none, &said_none) == 0);
	CHECK(is_valid(none));
	CHECK_XML(none, "count(//controller[@model='pcie-root-port'])", "2");
}

TEST(two_builds_give_the_same_bytes)
{
	_cleanup_free_ char *one = NULL, *two = NULL, *said_one = NULL, *said_two = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	CHECK(build(&t, &o, &one, &said_one) == 0);
	CHECK(build(&t, &o, &two, &said_two) == 0);
	CHECK_STR(one, two);
	CHECK(str_ends(one, "</domain>\n"));
}

TEST(hostile_names_come_back_as_they_were)
{
	static const char *const names[] = {
		"<domain type='kvm'>", "a&b", "&amp;", "&#10;", "quote\"s'", "]]>", "<!-- -->", "$(reboot)", "-rf", "%s%n", "..a", "näme 日本",
		"</name><devices/><name>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL, *path = text_format("/%s", names[i]);
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);

		o.name = strchr(names[i], '/') ? "guest" : names[i];
		o.disk = path;
		o.format = DISK_RAW;
		o.console_log = path;
		CHECK(build(&t, &o, &xml, &said) == 0);
		CHECK(is_valid(xml));
		CHECK_XML(xml, "/domain/name", o.name);
		CHECK_XML(xml, "//disk/source/@file", path);
		CHECK_XML(xml, "//serial/log/@file", path);
		CHECK_XML(xml, "count(/domain/devices)", "1");
	}
}

TEST(an_emulator_that_is_not_there_is_an_error_with_its_package)
{
	_cleanup_free_ char *xml = NULL, *said = NULL, *said_own = NULL, *kvm = NULL, *said_kvm = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.emulator = "/opt/qemu";
	CHECK(build(&t, &o, &xml, &said_own) == -ENOENT);
	CHECK(!xml && strstr(said_own, "no QEMU at /opt/qemu"));
	o.emulator = NULL;
	tree_remove(&t, "usr/bin/qemu-system-x86_64");
	CHECK(build(&t, &o, &xml, &said) == -ENOENT);
	CHECK(!xml && strstr(said, "no QEMU at /usr/bin/qemu-system-x86_64") && strstr(said, "qemu-system-x86"));
	/* RHEL */
	tree_put(&t, "usr/libexec/qemu-kvm", "%s", "");
	software_done(&t.host.software);
	CHECK(software_read(t.fd, false, "x86_64", &t.host.software) == 0);
	CHECK(build(&t, &o, &kvm, &said_kvm) == 0);
	CHECK_XML(kvm, "//emulator", "/usr/libexec/qemu-kvm");
}

TEST(the_bridge_is_the_only_one_with_a_port_of_the_host)
{
	_cleanup_free_ char *xml = NULL, *said = NULL, *two = NULL, *said_two = NULL, *none = NULL, *said_none = NULL;
	_cleanup_(choices_done) struct choices choices = {};
	struct guest_options o = profile_find("ceph-osd")->defaults;
	const struct guest_wish wish = { .profile = profile_find("ceph-osd"), .options = &o };
	_cleanup_tree_ struct tree t;

	start(&t);
	o.name = "guest";
	CHECK(tree_read(&t) == 0);
	CHECK(build_wish(&t, &wish, &choices, &none, &said_none) == -EOPNOTSUPP);
	CHECK_HAS(said_none, "this host has no bridge with a port of its own");
	put_bridge(&t, PORT, "eno1", "br0");
	tree_netif(&t, NULL, NULL, "virbr0"); /* libvirt's, with guests alone */
	tree_folder(&t, "sys/devices/virtual/net/virbr0/bridge");
	CHECK(tree_read(&t) == 0);
	CHECK(build_wish(&t, &wish, &choices, &xml, &said) == 0);
	CHECK_STR(said, "");
	CHECK_XML(xml, "//interface/source/@bridge", "br0");
	CHECK_XML(xml, "//interface/driver/@queues", "4");
	put_bridge(&t, "0000:00:04.0", "eno2", "br1");
	CHECK(tree_read(&t) == 0);
	CHECK(build_wish(&t, &wish, &choices, &two, &said_two) == -EOPNOTSUPP);
	CHECK_HAS(said_two, "several bridges with a port of its own (br0, br1)");
}

/* The options, set by words, and what must be in the definition then. */
TEST(each_option_does_what_it_says)
{
	static const struct {
		const char *profile, *option, *value, *expression, *wanted;
	} rows[] = {
		{ "uefi", "macvtap", "eno1", "concat(//interface/@type, //interface/source/@dev, //interface/source/@mode)", "directeno1bridge" },
		{ "uefi", "queues", "3", "//interface/driver/@queues", "3" },
		{ "uefi", "queues", "auto", "//interface/driver/@queues", "2" },
		{ "uefi", "disk-io", "io_uring", "//disk/driver/@io", "io_uring" },
		{ "uefi", "iothreads", "2", "concat(/domain/iothreads, //disk/driver/@iothread)", "21" },
		{ "uefi", "machine", "pc-q35-6.0", "/domain/os/type/@machine", "pc-q35-6.0" },
		{ "uefi", "secure-boot", "on", "concat(/domain/os/loader/@secure, //features/smm/@state)", "yeson" },
		{ "uefi", "tpm", "2.0", "concat(//tpm/@model, //tpm/backend/@type, //tpm/backend/@version)", "tpm-crbemulator2.0" },
		{ "uefi", "kvm-hidden", "on", "//features/kvm/hidden/@state", "on" },
		{ "uefi", "usb", "on", "concat(//controller[@type='usb']/@model, count(//controller[@type='usb']))", "qemu-xhci1" },
		{ "uefi", "usb", "off", "concat(//controller[@type='usb']/@model, count(//controller[@type='usb']))", "none1" },
		{ "uefi", "usb", "on", "count(//input)", "0" },
		{ "gpu", "vcpus", "4", "count(//features/kvm | //graphics | //video)", "0" },
		{ "gpu", "graphics", "vnc", "concat(//graphics/@type, //graphics/listen/@address, //video/model/@type)", "vnc127.0.0.1virtio" },
		{ "bios", "graphics", "vnc", "//video/model/@type", "vga" },
		{ "bios", "vcpus", "1", "concat(count(//loader), //bios/@useserial)", "0yes" },
		{ "uefi", "max-vcpus", "6", "concat(/domain/vcpu/@current, /domain/vcpu, //topology/@cores)", "266" },
		{ "uefi", "max-memory", "4G", "concat(/domain/maxMemory, //cpu/numa/cell/@memory, //cpu/numa/cell/@cpus)", "409620480-1" },
		{ "hotplug", "vcpus", "1", "concat(/domain/vcpu/@current, /domain/vcpu, /domain/maxMemory)", "148192" },
		{ "hotplug", "vcpus", "100", "/domain/vcpu", "255" },
		{ "uefi", "disk", "pool/a b", "concat(//disk/@type, //disk/source/@pool, //disk/source/@volume)", "volumepoola b" },
		{ "uefi-secure", "vcpus", "1", "concat(/domain/os/loader/@secure, count(//tpm))", "yes1" },
		{ "s390x", "vcpus", "1", "concat(/domain/os/type/@machine, //console/target/@type, count(//controller[@type='pci']))", "s390-ccw-virtiosclp0" },
		{ "s390x", "secure-execution", "on", "concat(/domain/launchSecurity/@type, //disk/driver/@iommu, //interface/driver/@iommu, //rng/driver/@iommu)",
		  "s390-pvononon" },
		{ "s390x", "type", "qemu", "/domain/cpu/@mode", "maximum" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(choices_done) struct choices choices = {};
		_cleanup_free_ char *xml = NULL, *said = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);
		const struct guest_wish wish = { .profile = profile_find(rows[i].profile), .options = &o };

		put_everything(&t);
		o = wish.profile->defaults;
		o.name = "guest";
		o.disk = "/dev/vg/guest";
		o.format = DISK_RAW;
		CHECK(guest_option_set(&o, rows[i].option, rows[i].value) == 0);
		CHECK_ROW(rows[i].wanted, build_wish(&t, &wish, &choices, &xml, &said) == 0);
		CHECK_XML(xml, rows[i].expression, rows[i].wanted);
		CHECK_ROW(rows[i].wanted, is_valid(xml));
	}
}

TEST(a_card_with_large_bars_and_drives_of_a_node_shape_the_guest)
{
	_cleanup_(choices_done) struct choices choices = {};
	_cleanup_free_ char *xml = NULL, *said = NULL;
	struct device card = { .address = (char *)"0000:41:00.0", .numa_node = 1, .domain = 0, .bus = 0x41 }, sound = card;
	struct device *devices[] = { &card, &sound };
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);
	const struct guest_wish wish = { .profile = profile_find("gpu"), .options = &o, .devices = devices, .n_devices = 2 };

	sound.function = 1;
	card.bars[1] = (struct bar){ .size = UINT64_C(64) << 30, .is_64bit = true, .is_prefetchable = true };
	tree_put(&t, "sys/devices/system/node/node0/cpulist", "0-3\n");
	tree_put(&t, "sys/devices/system/node/node1/cpulist", "4-7\n");
	o.memory = 2048;
	o.iothreads = 1;
	o.disk = "/dev/vg/guest";
	CHECK(build_wish(&t, &wish, &choices, &xml, &said) == 0);
	CHECK_STR(said, "");
	CHECK(is_valid(xml));
	CHECK_XML(xml, "/domain/vcpu/@cpuset", "5-7");
	CHECK_XML(xml, "//cputune/emulatorpin/@cpuset", "4");
	CHECK_XML(xml, "//cputune/iothreadpin/@cpuset", "4");
	CHECK_XML(xml, "concat(//numatune/memory/@mode, //numatune/memory/@nodeset)", "strict1");
	CHECK_XML(xml, "//*[local-name()='arg'][2]/@value", "name=opt/ovmf/X-PciMmio64Mb,string=131072");
	/* Disk, network, agent, random numbers; four spare ones; and one for the card with its sound. */
	CHECK_XML(xml, "count(//controller[@model='pcie-root-port'])", "9");
}

TEST(every_profile_can_be_listed_shown_and_built)
{
	size_t n = 0;

	for (const struct profile *p = profiles; p->name; p++, n++) {
		_cleanup_(choices_done) struct choices choices = {};
		_cleanup_(strv_freep) char **lines = NULL;
		_cleanup_free_ char *xml = NULL, *said = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);
		const struct guest_wish wish = { .profile = p, .options = &o };

		put_everything(&t);
		CHECK(profile_find(p->name) == p);
		CHECK(p->help && !strchr(p->help, '\n') && strlen(p->help) <= 80);
		CHECK(p->text && str_ends(p->text, "\n"));
		CHECK(strv_split(p->text, "\n", &lines) == 0);
		for (char **line = lines; *line; line++)
			CHECK(strlen(*line) <= 105);
		o = p->defaults;
		o.name = "guest";
		o.disk = "/dev/vg/guest";
		CHECK_ROW(p->name, build_wish(&t, &wish, &choices, &xml, &said) == 0);
		CHECK_STR(said, "");
		CHECK_ROW(p->name, is_valid(xml));
		CHECK_XML(xml, "//*[local-name()='guest']/@profile", p->name);
		CHECK(choices.n > 2);
	}
	CHECK(n == 7);
	CHECK(!profile_find("none-of-that-name"));
}

TEST_MAIN()
