/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict over one device: every reason, the worst first, and the cautions beside it. */

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/assess.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define PORT "0000:00:06.0"
#define CHAIN PORT "/0000:05:00.0"
#define ADDRESS "0000:05:00.0"
#define MATE "0000:05:00.1"
#define FOLDER "sys/devices/pci0000:00/" CHAIN "/"

/* A drive in group 1, and "/" on a RAM disk. */
static void one_drive(struct tree *t)
{
	static const char *const mounts[] = { "1:0 /dev/ram0 / ext4", NULL };

	tree_new(t);
	tree_pci(t, PORT, "060400", "1b36:000c", 10);
	tree_nvme(t, CHAIN, 0, 1);
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
	tree_mounts(t, mounts);
}

static char *reasons_of(struct tree *t, const char *address, enum assessment *assessment)
{
	_cleanup_(appraisal_done) struct appraisal j = {};

	if (device_appraise(&t->host, &t->uses, tree_device(t, address), &j) < 0)
		abort();
	*assessment = j.assessment;
	return strv_join(j.reasons, "\n");
}

static char *cautions_of(struct tree *t, const char *address)
{
	_cleanup_(appraisal_done) struct appraisal j = {};

	if (device_appraise(&t->host, &t->uses, tree_device(t, address), &j) < 0)
		abort();
	return strv_join(j.cautions, "\n");
}

/* Each stands in `text`, one behind the other. */
static bool in_order(const char *text, const char *const *parts)
{
	for (; text && *parts; parts++) {
		text = strstr(text, *parts);
		if (!text)
			printf("# without, or too early: %s\n", *parts);
	}
	return text != NULL;
}

TEST(a_free_drive_has_neither_reason_nor_caution)
{
	_cleanup_(appraisal_done) struct appraisal j = {};
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	CHECK(tree_read(&t) == 0);
	CHECK(device_appraise(&t.host, &t.uses, tree_device(&t, ADDRESS), &j) == 0);
	CHECK(j.assessment == ASSESS_ASSIGNABLE && !j.reasons && !j.cautions);
	CHECK_STR(j.rule, "");
}

TEST(all_reasons_are_told_the_worst_first)
{
	_cleanup_free_ char *reasons = NULL;
	enum assessment assessment;
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	tree_pci(&t, PORT "/" MATE, "020000", "8086:10d3", 1);
	tree_driver(&t, PORT "/" MATE, "e1000e");
	tree_netif(&t, PORT "/" MATE, "", "eth0");
	tree_put(&t, "sys/kernel/iommu_groups/1/reserved_regions", "0x00000000000e0000 0x00000000000fffff direct\n");
	tree_put(&t, "run/udev/data/b259:0", "E:ID_FS_TYPE=LVM2_member\n");
	tree_put(&t, "proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\neth0 00000000 010200C0 0003 0 0 0 "
		 "00000000 0 0 0\n");
	CHECK(tree_read(&t) == 0);
	reasons = reasons_of(&t, ADDRESS, &assessment);
	CHECK(assessment == ASSESS_BLOCKED);
	CHECK(in_order(reasons, (const char *const[]){ ADDRESS " → nvme0n1 → ", MATE " → ", ADDRESS " shares IOMMU group 1 with " MATE " (e1000e)",
						       "functions of one card", "1:1 mapping", NULL }));
}

TEST(an_unknown_use_comes_last)
{
	_cleanup_free_ char *reasons = NULL;
	enum assessment assessment;
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	tree_remove(&t, "run/udev/data/b259:0");
	tree_put(&t, "sys/kernel/iommu_groups/1/reserved_regions", "0x00000000000e0000 0x00000000000fffff direct\n");
	CHECK(tree_read(&t) == 0);
	reasons = reasons_of(&t, ADDRESS, &assessment);
	CHECK(assessment == ASSESS_BLOCKED);
	CHECK(in_order(reasons, (const char *const[]){ "1:1 mapping", "=unknown", NULL }));
}

TEST(a_bridge_is_told_to_be_one_and_no_more)
{
	_cleanup_free_ char *reasons = NULL;
	enum assessment assessment;
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	tree_pci(&t, "0000:00:07.0", "060400", "1b36:000c", 1);
	tree_put(&t, "run/udev/data/b259:0", "E:ID_FS_TYPE=LVM2_member\n");
	CHECK(tree_read(&t) == 0);
	reasons = reasons_of(&t, "0000:00:07.0", &assessment);
	CHECK(assessment == ASSESS_BLOCKED);
	CHECK_STR(reasons, "0000:00:07.0 is a bridge: it carries other devices and stays with the host");
}

TEST(many_mates_are_counted_and_not_all_named)
{
	_cleanup_free_ char *reasons = NULL;
	enum assessment assessment;
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	for (unsigned i = 0; i < 20; i++) {
		char chain[64];

		snprintf(chain, sizeof(chain), "0000:00:%02x.0", 8 + i);
		tree_pci(&t, chain, "020000", "8086:10d3", 1);
	}
	CHECK(tree_read(&t) == 0);
	reasons = reasons_of(&t, ADDRESS, &assessment);
	CHECK_HAS(reasons, "0000:00:0f.0 (no driver) and 12 more");
	CHECK(!strchr(reasons, '\n'));
}

