/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU's facts and checks: interrupts, default domains, nodes, the firmware's tables, the devices that they hold fast. */

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/assess.h"
#include "tests/unit/acpi_bytes.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define PORT "0000:00:06.0"
#define A PORT "/0000:05:00.0"
#define USB "0000:00:14.0"
#define GROUPS "sys/kernel/iommu_groups/"

TEST(chips_tell_whether_interrupts_are_remapped)
{
	static const struct {
		const char *text;
		enum truth remapped;
		const char *chip;
	} rows[] = {
		{ "            CPU0       CPU1\n   0:         33          0  IR-IO-APIC    2-edge      timer\n", TRUTH_YES, "IR-IO-APIC" },
		{ "            CPU0\n   0:         33   IO-APIC   2-edge      timer\n 24: 0  IR-PCI-MSI 1-edge x\n", TRUTH_NO, "IO-APIC" },
		{ "            CPU0\n  24:          0  PCI-MSI 4096-edge      AMD-Vi\n  25:  1  IR-PCI-MSI-0000:01:00.0    0-edge nvme0q0\n", TRUTH_YES,
		  "IR-PCI-MSI-0000:01:00.0" },
		{ "            CPU0\n  24:          0  PCI-MSI 4096-edge      AMD-Vi\n", TRUTH_NO, "PCI-MSI" },
		{ "            CPU0\n  24:          0  DMAR-MSI 0-edge      dmar0\n NMI: 0 Non-maskable interrupts\n", TRUTH_UNKNOWN, NULL },
		{ "            CPU0\n  11:          0  GICv3  30 Level     arch_timer\n", TRUTH_UNKNOWN, NULL },
		{ "  11:", TRUTH_UNKNOWN, NULL },
		{ "IR-IO-APIC without a number\n", TRUTH_UNKNOWN, NULL },
		{ "", TRUTH_UNKNOWN, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(interrupts_done) struct interrupts parsed = {}, read = {};
		_cleanup_tree_ struct tree t;

		CHECK(interrupts_parse(rows[i].text, &parsed) == 0);
		CHECK_ROW(rows[i].text, parsed.remapped == rows[i].remapped);
		CHECK_STR(parsed.chip, rows[i].chip);
		tree_new(&t);
		tree_put(&t, "proc/interrupts", "%s", rows[i].text);
		CHECK(interrupts_read(t.fd, &read) == 0);
		CHECK_ROW(rows[i].text, read.remapped == rows[i].remapped);
		CHECK_STR(read.chip, rows[i].chip);
	}
}

TEST(without_the_file_nothing_is_said_of_interrupts)
{
	_cleanup_(interrupts_done) struct interrupts i = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	CHECK(interrupts_read(t.fd, &i) == 0 && i.remapped == TRUTH_UNKNOWN && !i.chip);
}

/* A drive behind a port and a USB controller, each in a group of its own. */
static void new_host(struct tree *t)
{
	tree_new(t);
	tree_pci(t, PORT, "060400", "8086:0001", 0);
	tree_pci(t, A, "010802", "144d:a80a", 1);
	tree_pci(t, USB, "0c0330", "8086:0002", 2);
	tree_put(t, "proc/cmdline", "ro\n");
	tree_mounts(t, (const char *const[]){ "0:1 none / tmpfs", NULL });
}

static void put_table(struct tree *t, struct bytes *b)
{
	char path[64];

	bytes_seal(b);
	snprintf(path, sizeof(path), "sys/firmware/acpi/tables/%.4s", (const char *)b->data);
	tree_put_bytes(t, path, b->data, b->size);
}

static void put_dmar(struct tree *t, uint8_t flags)
{
	struct bytes b = bytes_table("DMAR");

	b.data[37] = flags;
	bytes_unit(&b, 0, 0xfed90000);
	bytes_rmrr(&b, 0, 0x7d000000, 0x7d00ffff, 1, 0, (const uint8_t[]){ 6, 0, 0, 0 }, 2);
	bytes_rmrr(&b, 0, 0x7e000000, 0x7e00ffff, 1, 0, (const uint8_t[]){ 0x14, 0 }, 1);
	put_table(t, &b);
}

static void put_ivrs(struct tree *t)
{
	struct bytes b = bytes_table("IVRS");

	bytes_ivhd(&b, 0xfd000000);
	bytes_ivmd(&b, 0x21, 8, 0x500, 0, 0x71000000, 0x1000);
	put_table(t, &b);
}

/* "verdict: summary | evidence ... → remedy" of one check. New string. */
static char *judged(struct tree *t, const char *id)
{
	_cleanup_(report_done) struct report report = {};
	struct text text = {};
	const struct finding *f;

	if (tree_read(t) < 0 || audit_run(&t->host, NULL, &report) < 0)
		abort();
	f = report_find(&report, id);
	text_printf(&text, "%s: %s", verdict_name(f->verdict), f->summary);
	for (size_t i = 0; i < f->n_evidence; i++)
		text_printf(&text, " | %s %s", f->evidence[i].path, f->evidence[i].value);
	text_printf(&text, " → %s", f->remedy ? f->remedy : "");
	return text_take(&text);
}

TEST(interrupt_remapping_is_what_the_kernel_does_and_then_what_the_firmware_offers)
{
	static const char yes[] = " 0: 33 IR-IO-APIC 2-edge timer\n", no[] = " 0: 33 IO-APIC 2-edge timer\n";
	static const struct {
		const char *table;
		unsigned flags;
		const char *interrupts, *cmdline, *verdict, *said;
	} rows[] = {
		{ "DMAR", 1, yes, "ro", "pass", "IR-IO-APIC" },
		{ "DMAR", 1, NULL, "ro", "pass", "can remap" },
		{ "DMAR", 1, no, "ro", "warn", "the kernel's log" },
		{ "DMAR", 1, no, "ro intremap=off", "warn", "remove intremap=off" },
		{ "DMAR", 0, no, "ro", "warn", "no INTR_REMAP" },
		{ "DMAR", 0, NULL, "ro", "warn", "no INTR_REMAP" },
		{ "IVRS", 0, yes, "ro", "pass", "IR-IO-APIC" },
		{ "IVRS", 0, no, "ro", "warn", "IO-APIC" },
		{ "IVRS", 0, NULL, "ro", "unknown", "/proc/interrupts does not tell" },
		{ NULL, 0, NULL, "ro", "skip", "DMAR or IVRS" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = NULL;
		_cleanup_tree_ struct tree t;

		new_host(&t);
		if (str_eq(rows[i].table, "DMAR"))
			put_dmar(&t, (uint8_t)rows[i].flags);
		else if (rows[i].table)
			put_ivrs(&t);
		if (rows[i].interrupts)
			tree_put(&t, "proc/interrupts", "%s", rows[i].interrupts);
		tree_put(&t, "proc/cmdline", "%s\n", rows[i].cmdline);
		got = judged(&t, "iommu.interrupt-remapping");
		CHECK_HAS(got, rows[i].verdict);
		CHECK_HAS(got, rows[i].said);
	}
}

TEST(a_default_domain_that_translates_nothing_is_a_warning_with_its_reason)
{
	static const struct {
		const char *port, *drive, *usb, *cmdline, *verdict, *said;
	} rows[] = {
		{ "DMA", "DMA-FQ", "DMA-FQ", "ro", "pass: DMA of the host's own devices is translated", "translated: 3, identity: 0" },
		{ "DMA", "DMA", "identity", "ro", "pass: ", "but for 1 of 3 groups" },
		{ "identity", "identity", "identity", "ro iommu=pt", "warn: ", "remove iommu=pt" },
		{ "identity", "identity", "identity", "ro iommu.passthrough=1", "warn: ", "remove iommu.passthrough" },
		{ "identity", "identity", "identity", "ro", "warn: ", "the kernel's default" },
		{ "DMA", "identity", "identity", "ro iommu=pt", "warn: ", "translated: 1, identity: 2" },
		{ "", "", "", "ro", "unknown: ", "of which type" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = NULL;
		_cleanup_tree_ struct tree t;

		new_host(&t);
		tree_put(&t, GROUPS "0/type", "%s\n", rows[i].port);
		tree_put(&t, GROUPS "1/type", "%s\n", rows[i].drive);
		tree_put(&t, GROUPS "2/type", "%s\n", rows[i].usb);
		tree_put(&t, "proc/cmdline", "%s\n", rows[i].cmdline);
		got = judged(&t, "iommu.default-domain");
		CHECK_HAS(got, rows[i].verdict);
		CHECK_HAS(got, rows[i].said);
	}
}

TEST(the_switch_that_turned_the_iommu_off_is_named)
{
	static const struct {
		const char *table, *cmdline, *said;
	} rows[] = {
		{ "DMAR", "ro intel_iommu=off", "(intel_iommu=off)" },
		{ "DMAR", "ro intel_iommu=on intel_iommu=sm_on,off", "(intel_iommu=off)" },
		{ "DMAR", "ro intel_iommu=off intel_iommu=on", "although the firmware offers one" },
		{ "DMAR", "ro amd_iommu=off intel_iommu=on", "although the firmware offers one" },
		{ "IVRS", "ro amd_iommu=off", "(amd_iommu=off)" },
		{ "IVRS", "ro intel_iommu=off", "although the firmware offers one" },
		{ "IVRS", "ro iommu=off", "(iommu=off)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = NULL;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_pci(&t, USB, "0c0330", "8086:0002", -1);
		tree_folder(&t, "sys/kernel/iommu_groups");
		if (str_eq(rows[i].table, "DMAR"))
			put_dmar(&t, 1);
		else
			put_ivrs(&t);
		tree_put(&t, "proc/cmdline", "%s\n", rows[i].cmdline);
		got = judged(&t, "iommu.enabled");
		CHECK_HAS(got, rows[i].said);
	}
}

TEST(an_iommu_that_waits_for_its_argument_gets_a_way_that_works)
{
	_cleanup_free_ char *got = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_pci(&t, USB, "0c0330", "8086:0002", -1);
	tree_folder(&t, "sys/kernel/iommu_groups");
	put_dmar(&t, 1);
	tree_put(&t, "proc/cmdline", "ro quiet\n");
	got = judged(&t, "iommu.enabled");
	/* 'slipway apply' alone has nothing to wish for, and refuses. */
	CHECK_HAS(got, "slipway apply --passthrough SELECTOR");
	CHECK_HAS(got, "'iommu: on'");
}

TEST(a_node_without_an_iommu_fails_the_host)
{
	_cleanup_free_ char *fine = NULL, *bad = NULL;
	_cleanup_tree_ struct tree t;

	new_host(&t);
	tree_put(&t, "dev/iommu", "%s", "");
	tree_put(&t, "dev/vfio/vfio", "%s", "");
	tree_put(&t, "dev/vfio/12", "%s", "");
	tree_put(&t, "dev/vfio/devices/vfio0", "%s", "");
	fine = judged(&t, "iommu.noiommu");
	CHECK_HAS(fine, "pass: ");
	CHECK(t.host.iommu.has_iommufd && strv_length(t.host.iommu.vfio_groups) == 1 && strv_length(t.host.iommu.vfio_devices) == 1);
	CHECK_STR(t.host.iommu.vfio_groups[0], "12");
	tree_put(&t, "dev/vfio/noiommu-0", "%s", "");
	bad = judged(&t, "iommu.noiommu");
	CHECK_HAS(bad, "fail: ");
	CHECK_HAS(bad, "/dev/vfio noiommu-0");
}

TEST(a_table_is_judged_by_its_worst_problem)
{
	struct bytes sound = bytes_table("DMAR"), b;
	static const char id[] = "firmware.iommu-table-valid";
	_cleanup_free_ char *none = NULL, *fine = NULL, *sum = NULL, *cut = NULL, *arm = NULL;
	_cleanup_tree_ struct tree t;

	new_host(&t);
	none = judged(&t, id);
	CHECK_HAS(none, "skip: there is no such table");
	tree_put(&t, "sys/firmware/acpi/tables/IORT", "IORT");
	arm = judged(&t, id);
	CHECK_HAS(arm, "skip: the table IORT is not looked into");
	bytes_unit(&sound, 0, 0xfed90000);
	bytes_seal(&sound);
	put_table(&t, &sound);
	fine = judged(&t, id);
	CHECK_HAS(fine, "pass: the firmware's table DMAR is sound: 1 unit, 0 reserved regions");
	b = sound;
	b.data[9]++;
	tree_put_bytes(&t, "sys/firmware/acpi/tables/DMAR", b.data, b.size);
	sum = judged(&t, id);
	CHECK_HAS(sum, "warn: ");
	CHECK_HAS(sum, "/sys/firmware/acpi/tables/DMAR offset 0x9: the checksum is wrong");
	tree_put_bytes(&t, "sys/firmware/acpi/tables/DMAR", sound.data, sound.size - 1);
	cut = judged(&t, id);
	CHECK_HAS(cut, "fail: ");
	CHECK_HAS(cut, "offset 0x3f: the table ends after 63 of its 64 bytes");
}

TEST(a_table_that_is_a_folder_cannot_be_read_and_says_so)
{
	_cleanup_free_ char *got = NULL, *dark = NULL;
	_cleanup_tree_ struct tree t;

	new_host(&t);
	tree_folder(&t, "sys/firmware/acpi/tables/DMAR");
	got = judged(&t, "firmware.iommu-table-valid");
	CHECK_HAS(got, "unknown: /sys/firmware/acpi/tables/DMAR cannot be read");
	/* Where the kernel says which regions a group has, the table is not needed. */
	free(got);
	got = judged(&t, "iommu.reserved-regions");
	CHECK_HAS(got, "pass: ");
	tree_remove(&t, GROUPS "1/reserved_regions");
	dark = judged(&t, "iommu.reserved-regions");
	CHECK_HAS(dark, "unknown: ");
}

/* A page of 64 KiB holds more of them than the first read takes; the one that matters may be the last. */
TEST(regions_are_read_to_the_last_however_many_there_are)
{
	static const size_t counts[] = { 2, 50, 90, 91, 92, 400 };
	static const char line[] = "0x00000000fee00000 0x00000000feefffff msi   \n";

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		const struct iommu_group *group;
		_cleanup_tree_ struct tree t;
		struct text regions = {};

		for (size_t n = 1; n < counts[i]; n++)
			text_append(&regions, line);
		text_append(&regions, "0x7d000000 0x7d00ffff direct\n");
		tree_new(&t);
		tree_pci(&t, A, "010802", "144d:a80a", 1);
		tree_put(&t, GROUPS "1/reserved_regions", "%s", regions.data);
		text_done(&regions);
		CHECK(tree_read(&t) == 0);
		group = iommu_find(&t.host.iommu, 1);
		CHECK(group && group->regions_known && group->n_regions == counts[i]);
		CHECK(group && iommu_group_locked(group) && iommu_group_locked(group)->end == 0x7d00ffff);
	}
}

TEST(where_nobody_tells_of_regions_they_are_unknown)
{
	static const char id[] = "iommu.reserved-regions";
	_cleanup_free_ char *dark = NULL, *told = NULL, *off = NULL;
	_cleanup_tree_ struct tree t;

	new_host(&t);
	for (int group = 0; group < 3; group++) {
		_cleanup_free_ char *path = text_format(GROUPS "%d/reserved_regions", group);

		tree_remove(&t, path);
	}
	dark = judged(&t, id);
	CHECK_HAS(dark, "unknown: ");
	/* The folder is there, and no table in it: nobody reserves anything. */
	tree_folder(&t, "sys/firmware/acpi/tables");
	told = judged(&t, id);
	CHECK_HAS(told, "pass: ");
	tree_remove(&t, "sys/kernel/iommu_groups");
	tree_remove(&t, "sys/devices/pci0000:00/" A "/iommu_group");
	tree_remove(&t, "sys/devices/pci0000:00/" PORT "/iommu_group");
	tree_remove(&t, "sys/devices/pci0000:00/" USB "/iommu_group");
	off = judged(&t, id);
	CHECK_HAS(off, "skip: ");
}

static char *reasons_of(struct tree *t, const char *address)
{
	_cleanup_(strv_freep) char **reasons = NULL;
	enum assessment assessment;

	if (tree_read(t) < 0 || device_assess(&t->host, &t->uses, tree_device(t, address), &assessment, &reasons) < 0)
		abort();
	return strv_join(reasons, "\n");
}

TEST(the_kernels_word_counts_and_the_table_explains_it)
{
	static const struct {
		const char *name, *regions; /* of the drive's group; NULL: there is no such file */
		bool is_intel;
		const char *verdict, *evidence, *reason;
	} rows[] = {
		{ "the kernel holds it, the table explains", "0x7d000000 0x7d00ffff direct\n", true, "warn: ",
		  "groups/1/reserved_regions 0000:05:00.0: 0x7d000000-0x7d00ffff direct RMRR", "IOMMU group 1 (RMRR)" },
		{ "the kernel holds it, the table has nothing of the kind", "0x1000 0x1fff direct\n", true, "warn: ", "0x1000-0x1fff direct →",
		  "(RMRR or IVMD)" },
		{ "the kernel relaxes what the table has", "0x7d000000 0x7d00ffff direct-relaxable\n", true, "pass: ", "", NULL },
		{ "the kernel knows of nothing", "0xfee00000 0xfeefffff msi\n", true, "pass: ", "", NULL },
		{ "the kernel is silent: the table counts", NULL, true, "warn: ", "tables/DMAR 0000:05:00.0: 0x7d000000-0x7d00ffff RMRR",
		  "for it (RMRR of the table DMAR)" },
		{ "AMD's table, silent kernel", NULL, false, "warn: ", "tables/IVRS 0000:05:00.0: 0x71000000-0x71000fff IVMD",
		  "for it (IVMD of the table IVRS)" },
		{ "AMD's table, the kernel holds it", "0x71000000 0x71000fff direct\n", false, "warn: ", "direct IVMD", "IOMMU group 1 (IVMD)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = NULL, *reasons = NULL, *usb = NULL;
		_cleanup_tree_ struct tree t;

		new_host(&t);
		if (rows[i].is_intel)
			put_dmar(&t, 1);
		else
			put_ivrs(&t);
		/* The USB controller's region is one that the kernel lets go of, whether or not it says so. */
		tree_remove(&t, GROUPS "2/reserved_regions");
		if (rows[i].regions)
			tree_put(&t, GROUPS "1/reserved_regions", "%s", rows[i].regions);
		else
			tree_remove(&t, GROUPS "1/reserved_regions");
		got = judged(&t, "iommu.reserved-regions");
		CHECK_HAS(got, rows[i].verdict);
		CHECK_HAS(got, rows[i].evidence);
		CHECK_ROW(rows[i].name, !strstr(got, "0000:00:14.0"));
		reasons = reasons_of(&t, "0000:05:00.0");
		usb = reasons_of(&t, "0000:00:14.0");
		if (rows[i].reason)
			CHECK_HAS(reasons, rows[i].reason);
		else
			CHECK_ROW(rows[i].name, !strstr(reasons, "1:1"));
		CHECK_ROW(rows[i].name, !strstr(usb, "1:1"));
	}
}

TEST(a_server_of_hpe_is_told_of_hpes_tool)
{
	_cleanup_free_ char *other = NULL, *hpe = NULL;
	_cleanup_tree_ struct tree t;

	new_host(&t);
	tree_put(&t, GROUPS "1/reserved_regions", "0x7d000000 0x7d00ffff direct\n");
	other = judged(&t, "iommu.reserved-regions");
	CHECK(!strstr(other, "conrep"));
	tree_put(&t, "sys/class/dmi/id/sys_vendor", "HPE\n");
	hpe = judged(&t, "iommu.reserved-regions");
	CHECK_HAS(hpe, "conrep");
}

TEST_MAIN()
