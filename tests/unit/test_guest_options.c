/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user says of a guest, and the disk that it names. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/qemu_host.h"

TEST(a_name_that_libvirt_does_not_take_is_refused_with_the_reason)
{
	char longest[202];
	const struct {
		const char *name, *reason;
	} cases[] = {
		{ NULL, "it is empty" }, { "", "it is empty" }, { "a/b", "holds a '/'" }, { "a\nb", "control character" },
		{ " a", "begins or ends with a blank" }, { "a\t", "begins or ends with a blank" }, { "  ", "begins or ends" },
		{ "a\x1b[31m", "no UTF-8 or no text" }, { "a\xff", "no UTF-8 or no text" }, { "\xed\xa0\x80", "no UTF-8 or no text" },
		{ "\xf0\x8f\x98\x80", "no UTF-8 or no text" }, /* U+F600, a byte longer than need be */
		{ "a\xef\xbf\xbe", "no UTF-8 or no text" },     /* U+FFFE, which XML has not */
		{ "a\xc2\x85", "no UTF-8 or no text" },         /* U+0085, which a terminal may obey */
		{ ".", "names a folder" }, { "..", "names a folder" }, { "a\x7f" "b", "control character" }, { longest, "longer than 200" },
	};

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);

		o.name = cases[i].name;
		CHECK(build(&t, &o, &xml, &said) == -EINVAL);
		CHECK(!xml);
		if (!strstr(said, cases[i].reason))
			CHECK_STR(said, cases[i].reason);
	}
}

