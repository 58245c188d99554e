/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of one PCI function: BARs, ROM, reset, interrupts, NUMA, boot framebuffer, slot, namespaces. */

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/framebuffer.h"
#include "detect/link.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define CHAIN "0000:00:06.0/0000:05:00.0"
#define ADDRESS "0000:05:00.0"
#define FOLDER "sys/devices/pci0000:00/" CHAIN "/"
#define EMPTY_LINE "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

static void one_drive(struct tree *t)
{
	tree_new(t);
	tree_pci(t, "0000:00:06.0", "060400", "1b36:000c", 10);
	tree_nvme(t, CHAIN, 0, 1);
}

TEST(bars_and_the_rom_have_their_sizes_and_kinds)
{
	_cleanup_tree_ struct tree t;
	const struct device *d;

	one_drive(&t);
	tree_put(&t, FOLDER "resource",
		 "0x0000380000000000 0x00003807ffffffff 0x000000000014220c\n" EMPTY_LINE
		 "0x000000000000e000 0x000000000000e0ff 0x0000000000040101\n"
		 "0x0000000000000000 0x00000000000fffff 0x0000000020040200\n" EMPTY_LINE EMPTY_LINE
		 "0x00000000fb000000 0x00000000fb07ffff 0x0000000000046200\n"
		 "0x00000000fc000000 0x00000000fc07ffff 0x0000000000046200\n");
	CHECK(tree_read(&t) == 0);
	d = tree_device(&t, ADDRESS);
	CHECK(d->bars[0].size == 32ull << 30 && d->bars[0].is_64bit && d->bars[0].is_prefetchable && !d->bars[0].is_io);
	CHECK(d->bars[0].start == 0x380000000000ull && !d->bars[0].is_unassigned);
	CHECK(!d->bars[1].size);
	CHECK(d->bars[2].size == 256 && d->bars[2].is_io && !d->bars[2].is_64bit);
	CHECK(d->bars[3].size == 1 << 20 && d->bars[3].is_unassigned);
	CHECK(d->rom.size == 512 << 10 && d->rom.start == 0xfb000000);
}

TEST(a_broken_resource_file_gives_no_bars)
{
	static const char *const texts[] = { "", "nonsense\n", "0x10 0x0f 0x200\n", "0xffff\n0xffff", "\n\n\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_tree_ struct tree t;

		one_drive(&t);
		tree_put(&t, FOLDER "resource", "%s", texts[i]);
		CHECK(tree_read(&t) == 0);
		for (size_t j = 0; j < 6; j++)
			CHECK_ROW(texts[i], tree_device(&t, ADDRESS)->bars[j].size == 0);
		CHECK_ROW(texts[i], tree_device(&t, ADDRESS)->rom.size == 0);
	}
}

