/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel that runs beside the one that boots next: modules, and what kexec puts between them. */

#include "audit/audit.h"
#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define GRUB(arguments) "set default=\"0\"\nmenuentry 'x' {\n linux /boot/vmlinuz-6.9.0 " arguments "\n}\n"

TEST(vfio_pci_of_the_next_kernel_counts_too)
{
	static const struct {
		enum module_state now, next;
		enum verdict verdict;
		bool heals;
		const char *said;
	} rows[] = {
		{ MODULE_LOADED, MODULE_UNKNOWN, VERDICT_PASS, false, "loaded" },
		{ MODULE_FILE, MODULE_FILE, VERDICT_PASS, false, "a module" },
		{ MODULE_BUILTIN, MODULE_BUILTIN, VERDICT_PASS, false, "built in" },
		{ MODULE_LOADED, MODULE_MISSING, VERDICT_FAIL, false, "kernel 6.9.0, which boots next, has no vfio-pci" },
		{ MODULE_MISSING, MODULE_UNKNOWN, VERDICT_FAIL, false, "kernel 6.1.0 has no vfio-pci" },
		{ MODULE_MISSING, MODULE_MISSING, VERDICT_FAIL, false, "kernel 6.1.0 has no vfio-pci" },
		{ MODULE_MISSING, MODULE_FILE, VERDICT_FAIL, true, "kernel 6.1.0 has no vfio-pci" },
		{ MODULE_UNKNOWN, MODULE_FILE, VERDICT_UNKNOWN, false, "the modules of 6.1.0 cannot be looked at" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host host = { .kernel = { .release = (char[]){ "6.1.0" }, .next_release = (char[]){ "6.9.0" },
						 .vfio_pci = rows[i].now, .next_vfio_pci = rows[i].next } };
		_cleanup_(report_done) struct report report = { .list = calloc(1, sizeof(*report.list)), .n = 1 };
		struct finding *f = report.list;

		check_kernel_vfio_pci(&host, &report, f);
		CHECK_ROW(rows[i].said, f->verdict == rows[i].verdict && f->heals_at_reboot == rows[i].heals);
		CHECK_STR(f->summary, rows[i].verdict == VERDICT_PASS ? f->summary : rows[i].said);
		CHECK_HAS(f->summary, rows[i].said);
		CHECK_ROW(rows[i].said, (f->verdict == VERDICT_FAIL) == (f->remedy != NULL));
		CHECK_ROW(rows[i].said, f->n_evidence == (rows[i].next == MODULE_UNKNOWN ? 1 : 2));
	}
}

TEST(modules_are_told_apart_by_what_sys_says_of_them)
{
	_cleanup_tree_ struct tree t;
	const enum module_state *m;

	tree_new(&t);
	tree_put(&t, "proc/sys/kernel/osrelease", "6.1.0\n");
	tree_folder(&t, "lib/modules/6.1.0");
	tree_put(&t, "sys/module/vfio_pci/initstate", "live\n");
	tree_folder(&t, "sys/module/kvm");
	CHECK(tree_read(&t) == 0);
	m = t.host.kernel.modules;
	CHECK(m[MODULE_VFIO_PCI] == MODULE_LOADED && t.host.kernel.vfio_pci == MODULE_LOADED);
	CHECK(m[MODULE_KVM] == MODULE_BUILTIN && m[MODULE_VFIO] == MODULE_MISSING);
	tree_remove(&t, "lib/modules");
	CHECK(tree_read(&t) == 0 && t.host.kernel.modules[MODULE_VFIO] == MODULE_UNKNOWN);
}

TEST(kexec_is_named_where_it_started_this_kernel_or_will_start_the_next)
{
	static const struct {
		const char *type, *loaded; /* bootloader_type, kexec_loaded; NULL: no such file */
		enum truth by_kexec;
		bool is_loaded;
		size_t n_evidence;
		const char *remedy;
	} rows[] = {
		{ "114\n", "0\n", TRUTH_NO, false, 1, "reboot" }, /* GRUB 2 */
		{ "208\n", "0\n", TRUTH_YES, false, 2, "reboot" },
		{ "114\n", "1\n", TRUTH_NO, true, 2, "kexec -u" },
		{ "208\n", "1\n", TRUTH_YES, true, 3, "kexec -u" },
		{ NULL, NULL, TRUTH_UNKNOWN, false, 1, "reboot" },
		{ "x\n", "2\n", TRUTH_UNKNOWN, false, 1, "reboot" },
		{ "", "", TRUTH_UNKNOWN, false, 1, "reboot" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("row %zu", i);
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;
		const struct finding *f;

		tree_new(&t);
		tree_put(&t, "proc/cmdline", "ro\n");
		tree_put(&t, "boot/grub/grub.cfg", GRUB("ro intel_iommu=on"));
		if (rows[i].type) {
			tree_put(&t, "proc/sys/kernel/bootloader_type", "%s", rows[i].type);
			tree_put(&t, "sys/kernel/kexec_loaded", "%s", rows[i].loaded);
		}
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		CHECK_ROW(row, t.host.kernel.by_kexec == rows[i].by_kexec && (t.host.kernel.kexec_loaded == TRUTH_YES) == rows[i].is_loaded);
		f = report_find(&report, "kernel.arguments");
		CHECK_ROW(row, f->verdict == VERDICT_FAIL && f->heals_at_reboot && f->n_evidence == rows[i].n_evidence);
		CHECK_HAS(f->remedy, rows[i].remedy);
	}
}

TEST_MAIN()