TEST(what_sits_behind_vmd_goes_with_it)
{
	_cleanup_free_ char *reasons = NULL;
	enum assessment assessment;
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	tree_pci(&t, "0000:00:0e.0", "010400", "8086:467f", 5);
	tree_pci(&t, "0000:00:0e.0/pci10000:e0/10000:e0:1d.0", "060400", "8086:09ab", 6);
	tree_pci(&t, "0000:00:0e.0/pci10000:e0/10000:e0:1d.0/10000:e1:00.0", "010802", "144d:a80a", 7);
	CHECK(tree_read(&t) == 0);
	CHECK_STR(tree_device(&t, "10000:e1:00.0")->parent, "10000:e0:1d.0");
	reasons = reasons_of(&t, "10000:e1:00.0", &assessment);
	CHECK(assessment == ASSESS_BLOCKED);
	CHECK_HAS(reasons, "10000:e1:00.0 sits on a bus that the driver of 0000:00:0e.0 makes");
	free(reasons);
	reasons = reasons_of(&t, ADDRESS, &assessment);
	CHECK(assessment == ASSESS_ASSIGNABLE);
}

TEST(cautions_block_nothing)
{
	static const struct {
		const char *name, *file, *text, *wanted; /* wanted NULL: no caution */
	} rows[] = {
		{ "no reset", "reset_method", "\n", "no way to reset it" },
		{ "a reset of the bus, where it is alone", "reset_method", "bus\n", NULL },
		{ "a large BAR", "resource", "0x0000380000000000 0x00003807ffffffff 0x000000000014220c\n", "BAR 0 has 32 GiB" },
		{ "a small BAR", "resource", "0x0000000080000000 0x00000000bfffffff 0x000000000014220c\n", NULL },
		{ "no room", "resource", "0x0000000000000000 0x00000000000fffff 0x0000000020040200\n", "BAR 0 found no room" },
		{ "no room for ports", "resource", "0x0000000000000000 0x00000000000000ff 0x0000000020040101\n", NULL },
		{ "narrow", "current_link_width", "2\n", "16.0 GT/s x2, where both ends can 16.0 GT/s x4" },
		{ "slow", "current_link_speed", "2.5 GT/s PCIe\n", "2.5 GT/s x4, where both ends can 16.0 GT/s x4" },
		{ "wider than the slot", "max_link_width", "16\n", NULL },
		{ "unknown width", "current_link_width", "0\n", NULL },
		{ "unknown speed", "current_link_speed", "Unknown\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *cautions = NULL, *reasons = NULL, *path = text_format(FOLDER "%s", rows[i].file);
		enum assessment assessment;
		_cleanup_tree_ struct tree t;

		one_drive(&t);
		tree_put(&t, FOLDER "current_link_speed", "16.0 GT/s PCIe\n");
		tree_put(&t, FOLDER "max_link_speed", "16.0 GT/s PCIe\n");
		tree_put(&t, FOLDER "current_link_width", "4\n");
		tree_put(&t, FOLDER "max_link_width", "4\n");
		tree_put(&t, "sys/devices/pci0000:00/" PORT "/current_link_speed", "16.0 GT/s PCIe\n");
		tree_put(&t, "sys/devices/pci0000:00/" PORT "/max_link_speed", "32.0 GT/s PCIe\n");
		tree_put(&t, "sys/devices/pci0000:00/" PORT "/max_link_width", "4\n");
		tree_put(&t, path, "%s", rows[i].text);
		CHECK(tree_read(&t) == 0);
		reasons = reasons_of(&t, ADDRESS, &assessment);
		CHECK_ROW(rows[i].name, assessment == ASSESS_ASSIGNABLE);
		cautions = cautions_of(&t, ADDRESS);
		if (rows[i].wanted)
			CHECK_HAS(cautions, rows[i].wanted);
		else
			CHECK_STR(cautions, "");
	}
}

TEST(a_reset_that_hits_others_names_them)
{
	_cleanup_free_ char *cautions = NULL;
	_cleanup_tree_ struct tree t;

	one_drive(&t);
	tree_pci(&t, PORT "/" MATE, "020000", "8086:10d3", 2);
	tree_put(&t, FOLDER "reset_method", "bus\n");
	CHECK(tree_read(&t) == 0);
	cautions = cautions_of(&t, ADDRESS);
	CHECK_HAS(cautions, "resetting its bus hits " MATE);
	free(cautions);
	/* The other one has FLR. */
	cautions = cautions_of(&t, MATE);
	CHECK_STR(cautions, "");
}

TEST(a_display_may_be_slow_but_not_narrow)
{
	static const struct {
		const char *class, *width;
		bool wanted;
	} rows[] = { { "030000", "16", false }, { "040300", "16", false }, { "030000", "8", true }, { "020000", "16", true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *cautions = NULL;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_pci(&t, PORT, "060400", "1b36:000c", 10);
		tree_pci(&t, CHAIN, rows[i].class, "10de:2204", 1);
		tree_put(&t, FOLDER "current_link_speed", "2.5 GT/s PCIe\n");
		tree_put(&t, FOLDER "max_link_speed", "16.0 GT/s PCIe\n");
		tree_put(&t, FOLDER "current_link_width", "%s\n", rows[i].width);
		tree_put(&t, FOLDER "max_link_width", "16\n");
		tree_put(&t, "sys/devices/pci0000:00/" PORT "/current_link_speed", "16.0 GT/s PCIe\n");
		tree_put(&t, "sys/devices/pci0000:00/" PORT "/max_link_speed", "16.0 GT/s PCIe\n");
		tree_put(&t, "sys/devices/pci0000:00/" PORT "/max_link_width", "16\n");
		CHECK(tree_read(&t) == 0);
		cautions = cautions_of(&t, ADDRESS);
		CHECK_ROW(rows[i].class, !!strstr(cautions, "its link runs") == rows[i].wanted);
	}
}

/* What one thing makes of the free drive: every reason that there is, alone. */
static const struct reason_row {
	const char *name, *path, *text; /* text NULL: it is removed; "->TARGET": a link */
	const char *address, *rule, *wanted;
	enum assessment assessment;
} reason_rows[] = {
	{ "in use", "run/udev/data/b259:0", "E:ID_FS_TYPE=LVM2_member\n", ADDRESS, "in-use", "LVM2_member signature", ASSESS_BLOCKED },
	{ "a mate", "sys/kernel/iommu_groups/1/devices/0000:00:08.0", "->../../../../devices/pci0000:00/0000:00:08.0", ADDRESS, "closure",
	  "shares IOMMU group 1 with 0000:00:08.0", ASSESS_BLOCKED },
	{ "RMRR or IVMD", "sys/kernel/iommu_groups/1/reserved_regions", "0x00000000000e0000 0x00000000000fffff direct\n", ADDRESS,
	  "reserved-region", "1:1 mapping", ASSESS_BLOCKED },
	{ "a relaxed RMRR", "sys/kernel/iommu_groups/1/reserved_regions", "0x00000000000e0000 0x00000000000fffff direct-relaxable\n", ADDRESS, "",
	  "", ASSESS_ASSIGNABLE },
	{ "a bridge", "sys/kernel/iommu_groups/1/type", "DMA\n", PORT, "bridge", "is a bridge", ASSESS_BLOCKED },
	{ "no group", FOLDER "iommu_group", NULL, ADDRESS, "iommu", "has no IOMMU group", ASSESS_BLOCKED },
	{ "a disk that nobody looked at", "run/udev/data/b259:0", NULL, ADDRESS, "in-use", "could not be read", ASSESS_UNKNOWN },
	{ "mounts that root alone can see", "proc/10/ns/mnt", "", ADDRESS, "", "mounts of other users' processes could not be read; root can",
	  ASSESS_UNKNOWN },
	{ "files that root alone can see", "proc/10/fd", "", ADDRESS, "", "open files of other users' processes could not be read; root can",
	  ASSESS_UNKNOWN },
	{ "a driver for guests", FOLDER "driver", "->/sys/bus/pci/drivers/vfio-pci", ADDRESS, "", "", ASSESS_BOUND },
};

TEST(each_reason_is_told_alone)
{
	for (size_t i = 0; i < ARRAY_SIZE(reason_rows); i++) {
		const struct reason_row *row = &reason_rows[i];
		_cleanup_(appraisal_done) struct appraisal j = {};
		_cleanup_free_ char *reasons = NULL;
		_cleanup_tree_ struct tree t;

		one_drive(&t);
		tree_pci(&t, "0000:00:08.0", "020000", "8086:10d3", str_eq(row->name, "a mate") ? 1 : 2);
		if (!row->text)
			tree_remove(&t, row->path);
		else if (str_starts(row->text, "->"))
			tree_link(&t, row->path, row->text + 2);
		else
			tree_put(&t, row->path, "%s", row->text);
		CHECK_ROW(row->name, tree_read(&t) == 0);
		CHECK_ROW(row->name, device_appraise(&t.host, &t.uses, tree_device(&t, row->address), &j) == 0);
		reasons = strv_join(j.reasons, "\n");
		if (j.assessment != row->assessment || !str_eq(j.rule, row->rule))
			printf("# %s by '%s': %s\n", assessment_name(j.assessment), j.rule, reasons);
		CHECK_ROW(row->name, j.assessment == row->assessment && str_eq(j.rule, row->rule));
		CHECK_HAS(reasons, row->wanted);
		CHECK_ROW(row->name, strv_length(j.reasons) == (*row->wanted ? 1 : 0));
	}
}

TEST_MAIN()