/* What the folder holds, and what follows from it. */
TEST(no_reset_is_told_apart_from_not_knowing)
{
	static const struct {
		const char *name, *method;
		bool reset, remove, known;
		enum truth resets;
		size_t n;
	} rows[] = {
		{ "two methods", "flr bus\n", true, true, true, TRUTH_YES, 2 },
		{ "root switched them off", "\n", true, true, true, TRUTH_NO, 0 },
		{ "a kernel before 5.15", NULL, true, true, false, TRUTH_YES, 0 },
		{ "no method works", NULL, false, true, true, TRUTH_NO, 0 },
		{ "a sparse capture", NULL, false, false, false, TRUTH_UNKNOWN, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		const struct device *d;

		one_drive(&t);
		tree_remove(&t, FOLDER "reset_method");
		if (rows[i].method)
			tree_put(&t, FOLDER "reset_method", "%s", rows[i].method);
		if (rows[i].reset)
			tree_put(&t, FOLDER "reset", "%s", "");
		if (rows[i].remove)
			tree_put(&t, FOLDER "remove", "%s", "");
		CHECK(tree_read(&t) == 0);
		d = tree_device(&t, ADDRESS);
		CHECK_ROW(rows[i].name, d->resets == rows[i].resets);
		CHECK_ROW(rows[i].name, d->reset_methods_known == rows[i].known);
		CHECK_ROW(rows[i].name, strv_length(d->reset_methods) == rows[i].n);
	}
}

TEST(the_cpus_of_a_node_are_read_from_the_node_or_else_from_the_device)
{
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	tree_nvme(&t, "0000:00:07.0/0000:06:00.0", 1, 2);
	tree_pci(&t, "0000:00:07.0", "060400", "1b36:000c", 11);
	tree_put(&t, FOLDER "numa_node", "1\n");
	tree_put(&t, "sys/devices/pci0000:00/0000:00:07.0/0000:06:00.0/numa_node", "1\n");
	tree_put(&t, "sys/devices/pci0000:00/0000:00:07.0/numa_node", "-1\n");
	CHECK(tree_read(&t) == 0);
	CHECK(!tree_device(&t, ADDRESS)->numa_cpus);
	tree_put(&t, FOLDER "local_cpulist", "0-3\n");
	CHECK(tree_read(&t) == 0);
	CHECK_STR(tree_device(&t, ADDRESS)->numa_cpus, "0-3");
	tree_put(&t, "sys/devices/system/node/node1/cpulist", "8-15,24-31\n");
	CHECK(tree_read(&t) == 0);
	CHECK_STR(tree_device(&t, ADDRESS)->numa_cpus, "8-15,24-31");
	CHECK_STR(tree_device(&t, "0000:06:00.0")->numa_cpus, "8-15,24-31");
	CHECK(!tree_device(&t, "0000:00:07.0")->numa_cpus);
	/* A node of memory alone has no CPUs. */
	tree_put(&t, "sys/devices/system/node/node1/cpulist", "\n");
	CHECK(tree_read(&t) == 0);
	CHECK(!tree_device(&t, ADDRESS)->numa_cpus);
}

TEST(the_boot_framebuffer_is_found_by_nesting_or_by_address)
{
	static const struct {
		const char *name, *iomem;
		enum truth wanted;
	} rows[] = {
		{ "nested", "e0000000-efffffff : PCI Bus 0000:00\n  e0000000-efffffff : 0000:05:00.0\n    e0000000-e07e8fff : BOOTFB\n",
		  TRUTH_YES },
		{ "a user's zeros", "00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : 0000:05:00.0\n    00000000-00000000 : efifb\n",
		  TRUTH_YES },
		{ "below a driver", "e0000000-efffffff : 0000:05:00.0\n  e0000000-efffffff : vfio-pci\n    e0000000-e07e8fff : BOOTFB\n", TRUTH_YES },
		{ "by address alone", "e0000000-e07e8fff : BOOTFB\n", TRUTH_YES },
		{ "in no device", "d0000000-d07e8fff : BOOTFB\n", TRUTH_UNKNOWN },
		{ "zeros in no device", "00000000-00000000 : BOOTFB\n", TRUTH_UNKNOWN },
		{ "in the bridge alone", "e0000000-efffffff : 0000:00:06.0\nd0000000-d07e8fff : BOOTFB\n", TRUTH_UNKNOWN },
		{ "beside the device", "e0000000-efffffff : 0000:05:00.0\nf0000000-f0ffffff : BOOTFB\n", TRUTH_UNKNOWN },
		{ "none", "e0000000-efffffff : 0000:05:00.0\n", TRUTH_NO },
		{ "malformed", "BOOTFB\n : BOOTFB\nx-y : BOOTFB\n", TRUTH_NO },
		{ "nested too deep", "                                                                e0000000-e07e8fff : BOOTFB\n", TRUTH_NO },
		{ "empty", "", TRUTH_NO },
		{ "not readable", NULL, TRUTH_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		one_drive(&t);
		tree_put(&t, FOLDER "resource", "0x00000000e0000000 0x00000000efffffff 0x000000000014220c\n");
		if (rows[i].iomem)
			tree_put(&t, "proc/iomem", "%s", rows[i].iomem);
		CHECK(tree_read(&t) == 0);
		CHECK_ROW(rows[i].name, tree_device(&t, ADDRESS)->boot_framebuffer == rows[i].wanted);
		CHECK_ROW(rows[i].name, tree_device(&t, "0000:00:06.0")->boot_framebuffer != TRUTH_YES);
	}
}

TEST(a_slot_names_every_function_in_it_and_no_other)
{
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_pci(&t, "0000:05:00.0", "010802", "144d:a80a", 1);
	tree_pci(&t, "0000:05:00.1", "010802", "144d:a80a", 1);
	tree_pci(&t, "0000:05:01.0", "010802", "144d:a80a", 2);
	tree_pci(&t, "10000:05:00.0", "010802", "144d:a80a", 3);
	tree_put(&t, "sys/bus/pci/slots/4/address", "0000:05:00\n");
	tree_put(&t, "sys/bus/pci/slots/5/address", "10000:05:00\n");
	tree_put(&t, "sys/bus/pci/slots/6/address", "0000:07:00\n");
	tree_put(&t, "sys/bus/pci/slots/7/address", "0000:05\n");
	tree_put(&t, "sys/bus/pci/slots/8/address", "%s", "");
	tree_put(&t, "sys/bus/pci/slots/0-1/address", "0000:05:01\n");
	CHECK(tree_read(&t) == 0);
	CHECK_STR(tree_device(&t, "0000:05:00.0")->slot, "4");
	CHECK_STR(tree_device(&t, "0000:05:00.1")->slot, "4");
	CHECK(!tree_device(&t, "0000:05:01.0")->slot);
	CHECK_STR(tree_device(&t, "10000:05:00.0")->slot, "5");
}

TEST(namespaces_have_size_and_format_and_hidden_paths_their_disk)
{
#define NVME FOLDER "nvme/nvme0/"
	_cleanup_tree_ struct tree t;
	const struct device *d;

	one_drive(&t);
	tree_put(&t, NVME "firmware_rev", "GXA7801Q\n");
	tree_put(&t, NVME "nvme0n1/size", "7501476528\n");
	tree_put(&t, NVME "nvme0n1/nsid", "1\n");
	tree_put(&t, NVME "nvme0n1/queue/logical_block_size", "512\n");
	tree_put(&t, NVME "nvme0c0n2/size", "1024\n");
	tree_put(&t, NVME "nvme0c0n2/nsid", "12\n");
	tree_put(&t, NVME "nvme0c0n2/queue/logical_block_size", "4096\n");
	tree_put(&t, NVME "nvme0c0n2/metadata_bytes", "8\n");
	tree_put(&t, NVME "nvme0c0n3/size", "99999999999999999999999\n");
	tree_put(&t, NVME "nvme0c0n3/nsid", "11\n");
	tree_put(&t, NVME "hwmon3/name", "nvme\n");
	tree_put(&t, NVME "nvme0n1p1x/size", "1\n");
	CHECK(tree_read(&t) == 0);
	d = tree_device(&t, ADDRESS);
	CHECK_STR(d->firmware, "GXA7801Q");
	CHECK(d->n_namespaces == 3);
	CHECK_STR(d->namespaces[0].name, "nvme0n1");
	CHECK(d->namespaces[0].size == 7501476528ull * 512 && d->namespaces[0].block_size == 512 && d->namespaces[0].number == 1);
	CHECK_STR(d->namespaces[1].name, "nvme0n3");
	CHECK(d->namespaces[1].size == 0 && d->namespaces[1].block_size == 0);
	CHECK_STR(d->namespaces[2].name, "nvme0n2");
	CHECK(d->namespaces[2].block_size == 4096 && d->namespaces[2].metadata_size == 8);
	/* Away from its driver a controller has none. */
	tree_driver(&t, CHAIN, "vfio-pci");
	CHECK(tree_read(&t) == 0);
	CHECK(tree_device(&t, ADDRESS)->n_namespaces == 0);
}

TEST(a_link_speed_is_a_number_or_unknown)
{
	static const struct {
		const char *text;
		unsigned speed;
	} rows[] = {
		{ "16.0 GT/s PCIe", 160 }, { "2.5 GT/s PCIe", 25 }, { "8 GT/s", 80 }, { "Unknown", 0 }, { "Unknown speed", 0 }, { "", 0 },
		{ "-1.5 GT/s", 0 }, { " 8 GT/s", 0 }, { "8", 0 }, { "12345 GT/s", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(rows[i].text, link_speed_parse(rows[i].text) == rows[i].speed);
	CHECK(link_speed_parse(NULL) == 0);
}

TEST_MAIN()
