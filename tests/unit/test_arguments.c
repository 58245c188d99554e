/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments and modprobe's configuration: what harms, what is blocked, which of several counts. */

#include <errno.h>

#include "audit/audit.h"
#include "audit/remark.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define INTEL "processor: 0\nvendor_id: GenuineIntel\nflags: fpu vmx\n"

TEST(arguments_are_remarked_on_with_the_reason)
{
	static const struct {
		const char *cmdline;
		enum cpu_vendor vendor;
		const char *table;
		const char *said; /* "argument=verdict" each, in their order */
	} rows[] = {
		{ "ro quiet intel_iommu=on", CPU_INTEL, "DMAR", "" },
		{ "amd_iommu=on", CPU_AMD, "IVRS", "amd_iommu=on warn;" },
		{ "amd-iommu=on", CPU_AMD, "IVRS", "amd-iommu=on warn;" },
		{ "amd_iommu=fullflush", CPU_AMD, "IVRS", "" },
		{ "amd_iommu=force_isolation", CPU_INTEL, "DMAR", "amd_iommu=force_isolation warn;" },
		{ "intel_iommu=on", CPU_AMD, "IVRS", "intel_iommu=on warn;" },
		{ "intel_iommu=on", CPU_AMD, "DMAR", "" },
		{ "intel_iommu=on", CPU_AMD, NULL, "intel_iommu=on warn;" },
		{ "intel_iommu=on", CPU_OTHER, NULL, "" },
		{ "intel_iommu=on intel_iommu=off", CPU_INTEL, "DMAR", "intel_iommu=on warn;intel_iommu=off fail;" },
		{ "intel_iommu=off intel_iommu=sm_on,on", CPU_INTEL, "DMAR", "intel_iommu=off warn;" },
		{ "intel_iommu=on intel_iommu=sm_on", CPU_INTEL, "DMAR", "" },
		{ "vfio-pci.ids=1:2 vfio_pci.ids=3:4", CPU_INTEL, "DMAR", "vfio-pci.ids=1:2 warn;" },
		{ "vfio-pci.ids=1:2", CPU_INTEL, "DMAR", "" },
		{ "iommu=pt", CPU_INTEL, "DMAR", "iommu=pt warn;" },
		{ "iommu=pt,strict", CPU_INTEL, "DMAR", "iommu=pt,strict warn;" },
		{ "iommu.passthrough=1 iommu.passthrough=0", CPU_INTEL, "DMAR", "iommu.passthrough=1 warn;" },
		{ "iommu=off iommu=soft", CPU_INTEL, "DMAR", "iommu=off fail;iommu=soft warn;" },
		{ "iommu=on iommu=force", CPU_INTEL, "DMAR", "iommu=on warn;" },
		{ "vfio_iommu_type1.allow_unsafe_interrupts=1", CPU_AMD, "IVRS", "vfio_iommu_type1.allow_unsafe_interrupts=1 fail;" },
		{ "vfio-iommu-type1.allow-unsafe-interrupts=Y", CPU_AMD, "IVRS", "vfio-iommu-type1.allow-unsafe-interrupts=Y fail;" },
		{ "vfio_iommu_type1.allow_unsafe_interrupts=0", CPU_AMD, "IVRS", "" },
		{ "iommufd.allow_unsafe_interrupts", CPU_AMD, "IVRS", "iommufd.allow_unsafe_interrupts fail;" },
		{ "pcie_acs_override=downstream,multifunction", CPU_AMD, "IVRS", "pcie_acs_override=downstream,multifunction fail;" },
		{ "pci=noats,nommconf pci=realloc", CPU_AMD, "IVRS", "pci=noats,nommconf fail;" },
		{ "pci=noats", CPU_AMD, "IVRS", "pci=noats pass;" },
		{ "nomodeset video=efifb:off kvm.ignore_msrs=1", CPU_AMD, "IVRS", "nomodeset pass;video=efifb:off warn;kvm.ignore_msrs=1 pass;" },
		{ "intremap=off nointremap", CPU_INTEL, "DMAR", "intremap=off fail;nointremap fail;" },
		{ "intel_iommu=off", CPU_INTEL, "DMAR", "intel_iommu=off fail;" },
		{ "intel_iommu=off amd_iommu=off", CPU_AMD, "IVRS", "intel_iommu=off warn;amd_iommu=off fail;" },
		{ "amd_iommu=off", CPU_INTEL, "DMAR", "amd_iommu=off warn;" },
		{ "amd_iommu=pt intel_iommu=igfx_off,on", CPU_OTHER, "DMAR", "amd_iommu=pt warn;intel_iommu=igfx_off,on warn;" },
		{ "intel_iommu=on amd_iommu=on iommu=pt", CPU_S390, NULL, "intel_iommu=on warn;amd_iommu=on warn;iommu=pt warn;" },
		{ "vfio-pci.ids=1:2,3:4,1:2", CPU_INTEL, "DMAR", "vfio-pci.ids=1:2,3:4,1:2 warn;" },
		{ "vfio-pci.ids=1:2,1:23,,", CPU_INTEL, "DMAR", "" },
		{ "vfio-pci.ids=", CPU_INTEL, "DMAR", "" },
		{ "pci=disable_acs_redir=0000:00:1c.0;0000:00:1d.0,noats", CPU_INTEL, "DMAR",
		  "pci=disable_acs_redir=0000:00:1c.0;0000:00:1d.0,noats warn;" },
		{ "kvm.hpage=1 kvm.nested=1", CPU_S390, NULL, "kvm.hpage=1 fail;" },
		{ "kvm.hpage=1 kvm.nested=0", CPU_S390, NULL, "" },
		{ "kvm.hpage=0 kvm.nested=1", CPU_S390, NULL, "" },
		{ "kvm.hpage=1 kvm.nested=1", CPU_INTEL, "DMAR", "" },
		{ "pci=realloc pci=off pci=noari", CPU_S390, NULL, "pci=off fail;pci=noari warn;" },
		{ "acpi=off noapic nolapic swiotlb=force", CPU_AMD, "IVRS", "acpi=off fail;noapic fail;nolapic fail;swiotlb=force warn;" },
		{ "iommufd.allow_unsafe_interrupts=oN", CPU_AMD, "IVRS", "iommufd.allow_unsafe_interrupts=oN fail;" },
		{ "iommufd.allow_unsafe_interrupts=off", CPU_AMD, "IVRS", "" },
		{ "vfio.enable_unsafe_noiommu_mode=true", CPU_AMD, NULL, "vfio.enable_unsafe_noiommu_mode=true fail;" },
		{ "kvm.allow_unsafe_assigned_interrupts=1 pci-stub.ids=1:2", CPU_AMD, "IVRS",
		  "kvm.allow_unsafe_assigned_interrupts=1 warn;pci-stub.ids=1:2 pass;" },
		{ "mitigations=off", CPU_INTEL, "DMAR", "mitigations=off warn;" },
		{ "mitigations=auto,nosmt", CPU_INTEL, "DMAR", "" },
		{ "quiet -- iommu=off", CPU_INTEL, "DMAR", "" },
		{ "note=\"iommu=off amd_iommu=on\"", CPU_INTEL, "DMAR", "" },
		{ "", CPU_INTEL, "DMAR", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(remarks_done) struct remarks remarks = {};
		_cleanup_(cmdline_done) struct cmdline c = {};
		_cleanup_free_ char *said = NULL;
		struct text t = {};

		CHECK(cmdline_parse(rows[i].cmdline, &c) == 0);
		CHECK(remarks_find(&c, rows[i].vendor, rows[i].table, &remarks) == 0);
		for (size_t j = 0; j < remarks.n; j++) {
			text_printf(&t, "%s %s;", remarks.list[j].argument, verdict_name(remarks.list[j].verdict));
			CHECK_ROW(rows[i].cmdline, *remarks.list[j].reason);
		}
		said = text_take(&t);
		CHECK_STR(said, rows[i].said);
	}
}

TEST(modprobe_s_lines_are_read_as_modprobe_reads_them)
{
	static const struct {
		const char *text, *lines; /* "kind module [value] number;" */
	} rows[] = {
		{ "", "" },
		{ "\n\n# options vfio-pci ids=1:2\n", "" },
		{ "options vfio-pci ids=1:2\n", "2 vfio_pci [ids=1:2] 1;" },
		{ " \toptions\tvfio_pci   ids=1:2  disable_vga=1  ", "2 vfio_pci [ids=1:2  disable_vga=1] 1;" },
		{ "blacklist nouveau\nblacklist   vfio-pci # why\n", "0 nouveau [] 1;0 vfio_pci [] 2;" },
		{ "install vfio-pci /bin/false\n", "1 vfio_pci [/bin/false] 1;" },
		{ "softdep drm pre: vfio-pci", "3 drm [pre: vfio-pci] 1;" },
		{ "options a \\\n b=1\noptions c d=2\n", "2 a [b=1] 1;2 c [d=2] 3;" },
		{ "options a b=1 \\", "2 a [b=1 \\] 1;" },
		{ "options\noptions a\nblacklist\nalias x y\nremove a b\nnonsense\n", "2 a [] 2;" },
		{ "options a\\\n", "2 a [] 1;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(modprobe_done) struct modprobe m = {};
		_cleanup_free_ char *lines = NULL;
		struct text t = {};

		CHECK(modprobe_parse(rows[i].text, "f", &m) == 0);
		for (size_t j = 0; j < m.n; j++)
			text_printf(&t, "%d %s [%s] %u;", (int)m.list[j].kind, m.list[j].module, m.list[j].value, m.list[j].number);
		lines = text_take(&t);
		CHECK_STR(lines, rows[i].lines);
	}
}

TEST(files_are_read_by_name_and_hide_those_of_later_folders)
{
	_cleanup_(modprobe_done) struct modprobe m = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "usr/lib/modprobe.d/a.conf", "blacklist hidden\n");
	tree_put(&t, "etc/modprobe.d/a.conf", "blacklist first\n");
	tree_put(&t, "etc/modprobe.d/z.conf", "blacklist last\n");
	tree_put(&t, "lib/modprobe.d/m.conf", "blacklist middle\n");
	tree_put(&t, "etc/modprobe.d/a.conf.bak", "blacklist never\n");
	tree_folder(&t, "etc/modprobe.d/folder.conf");
	CHECK(modprobe_read(t.fd, &m) == 0 && m.n == 3);
	CHECK_STR(m.list[0].module, "first");
	CHECK_STR(m.list[1].module, "middle");
	CHECK_STR(m.list[2].module, "last");
	CHECK_STR(m.list[1].file, "lib/modprobe.d/m.conf");
}

TEST(checks_of_modules_and_arguments_pass_and_fail)
{
	static const struct {
		const char *id, *cmdline, *conf;
		bool is_builtin;
		enum verdict verdict;
		const char *said, *evidence;
	} rows[] = {
		{ "kernel.modules-blocked", "ro", "", false, VERDICT_PASS, "no module", NULL },
		{ "kernel.modules-blocked", "ro", "blacklist nouveau\nblacklist kvm_amd\n", false, VERDICT_PASS, "no module", NULL },
		{ "kernel.modules-blocked", "ro", "blacklist vfio-pci\n", false, VERDICT_WARN, "not loaded by themselves", "blacklist vfio_pci" },
		{ "kernel.modules-blocked", "ro", "install vfio-pci /bin/false\n", false, VERDICT_FAIL, "forbidden", "install vfio_pci /bin/false" },
		{ "kernel.modules-blocked", "ro", "install vfio_pci /usr/bin/true x\n", false, VERDICT_FAIL, "forbidden", "install" },
		{ "kernel.modules-blocked", "ro", "install vfio-pci echo x; /sbin/modprobe -i vfio-pci\n", false, VERDICT_PASS, "no module", NULL },
		{ "kernel.modules-blocked", "module_blacklist=nouveau,vfio-pci", "", false, VERDICT_FAIL, "forbidden", "module_blacklist=vfio_pci" },
		{ "kernel.modules-blocked", "modprobe.blacklist=kvm_intel", "", false, VERDICT_WARN, "not loaded", "modprobe.blacklist=kvm_intel" },
		{ "kernel.vfio-options", "ro", "", false, VERDICT_PASS, "no list", NULL },
		{ "kernel.vfio-options", "ro", "options vfio-pci ids=1:2 disable_vga=1\n", false, VERDICT_PASS, "one list", "ids=1:2" },
		{ "kernel.vfio-options", "ro", "options vfio-pci ids=1:2\n\noptions vfio_pci ids=3:4\n", false, VERDICT_WARN,
		  "only the last counts (/etc/modprobe.d/x.conf:3): ids=3:4", "ids=3:4" },
		{ "kernel.vfio-options", "vfio-pci.ids=5:6", "options vfio-pci ids=1:2\n", false, VERDICT_WARN,
		  "only the last counts (/proc/cmdline): ids=5:6", "ids=5:6" },
		{ "kernel.vfio-options", "vfio-pci.ids=5:6", "", true, VERDICT_PASS, "one list", "ids=5:6" },
		{ "kernel.vfio-options", "ro", "options vfio-pci ids=1:2\n", true, VERDICT_WARN, "have no effect", "ids=1:2" },
		{ "kernel.vfio-options", "ro", "softdep drm pre:vfio-pci\n", false, VERDICT_WARN, "written so that it has no effect",
		  "softdep drm pre:vfio-pci: without a blank behind the colon this has no effect" },
		{ "kernel.vfio-options", "ro", "softdep drm pre: vfio-pci\n", false, VERDICT_PASS, "no list", NULL },
		{ "kernel.harmful-arguments", "ro quiet", "options vfio-pci ids=1:2\n", false, VERDICT_PASS, "known to harm", NULL },
		{ "kernel.harmful-arguments", "iommu=pt", "", false, VERDICT_WARN, "1 kernel argument", "iommu=pt: lets the host's devices past the "
		  "IOMMU: passthrough does not need it" },
		{ "kernel.harmful-arguments", "ro", "options vfio_iommu_type1 allow_unsafe_interrupts=1\n", false, VERDICT_FAIL, "they harm",
		  "vfio_iommu_type1.allow_unsafe_interrupts=1: gives devices away without interrupt remapping: a guest can send the host any "
		  "interrupt" },
		{ "kernel.harmful-arguments", "nomodeset", "", false, VERDICT_PASS, "known to harm", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("%s: %s, %s", rows[i].id, rows[i].cmdline, rows[i].conf);
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;
		const struct finding *f;

		tree_new(&t);
		tree_put(&t, "proc/cpuinfo", INTEL);
		tree_put(&t, "proc/cmdline", "%s\n", rows[i].cmdline);
		tree_put(&t, "etc/modprobe.d/x.conf", "%s", rows[i].conf);
		if (rows[i].is_builtin)
			tree_folder(&t, "sys/module/vfio_pci");
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		f = report_find(&report, rows[i].id);
		if (f->verdict != rows[i].verdict)
			printf("# %s\n", f->summary);
		CHECK_ROW(row, f->verdict == rows[i].verdict);
		CHECK_HAS(f->summary, rows[i].said);
		CHECK_ROW(row, (f->verdict == VERDICT_PASS) == !f->remedy);
		if (rows[i].evidence) {
			CHECK_ROW(row, f->n_evidence);
			CHECK_STR(f->evidence[f->n_evidence - 1].value, rows[i].evidence[0] == 'i' && str_eq(rows[i].evidence, "install") ?
				  f->evidence[f->n_evidence - 1].value : rows[i].evidence);
		}
	}
}

TEST(what_comes_with_the_next_boot_is_remarked_on_once)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_tree_ struct tree t;
	const struct finding *f;

	tree_new(&t);
	tree_put(&t, "proc/cpuinfo", INTEL);
	tree_put(&t, "proc/cmdline", "ro iommu=pt\n");
	tree_put(&t, "boot/grub/grub.cfg", "set default=\"0\"\nmenuentry 'x' {\n linux /v ro iommu=pt pci=nomsi\n}\n");
	CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
	f = report_find(&report, "kernel.harmful-arguments");
	CHECK(f->verdict == VERDICT_FAIL && f->n_evidence == 2);
	CHECK_STR(f->evidence[1].path, "/boot/grub/grub.cfg");
	CHECK_HAS(f->remedy, "iommu=pt, pci=nomsi");
}

TEST(nothing_that_can_be_read_is_no_pass)
{
	static const char *const ids[] = { "kernel.modules-blocked", "kernel.vfio-options", "kernel.harmful-arguments" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		_cleanup_(report_done) struct report report = {}, later = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "proc/cpuinfo", INTEL);
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		CHECK_ROW(ids[i], report_find(&report, ids[i])->verdict == VERDICT_UNKNOWN);
		tree_put(&t, "proc/cmdline", "ro\n");
		tree_folder(&t, "etc/modprobe.d");
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &later) == 0);
		CHECK_ROW(ids[i], report_find(&later, ids[i])->verdict == VERDICT_PASS);
	}
}

TEST_MAIN()
