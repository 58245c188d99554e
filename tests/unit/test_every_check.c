/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every check that there is passes on one host and fails on another: whoever adds a check adds a row here. */

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/descriptor.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/mainframe.h"
#include "tests/unit/ready_host.h"

#define FOLDER "sys/devices/pci0000:00/" A "/"

static void make_bare_sriov(struct tree *t)
{
	unsigned char c[4096] = { [0x06] = 0x10, [0x34] = 0x40, [0x40] = 0x10, [0x42] = 0x02, [0x100] = 0x10, [0x102] = 0x01, [0x10e] = 8 };

	tree_remove(t, FOLDER "sriov_totalvfs");
	tree_put_bytes(t, FOLDER "config", c, sizeof(c));
}

static void make_setup_mode(struct tree *t)
{
	tree_put_variable(t, "SetupMode", "\1", 1);
}

static void make_groupless(struct tree *t)
{
	tree_remove(t, "sys/kernel/iommu_groups");
	tree_folder(t, "sys/kernel/iommu_groups");
	tree_remove(t, FOLDER "iommu_group");
	tree_remove(t, "sys/class/iommu");
}

static void make_tableless(struct tree *t)
{
	make_groupless(t);
	tree_remove(t, "sys/firmware/acpi/tables/DMAR");
	tree_put(t, "sys/firmware/acpi/tables/FACP", "%s", "");
}

static void make_unmapped_interrupts(struct tree *t)
{
	put_dmar(t, 0);
}

static void make_host_driver(struct tree *t)
{
	tree_driver(t, A, "nvme");
}

static void make_moduleless(struct tree *t)
{
	tree_remove(t, "sys/module/vfio_pci");
	tree_put(t, "lib/modules/6.1.0/modules.dep", "%s", "");
}

static void make_two_loaders(struct tree *t)
{
	tree_remove(t, "sys/firmware/efi/efivars");
	tree_put(t, "proc/cmdline", "ro intel_iommu=on slipway.bind=1\n");
	tree_put(t, "boot/efi/EFI/systemd/systemd-bootx64.efi", "%s", "");
}

/* What the ready host becomes, and what the check says then. */
static const struct row {
	const char *id;
	const char *path, *text; /* path NULL: nothing; text NULL: it is removed */
	void (*make)(struct tree *t);
	enum verdict verdict;
} rows[] = {
	{ "cpu.virtualization", "proc/cpuinfo", "processor: 0\nvendor_id: GenuineIntel\nflags: fpu\n", NULL, VERDICT_FAIL },
	{ "cpu.bare-metal", "proc/xen/capabilities", "control_d\n", NULL, VERDICT_FAIL },
	{ "cpu.nested", "sys/module/kvm_intel", NULL, NULL, VERDICT_SKIP },
	{ "firmware.mode", "sys/firmware/efi", NULL, NULL, VERDICT_WARN },
	{ "firmware.secure-boot", "sys/firmware/efi/efivars", NULL, NULL, VERDICT_UNKNOWN },
	{ "firmware.setup-mode", NULL, NULL, make_setup_mode, VERDICT_WARN },
	{ "firmware.boot-entry", "sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", NULL, NULL, VERDICT_UNKNOWN },
	{ "firmware.iommu-table", NULL, NULL, make_tableless, VERDICT_FAIL },
	{ "firmware.iommu-table-valid", "sys/firmware/acpi/tables/DMAR", "DMAR, but no table at all", NULL, VERDICT_FAIL },
	{ "firmware.sr-iov", NULL, NULL, make_bare_sriov, VERDICT_WARN },
	{ "iommu.enabled", NULL, NULL, make_groupless, VERDICT_FAIL },
	{ "iommu.interrupt-remapping", NULL, NULL, make_unmapped_interrupts, VERDICT_WARN },
	{ "iommu.default-domain", "sys/kernel/iommu_groups/1/type", "identity\n", NULL, VERDICT_WARN },
	{ "iommu.reserved-regions", "sys/kernel/iommu_groups/1/reserved_regions", "0x00000000000e0000 0x00000000000fffff direct\n", NULL,
	  VERDICT_WARN },
	{ "iommu.noiommu", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n", NULL, VERDICT_FAIL },
	{ "kernel.arguments", "boot/grub/grub.cfg", GRUB("intel_iommu=on"), NULL, VERDICT_FAIL },
	{ "kernel.bootloader", NULL, NULL, make_two_loaders, VERDICT_WARN },
	{ "kernel.harmful-arguments", "proc/cmdline", "ro intel_iommu=on slipway.bind=1 pci=nomsi\n", NULL, VERDICT_FAIL },
	{ "kernel.config", "boot/config-6.1.0", "CONFIG_KVM=m\n", NULL, VERDICT_FAIL },
	{ "kernel.lockdown", "sys/kernel/security/lockdown", NULL, NULL, VERDICT_SKIP },
	{ "kernel.modules-blocked", "etc/modprobe.d/x.conf", "install vfio-pci /bin/false\n", NULL, VERDICT_FAIL },
	{ "kernel.vfio-options", "etc/modprobe.d/x.conf", "options vfio-pci ids=1:2\noptions vfio-pci ids=1:3\n", NULL, VERDICT_WARN },
	{ "kernel.kvm", "dev/kvm", NULL, NULL, VERDICT_FAIL },
	{ "kernel.vfio-pci", NULL, NULL, make_moduleless, VERDICT_FAIL },
	{ "software.qemu", "usr/bin", NULL, NULL, VERDICT_FAIL },
	{ "software.libvirt", "usr/sbin/libvirtd", NULL, NULL, VERDICT_FAIL },
	{ "software.ovmf", "usr/share/qemu/firmware/60.json", NULL, NULL, VERDICT_FAIL },
	{ "software.ovmf", "usr/share/qemu/firmware/60.json", "{}", NULL, VERDICT_FAIL },
	{ "software.ovmf", "usr/share/qemu/firmware/60.json", DESCRIPTOR("bios", "flash", "", "/code.fd", "raw", "x86_64", "pc-q35-*", ""), NULL,
	  VERDICT_FAIL },
	{ "software.ovmf", "usr/share/qemu/firmware/60.json", DESCRIPTOR("uefi", "flash", "", "/code.fd", "raw", "aarch64", "virt-*", ""), NULL,
	  VERDICT_FAIL },
	{ "software.initramfs", "usr/bin/dracut", "", NULL, VERDICT_WARN },
	{ "software.mediated", "usr/sbin/mdevctl", NULL, NULL, VERDICT_WARN },
	{ "software.confinement", "etc/apparmor.d", NULL, NULL, VERDICT_WARN },
	{ "software.pools", "etc/apparmor.d/local/abstractions/libvirt-qemu", NULL, NULL, VERDICT_WARN },
	{ "software.listener", "etc/libvirt/libvirtd.conf", "auth_tcp = \"none\"\n", NULL, VERDICT_WARN },
	{ "software.overcommit", "proc/meminfo", "MemTotal: 100000 kB\n", NULL, VERDICT_WARN },
	{ "devices.identity", IDENTITY_FILE, "0000:09:00.0 bind=address id=0001:0002 subsystem=0001:0002 class=010802 path=x\n", NULL,
	  VERDICT_FAIL },
	{ "devices.set-aside", NULL, NULL, make_host_driver, VERDICT_FAIL },
	{ "devices.virtual-functions", FOLDER "virtfn0", NULL, NULL, VERDICT_WARN },
	{ "devices.ccw", "etc/udev/rules.d/41-dasd-eckd-0.0.0300.rules", "", NULL, VERDICT_WARN },
	{ "devices.crypto", "sys/bus/ap/apmask", "0x00\n", NULL, VERDICT_WARN },
	{ "devices.qeth", "sys/devices/qeth/0.0.f500/layer2", "0\n", NULL, VERDICT_WARN },
	{ "devices.zpci", FOLDER "uid_is_unique", "0\n", NULL, VERDICT_WARN },
	{ "devices.link", FOLDER "current_link_width", "1\n", NULL, VERDICT_WARN },
};

/* A check whose help is a question tells a fact ("is Secure Boot on, and what follows"), which is no fault. The others state what should be. */
static bool tells_a_fact(const struct check *c)
{
	static const char *const questions[] = { "is ", "may ", "which " };

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		if (str_starts(c->help, questions[i]))
			return true;
	return false;
}

static bool is_bad(enum verdict v)
{
	return v == VERDICT_FAIL || v == VERDICT_WARN;
}

static bool has_row(const struct check *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_eq(rows[i].id, c->id) && (tells_a_fact(c) ? rows[i].verdict != VERDICT_PASS : is_bad(rows[i].verdict)))
			return true;
	return false;
}