TEST(options_out_of_bounds_are_refused_and_those_at_the_bounds_are_not)
{
	static const struct {
		const char *name, *value, *reason; /* no reason: taken */
	} cases[] = {
		{ "memory", "127", "between 128 and 16777216" }, { "memory", "128", NULL }, { "memory", "16T", NULL },
		{ "memory", "0", "between 128" }, { "vcpus", "0", "between 1 and 255" }, { "vcpus", "1", NULL },
		{ "vcpus", "255", NULL }, { "vcpus", "256", "between 1 and 255" }, { "spare-ports", "0", NULL },
		{ "spare-ports", "32", NULL }, { "spare-ports", "33", "between 0 and 32" },
		{ "disk", "guest.raw", "no absolute path" }, { "disk", "", "no absolute path" }, { "disk", "a/b/c", "no absolute path" },
		{ "disk", "/b", NULL }, { "disk", "pool/", "no POOL/VOLUME" }, { "disk", "pool/volume", NULL }, { "disk", "a/b\xff", "no UTF-8" }, { "disk", "/a\xff", "no UTF-8" },
		{ "emulator", "qemu", "no absolute path" }, { "console-log", "a.log", "no absolute path" },
		{ "bridge", "", "no name of a network interface" }, { "bridge", "a b", "no name of a network interface" },
		{ "bridge", "sixteen-letters-", "no name of a network interface" }, { "bridge", "fifteen-letters", NULL },
		{ "network", "", "no name of a libvirt network" }, { "network", "a/b", "no name of a libvirt network" },
		{ "macvtap", "a b", "macvtap 'a b' cannot be used: it is no name of a network interface" }, { "macvtap", "eno1", NULL },
		{ "max-memory", "127", "between 128" }, { "max-memory", "1G", "max-memory is less than memory" }, { "max-memory", "2G", NULL },
		{ "max-vcpus", "256", "between 1 and 255" }, { "max-vcpus", "1", "max-vcpus is less than vcpus" }, { "max-vcpus", "2", NULL },
		{ "iothreads", "17", "between 0 and 16" }, { "iothreads", "16", NULL }, { "queues", "257", "between 0 and 256" },
		{ "queues", "256", NULL }, { "machine", "", "no name of a machine" }, { "machine", "pc q35", "no name of a machine" },
		{ "machine", "pc-q35-7.2", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *said = NULL;
		struct guest_options o = profile_find("uefi")->defaults;
		int r;

		o.name = "guest";
		CHECK(guest_option_set(&o, cases[i].name, cases[i].value) == 0);
		stderr_catch();
		r = guest_options_check(&o);
		said = stderr_caught();
		CHECK(r == (cases[i].reason ? -EINVAL : 0));
		if (cases[i].reason ? !strstr(said, cases[i].reason) : *said)
			CHECK_STR(said, cases[i].reason);
	}
}

TEST(memory_is_taken_in_mib_or_with_a_unit)
{
	static const struct {
		const char *text;
		unsigned mib; /* 0: no such value */
	} cases[] = {
		{ "2048", 2048 }, { "512M", 512 }, { "8G", 8192 }, { "8g", 8192 }, { "1T", 1048576 }, { "16T", 16777216 },
		{ "17T", 0 }, { "4194304T", 0 }, { "", 0 }, { "G", 0 }, { "1.5G", 0 }, { "-1", 0 }, { "2 G", 0 }, { "8GiB", 0 },
		{ "99999999999999999999", 0 }, { "16777217", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *said = NULL;
		struct guest_options o = { .memory = 7 };
		int r;

		stderr_catch();
		r = guest_option_set(&o, "memory", cases[i].text);
		said = stderr_caught();
		CHECK(r == (cases[i].mib ? 0 : -EINVAL));
		CHECK(o.memory == (cases[i].mib ? cases[i].mib : 7));
		CHECK(cases[i].mib ? !*said : strstr(said, "memory in MiB") != NULL);
	}
}

TEST(options_are_set_by_their_names)
{
	_cleanup_free_ char *said = NULL;
	struct guest_options o = { .network = "default" };

	CHECK(guest_option_set(&o, "type", "qemu") == 0 && o.type == GUEST_QEMU);
	CHECK(guest_option_set(&o, "type", "kvm") == 0 && o.type == GUEST_KVM);
	CHECK(guest_option_set(&o, "format", "qcow2") == 0 && o.format == DISK_QCOW2);
	CHECK(guest_option_set(&o, "network", "none") == 0 && !o.network);
	CHECK(guest_option_set(&o, "network", "lan") == 0);
	CHECK_STR(o.network, "lan");
	CHECK(guest_option_set(&o, "colour", "red") == -ENOENT);
	CHECK(guest_option_set(&o, "queues", "auto") == 0 && o.queues == AS_MANY_AS_VCPUS);
	CHECK(guest_option_set(&o, "numa-node", "none") == 0 && o.numa_node == NODE_ANY);
	CHECK(guest_option_set(&o, "numa-node", "auto") == 0 && o.numa_node == NODE_AUTO);
	CHECK(guest_option_set(&o, "numa-node", "1") == 0 && o.numa_node == 1);
	CHECK(guest_option_set(&o, "hugepages", "1G") == 0 && o.hugepages == HUGEPAGES_1G);
	CHECK(guest_option_set(&o, "tpm", "2.0") == 0 && o.tpm && guest_option_set(&o, "tpm", "none") == 0 && !o.tpm);
	CHECK(guest_option_set(&o, "secure-boot", "on") == 0 && o.secure_boot);
	stderr_catch();
	CHECK(guest_option_set(&o, "numa-node", "1024") == -EINVAL && guest_option_set(&o, "numa-node", "-1") == -EINVAL &&
	      guest_option_set(&o, "queues", "0") == -EINVAL && guest_option_set(&o, "tpm", "1.2") == -EINVAL &&
	      guest_option_set(&o, "autostart", "yes") == -EINVAL && guest_option_set(&o, "hugepages", "4K") == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "'yes' is no value for autostart (start the guest with the host)");
	free(said);
	stderr_catch();
	CHECK(guest_option_set(&o, "type", "xen") == -EINVAL && guest_option_set(&o, "format", "vmdk") == -EINVAL &&
	      guest_option_set(&o, "vcpus", "two") == -EINVAL);
	said = stderr_caught();
	CHECK(strstr(said, "'xen' is no value for type") && strstr(said, "'vmdk'") && strstr(said, "'two'"));
}

TEST(the_last_layer_says_where_the_network_port_is_and_one_layer_says_it_once)
{
	_cleanup_free_ char *said = NULL;
	struct guest_options o = profile_find("uefi")->defaults;

	o.name = "guest";
	guest_options_layer(&o);
	CHECK(guest_option_set(&o, "bridge", "br0") == 0 && o.bridge && !o.network && guest_options_check(&o) == 0);
	guest_options_layer(&o);
	CHECK(guest_option_set(&o, "network", "none") == 0 && !o.bridge && !o.network && guest_options_check(&o) == 0);
	guest_options_layer(&o);
	CHECK(guest_option_set(&o, "macvtap", "eno1") == 0 && !o.network && guest_option_set(&o, "bridge", "br0") == 0 && !o.macvtap);
	stderr_catch();
	CHECK(guest_options_check(&o) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "exclude each other");
}

TEST(the_format_of_an_image_is_read_from_it)
{
	static const char qcow2[104] = { 'Q', 'F', 'I', (char)0xfb, 0, 0, 0, 3 };
	static const char backed[104] = { 'Q', 'F', 'I', (char)0xfb, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 2, 0 };
	static const char external[104] = { 'Q', 'F', 'I', (char)0xfb, 0, 0, 0, 3, [79] = 4 };
	static const struct {
		const char *data;
		size_t size;
		const char *format; /* NULL: refused */
	} cases[] = {
		{ qcow2, sizeof(qcow2), "qcow2" }, { "", 0, "raw" }, { "QFI", 3, "raw" }, { "QFI\xfc", 4, "raw" },
		{ backed, sizeof(backed), NULL }, { external, sizeof(external), NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL, *named = NULL, *said_named = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);

		tree_put_bytes(&t, "guest.img", cases[i].data, cases[i].size);
		o.disk = "/guest.img";
		CHECK(build(&t, &o, &xml, &said) == (cases[i].format ? 0 : -EINVAL));
		if (cases[i].format) {
			CHECK_XML(xml, "//disk/driver/@type", cases[i].format);
			continue;
		}
		CHECK(!xml && strstr(said, "refers to another file"));
		o.format = DISK_QCOW2;
		CHECK(build(&t, &o, &named, &said_named) == 0);
		CHECK_XML(named, "//disk/driver/@type", "qcow2");
	}
}

TEST(a_disk_that_must_be_looked_at_has_to_exist)
{
	_cleanup_free_ char *xml = NULL, *said = NULL, *folder = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.disk = "/gone.img";
	CHECK(build(&t, &o, &xml, &said) == -ENOENT);
	CHECK(!xml && strstr(said, "cannot look into the disk /gone.img"));
	o.disk = "/usr";
	CHECK(build(&t, &o, &xml, &folder) == -EINVAL);
	CHECK(!xml && strstr(folder, "neither a file nor a block device"));
}

TEST_MAIN()
