/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine is: its CPUs' virtualization, what lies below the system, and that each platform hears only its own words. */

#include <errno.h>

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/cpu_live.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define INTEL "processor: 0\nvendor_id: GenuineIntel\nflags: fpu vmx\n"
#define GUEST "processor: 0\nvendor_id: GenuineIntel\nflags: fpu vmx hypervisor\n"
#define ARM "processor: 0\nBogoMIPS: 1\n"
#define S390 "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch stfle vx sie\n"

TEST(virtualization_is_what_register_flag_and_cpu_say_together)
{
	static const struct {
		enum cpu_vendor vendor;
		const char *flag;
		unsigned n_cpus, n_capable;
		enum truth cpuid, locked;
		bool unprintable;
		enum virtualization result;
	} rows[] = {
		{ CPU_INTEL, "vmx", 8, 8, TRUTH_UNKNOWN, TRUTH_UNKNOWN, false, VIRTUALIZATION_AVAILABLE },
		{ CPU_INTEL, "vmx", 8, 8, TRUTH_YES, TRUTH_NO, false, VIRTUALIZATION_AVAILABLE },
		{ CPU_INTEL, "vmx", 8, 8, TRUTH_YES, TRUTH_YES, false, VIRTUALIZATION_LOCKED },
		{ CPU_INTEL, "vmx", 8, 4, TRUTH_YES, TRUTH_NO, false, VIRTUALIZATION_PARTIAL },
		{ CPU_INTEL, "vmx", 8, 0, TRUTH_YES, TRUTH_UNKNOWN, false, VIRTUALIZATION_LOCKED },
		{ CPU_INTEL, "vmx", 8, 0, TRUTH_NO, TRUTH_UNKNOWN, false, VIRTUALIZATION_ABSENT },
		{ CPU_INTEL, "vmx", 8, 0, TRUTH_NO, TRUTH_YES, false, VIRTUALIZATION_ABSENT },
		{ CPU_INTEL, "vmx", 8, 0, TRUTH_UNKNOWN, TRUTH_YES, false, VIRTUALIZATION_LOCKED },
		{ CPU_INTEL, "vmx", 8, 0, TRUTH_UNKNOWN, TRUTH_UNKNOWN, false, VIRTUALIZATION_UNKNOWN },
		{ CPU_AMD, "svm", 8, 0, TRUTH_YES, TRUTH_UNKNOWN, false, VIRTUALIZATION_LOCKED },
		{ CPU_AMD, "svm", 8, 8, TRUTH_UNKNOWN, TRUTH_YES, false, VIRTUALIZATION_LOCKED },
		{ CPU_S390, "sie", 2, 0, TRUTH_UNKNOWN, TRUTH_UNKNOWN, false, VIRTUALIZATION_ABSENT },
		{ CPU_S390, "sie", 2, 0, TRUTH_UNKNOWN, TRUTH_UNKNOWN, true, VIRTUALIZATION_UNKNOWN },
		{ CPU_S390, "sie", 2, 2, TRUTH_UNKNOWN, TRUTH_UNKNOWN, false, VIRTUALIZATION_AVAILABLE },
		{ CPU_OTHER, NULL, 2, 0, TRUTH_UNKNOWN, TRUTH_UNKNOWN, false, VIRTUALIZATION_UNKNOWN },
		{ CPU_INTEL, "vmx", 0, 0, TRUTH_YES, TRUTH_NO, false, VIRTUALIZATION_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cpu cpu = { .vendor = rows[i].vendor, .flag = rows[i].flag, .n_cpus = rows[i].n_cpus, .n_capable = rows[i].n_capable,
				   .cpuid_has = rows[i].cpuid, .msr_locked = rows[i].locked, .flag_unprintable = rows[i].unprintable };
		_cleanup_free_ char *row = text_format("%zu: %s", i, virtualization_name(cpu_virtualization(&cpu)));

		CHECK_ROW(row, cpu_virtualization(&cpu) == rows[i].result);
	}
}

TEST(a_locked_register_is_told_from_one_that_allows)
{
	static const struct {
		enum cpu_vendor vendor;
		uint64_t value;
		enum truth locked;
	} rows[] = {
		{ CPU_INTEL, 0x0, TRUTH_NO },  { CPU_INTEL, 0x1, TRUTH_YES }, { CPU_INTEL, 0x5, TRUTH_NO },  { CPU_INTEL, 0x3, TRUTH_YES },
		{ CPU_INTEL, 0x4, TRUTH_NO },  { CPU_AMD, 0x10, TRUTH_YES },  { CPU_AMD, 0x18, TRUTH_YES },  { CPU_AMD, 0x8, TRUTH_NO },
		{ CPU_S390, 0x1, TRUTH_UNKNOWN }, { CPU_OTHER, 0x1, TRUTH_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK(msr_says_locked(rows[i].vendor, rows[i].value) == rows[i].locked);
	CHECK(cpuid_has_virtualization(CPU_S390) == TRUTH_UNKNOWN);
}

#define SYSINFO "Manufacturer:         IBM\nType:                 3906\n\n"
#define LPAR "LPAR Number:          6\nLPAR Name:            LINUX1\n"

TEST(what_lies_below_is_named)
{
	static const struct {
		const char *cpuinfo, *path, *text, *path2, *text2;
		enum environment_kind kind;
		const char *of;
		enum verdict verdict;
	} rows[] = {
		{ INTEL, NULL, NULL, NULL, NULL, ENVIRONMENT_METAL, NULL, VERDICT_PASS },
		{ INTEL, "sys/class/dmi/id/sys_vendor", "Amazon EC2\n", NULL, NULL, ENVIRONMENT_METAL, NULL, VERDICT_PASS },
		{ GUEST, NULL, NULL, NULL, NULL, ENVIRONMENT_GUEST, NULL, VERDICT_WARN },
		{ GUEST, "sys/class/dmi/id/sys_vendor", "QEMU\n", NULL, NULL, ENVIRONMENT_GUEST, "QEMU", VERDICT_WARN },
		{ GUEST, "sys/class/dmi/id/sys_vendor", "Amazon EC2\n", NULL, NULL, ENVIRONMENT_GUEST, "Amazon EC2", VERDICT_WARN },
		{ GUEST, "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n", "sys/class/dmi/id/product_name", "Virtual Machine\n",
		  ENVIRONMENT_GUEST, "Hyper-V", VERDICT_WARN },
		{ GUEST, "sys/hypervisor/type", "xen\n", NULL, NULL, ENVIRONMENT_GUEST, "Xen", VERDICT_WARN },
		{ GUEST, "sys/hypervisor/type", "xen\n", "proc/xen/capabilities", "", ENVIRONMENT_GUEST, "Xen", VERDICT_WARN },
		{ GUEST, "sys/hypervisor/type", "xen\n", "proc/xen/capabilities", "control_d\n", ENVIRONMENT_XEN_DOM0, NULL, VERDICT_FAIL },
		{ INTEL, "sys/hypervisor/type", "xen\n", "sys/hypervisor/properties/features", "00002f65\n", ENVIRONMENT_XEN_DOM0, NULL,
		  VERDICT_FAIL },
		{ INTEL, "sys/hypervisor/type", "xen\n", "sys/hypervisor/properties/features", "00002765\n", ENVIRONMENT_GUEST, "Xen",
		  VERDICT_WARN },
		{ ARM, NULL, NULL, NULL, NULL, ENVIRONMENT_UNKNOWN, NULL, VERDICT_UNKNOWN },
		{ ARM, "sys/class/dmi/id/product_name", "KVM Virtual Machine\n", NULL, NULL, ENVIRONMENT_GUEST, "KVM", VERDICT_WARN },
		{ ARM, "sys/class/dmi/id/sys_vendor", "Ampere(R)\n", NULL, NULL, ENVIRONMENT_UNKNOWN, NULL, VERDICT_UNKNOWN },
		{ ARM, "proc/device-tree/hypervisor/compatible", "linux,kvm", NULL, NULL, ENVIRONMENT_GUEST, "KVM", VERDICT_WARN },
		{ S390, "proc/sysinfo", SYSINFO LPAR, NULL, NULL, ENVIRONMENT_LPAR, NULL, VERDICT_PASS },
		{ S390, "proc/sysinfo", SYSINFO LPAR "\nVM00 Name:            LINUX7\nVM00 Control Program: z/VM    7.3.0\n", NULL, NULL,
		  ENVIRONMENT_GUEST, "z/VM    7.3.0", VERDICT_WARN },
		{ S390, "proc/sysinfo", SYSINFO LPAR "\nVM00 Control Program: KVM/Linux\n\nVM01 Control Program: z/VM    7.3.0\n", NULL, NULL,
		  ENVIRONMENT_GUEST, "KVM/Linux", VERDICT_WARN },
		{ S390, "proc/sysinfo", SYSINFO, NULL, NULL, ENVIRONMENT_UNKNOWN, NULL, VERDICT_UNKNOWN },
		{ S390, NULL, NULL, NULL, NULL, ENVIRONMENT_UNKNOWN, NULL, VERDICT_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("%zu: %s", i, rows[i].text ? rows[i].text : "");
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;
		const struct finding *f;

		tree_new(&t);
		tree_put(&t, "proc/cpuinfo", "%s", rows[i].cpuinfo);
		if (rows[i].path)
			tree_put(&t, rows[i].path, "%s", rows[i].text);
		if (rows[i].path2)
			tree_put(&t, rows[i].path2, "%s", rows[i].text2);
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		CHECK_ROW(row, t.host.environment.kind == rows[i].kind);
		CHECK_STR(t.host.environment.of, rows[i].of);
		f = report_find(&report, "cpu.bare-metal");
		CHECK_ROW(row, f->verdict == rows[i].verdict);
		/* Only in dom0 is all that follows worthless. */
		CHECK_ROW(row, f->is_required == (rows[i].kind == ENVIRONMENT_XEN_DOM0));
	}
}

TEST(signatures_of_hypervisors_are_names)
{
	CHECK_STR(hypervisor_name("KVMKVMKVM"), "KVM");
	CHECK_STR(hypervisor_name("Microsoft Hv"), "Hyper-V");
	CHECK_STR(hypervisor_name(""), NULL);
}

TEST(nested_virtualization_is_a_fact_and_no_fault)
{
	static const struct {
		const char *path, *text;
		enum verdict verdict;
		enum truth nested;
	} rows[] = {
		{ "sys/module/kvm_intel/parameters/nested", "Y\n", VERDICT_PASS, TRUTH_YES },
		{ "sys/module/kvm_intel/parameters/nested", "N\n", VERDICT_PASS, TRUTH_NO },
		{ "sys/module/kvm_amd/parameters/nested", "1\n", VERDICT_PASS, TRUTH_YES },
		{ "sys/module/kvm/parameters/nested", "0\n", VERDICT_PASS, TRUTH_NO },
		{ "sys/module/kvm/parameters/other", "1\n", VERDICT_SKIP, TRUTH_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "proc/cpuinfo", INTEL);
		tree_put(&t, rows[i].path, "%s", rows[i].text);
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		CHECK_ROW(rows[i].path, report_find(&report, "cpu.nested")->verdict == rows[i].verdict);
		CHECK_ROW(rows[i].path, t.host.cpu.nested == rows[i].nested);
	}
}

/* Nobody at a mainframe has a BIOS to look into, and no Arm board a switch for VT-d. */
static void check_words(const struct report *report, const char *name, const char *const *words, size_t n)
{
	for (size_t i = 0; i < report->n; i++)
		for (size_t j = 0; j < n; j++) {
			const struct finding *f = &report->list[i];

			if (f->remedy && strstr(f->remedy, words[j]))
				printf("# %s: %s: %s\n", name, f->id, f->remedy);
			CHECK_ROW(words[j], !f->remedy || !strstr(f->remedy, words[j]));
		}
}

TEST(a_remedy_never_speaks_of_another_platform)
{
	static const char *const words[] = { "VT-d", "VT-x", "BIOS", "intel_iommu", "AMD-Vi", "SVM", "firmware's set-up", "kvm_intel",
					     "kvm_amd", "amd_iommu", "DMAR", "IVRS", "ovmf", "x86", "UEFI" };
	static const struct {
		const char *name, *sysinfo;
		bool has_device;
		size_t n_words; /* Arm and RISC-V have UEFI, too */
		enum verdict iommu;
	} rows[] = {
		{ "s390-kvm.cpuinfo", SYSINFO LPAR "VM00 Control Program: KVM/Linux\n", false, ARRAY_SIZE(words), VERDICT_SKIP },
		{ "s390-kvm.cpuinfo", SYSINFO LPAR "VM00 Control Program: z/VM    7.3.0\n", true, ARRAY_SIZE(words), VERDICT_FAIL },
		{ "s390-lpar-drawer.cpuinfo", SYSINFO LPAR, false, ARRAY_SIZE(words), VERDICT_SKIP },
		{ "s390-lpar-drawer.cpuinfo", SYSINFO LPAR, true, ARRAY_SIZE(words), VERDICT_FAIL },
		{ "s390-lpar.cpuinfo", "", true, ARRAY_SIZE(words), VERDICT_FAIL },
		{ "armv7.cpuinfo", NULL, false, ARRAY_SIZE(words) - 1, VERDICT_FAIL },
		{ "armv7.cpuinfo", NULL, true, ARRAY_SIZE(words) - 1, VERDICT_FAIL },
		{ "rv64-visionfive2.cpuinfo", NULL, true, ARRAY_SIZE(words) - 1, VERDICT_FAIL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *cpuinfo = NULL, *path = text_format("%s/hosts/cpuinfo/%s", getenv("SLIPWAY_TESTS"), rows[i].name);
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		CHECK(file_read(path, &cpuinfo) == 0);
		tree_put(&t, "proc/cpuinfo", "%s", cpuinfo);
		if (rows[i].sysinfo)
			tree_put(&t, "proc/sysinfo", "%s", rows[i].sysinfo);
		tree_put(&t, "proc/cmdline", "root=/dev/dasda1 iommu=off\n");
		tree_folder(&t, "sys/firmware/acpi/tables");
		if (rows[i].has_device)
			tree_pci(&t, "0000:00:00.0", "010802", "1014:0000", -1);
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		check_words(&report, rows[i].name, words, rows[i].n_words);
		CHECK_ROW(rows[i].name, report_find(&report, "iommu.enabled")->verdict == rows[i].iommu);
		CHECK_ROW(rows[i].name, rows[i].sysinfo || report_find(&report, "cpu.virtualization")->verdict == VERDICT_UNKNOWN);
		CHECK_ROW(rows[i].name, report_find(&report, "firmware.mode")->verdict == VERDICT_SKIP);
		CHECK_ROW(rows[i].name, report_find(&report, "firmware.iommu-table")->verdict == (rows[i].sysinfo ? VERDICT_SKIP : VERDICT_UNKNOWN));
	}
}

TEST_MAIN()
