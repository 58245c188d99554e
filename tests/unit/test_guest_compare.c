/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In what a guest that is there differs from the one that is wanted. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/guest_compare.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_xml.h"
#include "tests/unit/qemu_host.h"

/* A host on which every option can be had, and a guest of this profile with a disk. */
static struct guest_options make(struct tree *t, const char *profile)
{
	struct guest_options o = start(t);

	tree_put(t, LOW "/40-s.json", "%s", SECURE);
	tree_put(t, "usr/bin/qemu-system-s390x", "%s", "");
	tree_put(t, "opt/qemu", "%s", "");
	tree_put(t, "sys/devices/system/node/node0/cpulist", "0-3\n");
	tree_put(t, "sys/devices/system/node/node1/cpulist", "4-7\n");
	tree_put(t, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "4096\n");
	tree_put(t, "sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "8\n");
	tree_pci(t, "0000:00:03.0", "020000", "8086:1521", -1);
	tree_netif(t, "0000:00:03.0", "", "eno1");
	tree_netif(t, NULL, NULL, "br0");
	tree_folder(t, "sys/devices/virtual/net/br0/bridge");
	if (tree_read(t) < 0)
		abort();
	o = profile_find(profile)->defaults;
	o.name = "guest";
	o.disk = "/srv/guest.raw";
	o.format = DISK_RAW;
	return o;
}

/* The definition that slipway makes of it: a new string. */
static char *define(struct tree *t, const char *profile, const struct guest_options *o)
{
	const struct guest_wish wish = { .profile = profile_find(profile), .options = o };
	_cleanup_(choices_done) struct choices choices = {};
	_cleanup_free_ char *said = NULL;
	char *xml = NULL;

	if (build_wish(t, &wish, &choices, &xml, &said) < 0)
		printf("# %s", said);
	return xml;
}

static int compare(const struct tree *t, const char *profile, const struct guest_options *wanted, char *xml, bool autostart, struct differences *ret)
{
	const struct guest_wanted w = { .profile = profile_find(profile), .options = *wanted };
	const struct guest_state there = { .saved_xml = xml };

	return guest_compare(&t->host, &w, &there, autostart, ret);
}

TEST(each_option_is_found_again_and_missed_where_it_is_otherwise)
{
	static const struct {
		const char *profile, *option, *value, *what, *wanted, *found;
	} rows[] = {
		{ "uefi", "type", "qemu", "type", "qemu", "kvm" },
		{ "uefi", "machine", "pc-q35-6.0", "machine", "pc-q35-6.0", "q35" },
		{ "uefi", "emulator", "/opt/qemu", "emulator", "/opt/qemu", "/usr/bin/qemu-system-x86_64" },
		{ "uefi", "secure-boot", "on", "firmware", "UEFI with Secure Boot", "UEFI" },
		{ "uefi", "tpm", "2.0", "tpm", "2.0", "none" },
		{ "uefi", "memory", "1G", "memory", "1024 MiB", "2048 MiB" },
		{ "uefi", "max-memory", "4G", "max-memory", "4096 MiB", "2048 MiB" },
		{ "uefi", "hugepages", "2M", "hugepages", "2M", "off" },
		{ "uefi", "hugepages", "1G", "hugepages", "1G", "off" },
		{ "uefi", "numa-node", "1", "numa-node", "1", "none" },
		{ "uefi", "vcpus", "1", "vcpus", "1", "2" },
		{ "uefi", "max-vcpus", "6", "max-vcpus", "6", "2" },
		{ "uefi", "disk", "/dev/vg/guest", "disk", "/dev/vg/guest", "/srv/guest.raw" },
		{ "uefi", "disk", "pool/guest", "disk", "pool/guest", "/srv/guest.raw" },
		{ "uefi", "format", "qcow2", "format", "qcow2", "raw" },
		{ "uefi", "disk-io", "io_uring", "disk-io", "io_uring", "native" },
		{ "uefi", "iothreads", "2", "iothreads", "2", "0" },
		{ "uefi", "bridge", "br0", "network port", "bridge br0", "network default" },
		{ "uefi", "macvtap", "eno1", "network port", "macvtap eno1", "network default" },
		{ "uefi", "network", "other", "network port", "network other", "network default" },
		{ "uefi", "queues", "3", "queues", "3", "1" },
		{ "uefi", "graphics", "vnc", "graphics", "vnc", "none" },
		{ "uefi", "kvm-hidden", "on", "kvm-hidden", "on", "off" },
		{ "uefi", "usb", "on", "usb", "on", "off" },
		{ "uefi", "console-log", "/var/log/guest", "console-log", "/var/log/guest", NULL },
		{ "uefi", "autostart", "on", "autostart", "on", "off" },
		{ "s390x", "secure-execution", "on", "secure-execution", "on", "off" },
		{ "s390x", "console-log", "/var/log/guest", "console-log", "/var/log/guest", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(differences_done) struct differences none = {}, one = {};
		_cleanup_free_ char *before = NULL, *after = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = make(&t, rows[i].profile);

		before = define(&t, rows[i].profile, &o);
		guest_options_layer(&o);
		CHECK_ROW(rows[i].option, guest_option_set(&o, rows[i].option, rows[i].value) == 0);
		after = define(&t, rows[i].profile, &o);
		CHECK_ROW(rows[i].option, before && after);
		CHECK_ROW(rows[i].option, compare(&t, rows[i].profile, &o, after, o.autostart, &none) == 0 && !none.n);
		CHECK_ROW(rows[i].option, compare(&t, rows[i].profile, &o, before, false, &one) == 0 && one.n == 1);
		CHECK_STR(one.list[0].what, rows[i].what);
		CHECK_STR(one.list[0].wanted, rows[i].wanted);
		CHECK_STR(one.list[0].found, rows[i].found);
	}
}

/* libvirt's defaults (formatdomain), and what others write there. */
TEST(a_definition_is_read_as_libvirt_reads_it)
{
	static const struct {
		const char *inner, *option, *value, *found;
	} rows[] = {
		{ "<memory>65536</memory>", "memory", "1G", "64 MiB" },
		{ "<memory unit='M'>64</memory>", "memory", "1G", "64 MiB" },
		{ "<memory unit='GiB'>2</memory>", "memory", "1G", "2048 MiB" },
		{ "<memory unit='TiB'>2</memory>", "memory", "1G", "2 TiB" },
		{ "<memory unit='GiB'>2</memory><memoryBacking><hugepages/></memoryBacking>", "hugepages", "2M", "the host's own size" },
		{ "<memoryBacking><hugepages><page size='2048'/></hugepages></memoryBacking>", "hugepages", "1G", "2M" },
		{ "<memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>", "hugepages", "2M", "1G" },
		{ "<numatune><memory nodeset='0'/></numatune>", "numa-node", "1", "0" },
		{ "<vcpu current='3'>4</vcpu>", "vcpus", "1", "3" },
		{ "<vcpu>4</vcpu>", "vcpus", "1", "4" },
		{ "<iothreads>1</iothreads>", "iothreads", "0", "1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *xml = text_format("<domain type='kvm'><name>guest</name>%s<devices/></domain>", rows[i].inner);
		_cleanup_(differences_done) struct differences d = {};
		const struct difference *found = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = make(&t, "uefi");

		CHECK(guest_option_set(&o, rows[i].option, rows[i].value) == 0);
		CHECK_ROW(rows[i].inner, compare(&t, "uefi", &o, xml, false, &d) == 0);
		for (size_t k = 0; k < d.n; k++)
			if (str_eq(d.list[k].what, rows[i].option))
				found = &d.list[k];
		CHECK_ROW(rows[i].inner, found);
		CHECK_STR(found->found, rows[i].found);
	}
}

static char *add_device(const char *xml, const char *device)
{
	const char *end = strstr(xml, "</devices>");

	return end ? text_format("%.*s%s%s", (int)(end - xml), xml, device, end) : NULL;
}

TEST(devices_that_are_missing_and_devices_that_are_too_many_are_named)
{
	struct device wanted = { .address = (char *)"0000:06:00.0", .bus = 6 };
	struct device *devices[] = { &wanted };
	_cleanup_(differences_done) struct differences none = {}, two = {};
	_cleanup_free_ char *xml = NULL, *with = NULL, *other = NULL;
	struct guest_state there = {};
	_cleanup_tree_ struct tree t;
	struct guest_options o = make(&t, "uefi");
	const struct guest_wanted w = { .profile = profile_find("uefi"), .options = o, .devices = devices, .n_devices = 1 };

	xml = define(&t, "uefi", &o);
	CHECK(xml);
	with = add_device(xml, HOSTDEV("0x06"));
	other = add_device(xml, HOSTDEV("0x05"));
	/* A guest without a saved definition is judged by its live one. */
	there.live_xml = with;
	CHECK(with && elements_parse(with, &there.has_live) == 0);
	CHECK(guest_compare(&t.host, &w, &there, false, &none) == 0 && !none.n);
	there.saved_xml = other;
	CHECK(other && elements_parse(other, &there.has_saved) == 0);
	CHECK(guest_compare(&t.host, &w, &there, false, &two) == 0 && two.n == 2);
	CHECK_STR(two.list[0].what, "device");
	CHECK_STR(two.list[0].wanted, "0000:06:00.0");
	CHECK_STR(two.list[0].found, NULL);
	CHECK_STR(two.list[1].wanted, NULL);
	CHECK_STR(two.list[1].found, DRIVE);
	elements_done(&there.has_live);
	elements_done(&there.has_saved);
}

TEST(what_is_no_definition_is_not_compared)
{
	_cleanup_(differences_done) struct differences d = {};
	_cleanup_tree_ struct tree t;
	struct guest_options o = make(&t, "uefi");

	CHECK(compare(&t, "uefi", &o, NULL, false, &d) == -EINVAL);
	CHECK(compare(&t, "uefi", &o, (char *)"<domain>", false, &d) == -EINVAL && !d.n);
}

TEST_MAIN()