/* What s390x has in the place of much of that. */
static void add_channel(struct tree *t)
{
	tree_ccw_aside(t, "0.0.0003", "0.0.0300");
	tree_put(t, "sys/module/vfio_ccw/initstate", "live\n");
	tree_put(t, "sys/module/vfio_ap/initstate", "live\n");
	tree_masks(t, ALL_IDS, ALL_IDS, -1);
	tree_queue(t, "05.0004", "CEX8C", "cex4queue");
	tree_qeth(t, "0.0.f500", "encf500", "1");
}

TEST(every_check_passes_on_a_ready_host)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_tree_ struct tree t;

	ready_host(&t);
	add_channel(&t);
	CHECK(tree_read(&t) == 0);
	CHECK(audit_run(&t.host, NULL, &report) == 0);
	for (const struct check *c = checks; c->id; c++) {
		const struct finding *f = report_find(&report, c->id);

		CHECK_ROW(c->id, f && f->verdict == VERDICT_PASS && f->summary && !f->remedy);
	}
}

TEST(every_check_has_a_row_on_which_it_fails)
{
	for (const struct check *c = checks; c->id; c++)
		CHECK_ROW(c->id, has_row(c));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(rows[i].id, check_find(rows[i].id));
}

TEST(each_row_is_found_and_has_evidence_or_a_way_out)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(report_done) struct report report = {};
		const struct check *c = check_find(rows[i].id);
		_cleanup_tree_ struct tree t;
		const struct finding *f;

		ready_host(&t);
		add_channel(&t);
		if (rows[i].make)
			rows[i].make(&t);
		if (rows[i].text)
			tree_put(&t, rows[i].path, "%s", rows[i].text);
		else if (rows[i].path)
			tree_remove(&t, rows[i].path);
		CHECK_ROW(rows[i].id, tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		f = report_find(&report, rows[i].id);
		if (f->verdict != rows[i].verdict)
			printf("# is %s: %s\n", verdict_name(f->verdict), f->summary);
		CHECK_ROW(rows[i].id, f->verdict == rows[i].verdict && f->summary);
		CHECK_ROW(rows[i].id, !is_bad(f->verdict) || f->remedy);
		CHECK_ROW(rows[i].id, !c->is_required || f->verdict == VERDICT_SKIP || audit_readiness(&report) != READINESS_READY);
	}
}

TEST_MAIN()
