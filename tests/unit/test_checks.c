/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks: which layer is named where something is missing or odd. */

#include <errno.h>

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/ready_host.h"

static enum verdict verdict_of(struct tree *t, const char *id, enum readiness *readiness, char **first)
{
	_cleanup_(report_done) struct report report = {};
	const struct finding *f, *broken;

	if (tree_read(t) < 0 || audit_run(&t->host, NULL, &report) < 0)
		abort();
	f = report_find(&report, id);
	*readiness = audit_readiness(&report);
	broken = audit_first_broken(&report);
	if (first)
		*first = broken ? strdup(broken->id) : NULL;
	if (f->verdict != VERDICT_PASS && f->verdict != VERDICT_SKIP && !f->summary)
		abort();
	return f->verdict;
}

TEST(each_broken_layer_is_found_and_named)
{
	static const struct {
		const char *id, *path, *text; /* text NULL: the path is removed */
		enum verdict verdict;
		enum readiness readiness;
	} rows[] = {
		{ "cpu.virtualization", "proc/cpuinfo", "processor: 0\nvendor_id: GenuineIntel\nflags: fpu\n", VERDICT_FAIL, READINESS_NOT_READY },
		{ "cpu.virtualization", "proc/cpuinfo", "processor: 0\n" INTEL "processor: 1\nvendor_id: GenuineIntel\nflags: fpu\n",
		  VERDICT_FAIL, READINESS_NOT_READY },
		{ "cpu.virtualization", "proc/cpuinfo", NULL, VERDICT_UNKNOWN, READINESS_NOT_READY },
		{ "cpu.virtualization", "proc/cpuinfo", "processor: 0\n", VERDICT_UNKNOWN, READINESS_NOT_READY },
		{ "firmware.mode", "sys/firmware/efi", NULL, VERDICT_WARN, READINESS_READY },
		{ "firmware.secure-boot", "sys/firmware/efi", NULL, VERDICT_SKIP, READINESS_READY },
		{ "firmware.secure-boot", "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", NULL, VERDICT_PASS,
		  READINESS_READY },
		{ "firmware.secure-boot", "sys/firmware/efi/efivars", NULL, VERDICT_UNKNOWN, READINESS_READY },
		{ "firmware.boot-entry", "sys/firmware/efi", NULL, VERDICT_SKIP, READINESS_READY },
		{ "firmware.boot-entry", "sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", NULL, VERDICT_UNKNOWN,
		  READINESS_READY },
		{ "firmware.boot-entry", "sys/firmware/efi/efivars/Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c", NULL, VERDICT_UNKNOWN,
		  READINESS_READY },
		{ "firmware.iommu-table", "sys/firmware/acpi/tables/DMAR", NULL, VERDICT_PASS, READINESS_READY },
		{ "iommu.noiommu", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n", VERDICT_FAIL, READINESS_NOT_READY },
		{ "iommu.noiommu", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n", VERDICT_PASS, READINESS_READY },
		{ "kernel.arguments", "boot/grub/grub.cfg", GRUB("intel_iommu=on slipway.bind=1 vfio-pci.ids=1:2"), VERDICT_FAIL,
		  READINESS_REBOOT_REQUIRED },
		{ "kernel.arguments", "boot/grub/grub.cfg", GRUB("intel_iommu=on"), VERDICT_FAIL, READINESS_REBOOT_REQUIRED },
		{ "kernel.arguments", "boot/grub/grub.cfg", GRUB("intel_iommu=on slipway.bind=1 splash"), VERDICT_PASS, READINESS_READY },
		{ "kernel.arguments", "boot/grub/grub.cfg", NULL, VERDICT_UNKNOWN, READINESS_READY },
		{ "kernel.arguments", "boot/grub/grub.cfg", "configfile /other\n", VERDICT_UNKNOWN, READINESS_READY },
		{ "kernel.kvm", "dev/kvm", NULL, VERDICT_FAIL, READINESS_NOT_READY },
		{ "kernel.vfio-pci", "sys/module/vfio_pci", NULL, VERDICT_UNKNOWN, READINESS_NOT_READY },
		{ "kernel.vfio-pci", "sys/module/vfio_pci/initstate", NULL, VERDICT_PASS, READINESS_READY },
		{ "software.qemu", "usr/bin", NULL, VERDICT_FAIL, READINESS_NOT_READY },
		{ "software.libvirt", "usr/sbin/libvirtd", NULL, VERDICT_FAIL, READINESS_NOT_READY },
		{ "software.ovmf", "usr/share/qemu/firmware/60.json", NULL, VERDICT_FAIL, READINESS_NOT_READY },
		{ "devices.identity", IDENTITY_FILE, ID " serial=other\n", VERDICT_PASS, READINESS_READY },
		{ "devices.identity", IDENTITY_FILE, "0000:09:00.0 bind=address id=0001:0002 subsystem=0001:0002 class=010802 path=x\n", VERDICT_FAIL,
		  READINESS_NOT_READY },
		{ "devices.identity", IDENTITY_FILE,
		  "0000:05:00.0 bind=address id=144d:a80b subsystem=0000:0000 class=010802 path=0000:00/06.0/00.0\n", VERDICT_FAIL,
		  READINESS_NOT_READY },
		{ "devices.identity", IDENTITY_FILE, NULL, VERDICT_SKIP, READINESS_READY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *first = NULL, *row = text_format("%s, %s", rows[i].id, rows[i].text ? rows[i].text : "(removed)");
		_cleanup_tree_ struct tree t;
		enum readiness readiness;
		enum verdict verdict;

		ready_host(&t);
		if (rows[i].text)
			tree_put(&t, rows[i].path, "%s", rows[i].text);
		else
			tree_remove(&t, rows[i].path);
		verdict = verdict_of(&t, rows[i].id, &readiness, &first);
		if (verdict != rows[i].verdict)
			printf("# is %s\n", verdict_name(verdict));
		CHECK_ROW(row, verdict == rows[i].verdict);
		CHECK_ROW(row, readiness == rows[i].readiness);
		if (readiness != READINESS_READY)
			CHECK_STR(first, rows[i].id);
	}
}

TEST(an_iommu_that_is_off_says_where)
{
	static const struct {
		const char *cmdline, *next;
		bool has_table, has_tables, has_driver;
		const char *said, *remedy;
	} rows[] = {
		{ "ro intel_iommu=off", "intel_iommu=off", true, true, true, "the kernel's command line says so", "remove intel_iommu=off" },
		{ "ro iommu=off", "iommu=off", true, true, true, "the kernel's command line says so", "remove iommu=off" },
		{ "ro", "ro", true, true, true, "this kernel wants to be told to use it", "slipway apply" },
		{ "ro", "intel_iommu=on", true, true, true, "the next boot will switch it on", "reboot" },
		{ "ro", "intel_iommu=on", true, true, false, "this kernel has no driver for it", "full kernel" },
		{ "ro intel_iommu=on", "ro", true, true, true, "although the firmware offers one", "kernel log" },
		{ "ro", "ro", false, true, true, "the firmware does not offer one", "firmware.iommu-table" },
		{ "ro", "ro", false, false, true, "whether the firmware offers one is not known", "firmware.iommu-table" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;
		const struct finding *f;

		ready_host(&t);
		tree_remove(&t, "sys/kernel/iommu_groups");
		tree_folder(&t, "sys/kernel/iommu_groups");
		tree_remove(&t, "sys/devices/pci0000:00/" A "/iommu_group");
		tree_remove(&t, "sys/class/iommu");
		tree_put(&t, "proc/cmdline", "%s\n", rows[i].cmdline);
		tree_put(&t, "boot/grub/grub.cfg", "set default=\"0\"\nmenuentry 'x' {\n linux /v %s\n}\n", rows[i].next);
		if (!rows[i].has_driver)
			tree_put(&t, "boot/config-6.1.0", "CONFIG_VFIO=m\n");
		if (!rows[i].has_table)
			tree_remove(&t, "sys/firmware/acpi/tables/DMAR");
		if (!rows[i].has_tables)
			tree_remove(&t, "sys/firmware/acpi");
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		f = report_find(&report, "iommu.enabled");
		CHECK_ROW(rows[i].said, f->verdict == VERDICT_FAIL && f->heals_at_reboot == str_eq(rows[i].remedy, "reboot"));
		CHECK_HAS(f->summary, rows[i].said);
		CHECK_HAS(f->remedy, rows[i].remedy);
	}
}

TEST(interrupt_remapping_is_read_from_the_table)
{
	_cleanup_tree_ struct tree t;
	enum readiness readiness;

	ready_host(&t);
	put_dmar(&t, 0);
	CHECK(verdict_of(&t, "iommu.interrupt-remapping", &readiness, NULL) == VERDICT_WARN);
	tree_put(&t, "sys/firmware/acpi/tables/DMAR", "DMAR");
	CHECK(verdict_of(&t, "iommu.interrupt-remapping", &readiness, NULL) == VERDICT_UNKNOWN);
	tree_remove(&t, "sys/firmware/acpi/tables/DMAR");
	CHECK(verdict_of(&t, "iommu.interrupt-remapping", &readiness, NULL) == VERDICT_SKIP);
}

TEST(a_device_that_waits_for_the_boot_is_told_from_one_left_behind)
{
	_cleanup_tree_ struct tree t;
	enum readiness readiness;

	ready_host(&t);
	tree_driver(&t, A, "nvme");
	CHECK(verdict_of(&t, "devices.set-aside", &readiness, NULL) == VERDICT_FAIL && readiness == READINESS_NOT_READY);
	tree_put(&t, "proc/cmdline", "ro intel_iommu=on\n");
	CHECK(verdict_of(&t, "devices.set-aside", &readiness, NULL) == VERDICT_FAIL && readiness == READINESS_REBOOT_REQUIRED);
	tree_remove(&t, IDENTITY_FILE);
	tree_put(&t, "proc/cmdline", "ro intel_iommu=on slipway.bind=1\n");
	CHECK(verdict_of(&t, "devices.set-aside", &readiness, NULL) == VERDICT_FAIL && readiness == READINESS_NOT_READY);
}

TEST(a_swapped_drive_is_named_with_both_serials)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_tree_ struct tree t;
	const struct finding *f;

	ready_host(&t);
	tree_nvme(&t, A, 0, 1);
	tree_put(&t, IDENTITY_FILE, ID " serial=mine\n");
	CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
	f = report_find(&report, "devices.identity");
	CHECK(f->verdict == VERDICT_FAIL && f->n_evidence == 1);
	CHECK_HAS(f->evidence[0].value, "serial mine was meant, and data0 is there");
}

TEST(a_check_can_be_required_and_a_wrong_name_is_an_error)
{
	char *required[] = { (char *)"firmware.mode", NULL }, *wrong[] = { (char *)"no.such", NULL };
	_cleanup_(report_done) struct report report = {}, none = {};
	_cleanup_tree_ struct tree t;

	ready_host(&t);
	tree_remove(&t, "sys/firmware/efi");
	CHECK(tree_read(&t) == 0);
	CHECK(audit_run(&t.host, required, &report) == 0);
	CHECK(report_find(&report, "firmware.mode")->is_required);
	CHECK(audit_run(&t.host, wrong, &none) == -EINVAL);
	free(stderr_caught());
}

TEST_MAIN()
