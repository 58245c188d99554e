/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware's boot entries: the bytes of a variable, and the disk that the system was started from. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/boot.h"
#include "tests/unit/check.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define GUID "12345678-9abc-def0-0102-030405060708"

TEST(an_entry_is_read_with_label_partition_and_file)
{
	_cleanup_(load_option_done) struct load_option o = {};
	struct efi_bytes b = {};
	size_t path;

	path = efi_option(&b, "debian ä");
	efi_hard_drive(&b, 2);
	efi_file(&b, "\\EFI\\debian\\shimx64.efi");
	efi_end(&b, path);
	CHECK(load_option_parse(b.data, b.size, &o) == 0);
	CHECK(o.is_active && !o.has_pci && !o.is_network);
	CHECK_STR(o.label, "debian ä");
	CHECK_STR(o.partition_uuid, GUID);
	CHECK_STR(o.file, "\\EFI\\debian\\shimx64.efi");
	CHECK_STR(o.pci_path, NULL);
}

TEST(kinds_of_paths_are_told_apart)
{
	static const struct {
		const char *nodes; /* r: host bridge, p: function, n: NVMe namespace, g: GPT, m: MBR, s: no signature, x: MAC, u: URI */
		const char *partition, *pci;
		bool is_network;
	} rows[] = {
		{ "", NULL, NULL, false },
		{ "g", GUID, NULL, false },
		{ "m", "12345678-03", NULL, false },
		{ "s", NULL, NULL, false },
		{ "rpp", NULL, "06.0/06.0", false },
		{ "rpn", NULL, "06.0", false },
		{ "rpnp", NULL, "06.0", false },
		{ "rppng", GUID, "06.0/06.0", false },
		{ "r", NULL, NULL, false },
		{ "pr", NULL, NULL, false },
		{ "nrp", NULL, NULL, false },
		{ "rprp", NULL, "06.0", false },
		{ "rpx", NULL, "06.0", true },
		{ "rpxu", NULL, "06.0", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(load_option_done) struct load_option o = {};
		struct efi_bytes b = {};
		size_t path = efi_option(&b, "x");

		efi_nodes(&b, rows[i].nodes);
		efi_end(&b, path);
		CHECK_ROW(rows[i].nodes, load_option_parse(b.data, b.size, &o) == 0);
		CHECK_STR(o.partition_uuid, rows[i].partition);
		CHECK_STR(o.pci_path, rows[i].pci);
		CHECK_ROW(rows[i].nodes, o.has_pci == !!rows[i].pci && o.is_network == rows[i].is_network);
	}
}

/* Wherever the variable is cut, and whatever stands in it: no byte behind its end is read (the sanitizer looks on). */
TEST(a_broken_entry_is_refused_or_read_within_its_bounds)
{
	struct efi_bytes b = {};
	size_t path = efi_option(&b, "debian");

	efi_nodes(&b, "rppng");
	efi_file(&b, "\\a");
	efi_end(&b, path);
	for (size_t size = 0; size <= b.size; size++) {
		_cleanup_(load_option_done) struct load_option o = {};
		_cleanup_free_ unsigned char *exact = malloc(size ? size : 1);
		int r;

		memcpy(exact, b.data, size);
		r = load_option_parse(exact, size, &o);
		CHECK(r == (size < b.size ? -EINVAL : 0));
	}
	srandom(3);
	for (int round = 0; round < 5000; round++) {
		_cleanup_(load_option_done) struct load_option o = {};
		_cleanup_free_ unsigned char *exact = malloc(b.size);

		memcpy(exact, b.data, b.size);
		for (int n = 0; n < 4; n++)
			exact[(size_t)random() % b.size] = (unsigned char)random();
		load_option_parse(exact, b.size, &o);
	}
}

TEST(broken_utf16_is_still_a_label)
{
	static const struct {
		unsigned char bytes[8];
		size_t n;
		const char *text;
	} rows[] = {
		{ { 'a', 0, 'b', 0, 0, 0, 'c', 0 }, 4, "ab" },
		{ { 0x3d, 0xd8, 0x00, 0xde }, 2, "\xf0\x9f\x98\x80" },
		{ { 0x3d, 0xd8, 'a', 0 }, 2, "\xef\xbf\xbd""a" },
		{ { 0x3d, 0xd8 }, 1, "\xef\xbf\xbd" },
		{ { 0x00, 0xde, 'a', 0 }, 2, "\xef\xbf\xbd""a" },
		{ { 0xac, 0x20 }, 1, "\xe2\x82\xac" },
		{ { 0 }, 0, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = utf16_to_utf8(rows[i].bytes, rows[i].n);

		CHECK_STR(text, rows[i].text);
	}
}

/* A host with one drive of two partitions, of which the first has the GUID of the entries here. */
static void put_host(struct tree *t)
{
	tree_new(t);
	tree_nvme(t, A, 0, 1);
	tree_partition(t, A, 0, 1, "vfat");
	tree_partition(t, A, 0, 2, "ext4");
	tree_put(t, "run/udev/data/b259:1", "E:ID_FS_TYPE=vfat\nE:ID_PART_ENTRY_UUID=12345678-9ABC-DEF0-0102-030405060708\n");
	tree_put_variable(t, "BootCurrent", "\3\0", 2);
	tree_put_variable(t, "BootOrder", "\1\0\3\0\3\0\7\0", 8);
}

static void put_entry(struct tree *t, const char *name, const char *label, const char *nodes)
{
	struct efi_bytes b = {};
	size_t path = efi_option(&b, label);

	efi_nodes(&b, nodes);
	efi_end(&b, path);
	tree_put_variable(t, name, b.data, b.size);
}

TEST(the_boot_disk_is_found_by_the_partition_of_the_entry_in_use)
{
	_cleanup_tree_ struct tree t;
	const struct boot *boot = &t.host.firmware.boot;

	put_host(&t);
	put_entry(&t, "Boot0001", "PXE", "rpx");
	put_entry(&t, "Boot0003", "debian", "g");
	CHECK(tree_read(&t) == 0);
	CHECK(boot->is_known && boot->current == 3 && boot->next == -1 && boot->n == 2);
	CHECK_STR(boot_current(boot)->option.label, "debian");
	CHECK_STR(boot_current(boot)->option.partition_uuid, GUID);
	CHECK(strv_length(boot->partitions) == 1 && !boot->functions);
	CHECK_STR(boot->partitions[0], "nvme0n1p1");
}

TEST(a_cloned_disk_is_a_boot_disk_too)
{
	_cleanup_tree_ struct tree t;
	const struct boot *boot = &t.host.firmware.boot;

	put_host(&t);
	tree_put(&t, "run/udev/data/b259:2", "E:ID_PART_ENTRY_UUID=" GUID "\n");
	put_entry(&t, "Boot0003", "debian", "g");
	CHECK(tree_read(&t) == 0);
	CHECK(strv_length(boot->partitions) == 2);
	CHECK_STR(boot->partitions[1], "nvme0n1p2");
}

TEST(an_entry_for_a_whole_drive_names_its_function)
{
	_cleanup_tree_ struct tree t;
	const struct boot *boot = &t.host.firmware.boot;

	put_host(&t);
	tree_nvme(&t, "0000:00:06.0/0000:06:06.0", 1, 2);
	put_entry(&t, "Boot0003", "UEFI QEMU NVMe Ctrl", "rppn");
	CHECK(tree_read(&t) == 0);
	CHECK(!boot->partitions && strv_length(boot->functions) == 1);
	CHECK_STR(boot->functions[0], "0000:06:06.0");
	/* The firmware numbers the host bridges by _UID, and this one has another. */
	tree_put(&t, "sys/devices/pci0000:00/firmware_node/uid", "4\n");
	tree_folder(&t, "sys/devices/pci0000:80");
	tree_put(&t, "sys/devices/pci0000:80/firmware_node/uid", "0\n");
	CHECK(tree_read(&t) == 0);
	CHECK(!boot->functions);
}

TEST(the_loader_says_where_it_was_loaded_from)
{
	_cleanup_tree_ struct tree t;
	const struct boot *boot = &t.host.firmware.boot;
	struct efi_bytes b = {};

	put_host(&t);
	put_entry(&t, "Boot0003", "network", "rpx");
	efi_utf16(&b, "12345678-9ABC-DEF0-0102-030405060708");
	tree_put_bytes(&t, "sys/firmware/efi/efivars/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", b.data, b.size);
	CHECK(tree_read(&t) == 0);
	CHECK(!boot->partitions);
	memmove(b.data + 4, b.data, b.size);
	tree_put_bytes(&t, "sys/firmware/efi/efivars/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", b.data, b.size + 4);
	CHECK(tree_read(&t) == 0);
	CHECK(strv_length(boot->partitions) == 1);
	CHECK_STR(boot->loader_partition_uuid, GUID);
}

TEST(what_the_firmware_does_not_say_is_unknown_with_a_reason)
{
	static const struct {
		const char *name;
		const void *data;
		size_t size;
		const char *reason;
	} rows[] = {
		{ "Nothing", "", 0, "it has no BootCurrent" },
		{ "BootCurrent", "", 0, "cannot be read" },
		{ "BootCurrent", "\1", 1, "cannot be read" },
		{ "BootCurrent", "\1\0\1", 3, "cannot be read" },
		{ NULL, NULL, 0, "efivarfs is not mounted" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_folder(&t, "sys/firmware/efi/efivars");
		if (rows[i].name)
			tree_put_variable(&t, rows[i].name, rows[i].data, rows[i].size);
		CHECK(tree_read(&t) == 0);
		CHECK_ROW(rows[i].reason, !t.host.firmware.boot.is_known && !boot_current(&t.host.firmware.boot));
		CHECK_HAS(t.host.firmware.boot.reason, rows[i].reason);
	}
}

TEST_MAIN()
