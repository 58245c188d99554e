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

#define HEAD "[defaultboot]\ndefault=linux\n"
#define LINUX "[linux]\ntarget=/boot\nimage=/boot/vmlinuz-6.9.0\nparameters=\"root=a kvm.hpage=1\"\n"
#define OTHER "[other]\ntarget=/boot\nimage=/boot/image-6.8.0\nparameters='root=b'\n"
#define MENU "[defaultboot]\ndefaultmenu=m\n:m\ntarget=/boot\n1=linux\n2=other\n"
#define AUTO "[defaultboot]\ndefaultauto\ntarget=/boot\n"

/* A map as zipl writes it: each command line at the beginning of a block. */
static void put_map(struct tree *t, const char *path, const char *lines)
{
	char map[8 * 512] = "zSeries bootmap file";
	size_t block = 1;

	for (const char *line = lines; *line; line += strcspn(line, "|"), line += *line == '|') {
		size_t n = strcspn(line, "|");

		memset(map + (block - 1) * 512 + 500, 0xff, 12);
		memcpy(map + block++ * 512, line, n);
	}
	tree_put_bytes(t, path, map, sizeof(map));
}

TEST(what_zipl_has_put_into_its_map_boots_next)
{
	static const struct {
		const char *conf, *map, *cmdline, *source, *release, *reason;
	} rows[] = {
		{ HEAD OTHER LINUX, "root=a kvm.hpage=1", "root=a kvm.hpage=1", "etc/zipl.conf", "6.9.0", NULL },
		{ MENU OTHER LINUX, "root=b|root=a kvm.hpage=1", "root=a kvm.hpage=1", "etc/zipl.conf", "6.9.0", NULL },
		{ MENU "default=2\n" OTHER LINUX, "root=b|root=a kvm.hpage=1", "root=b", "etc/zipl.conf", "6.8.0", NULL },
		{ AUTO OTHER LINUX, "root=b|root=a kvm.hpage=1", "root=b", "etc/zipl.conf", "6.8.0", NULL },
		{ AUTO "default=linux\n" OTHER LINUX, "root=b|root=a kvm.hpage=1", "root=a kvm.hpage=1", "etc/zipl.conf", "6.9.0", NULL },
		{ AUTO "default=B\n", "root=e2|root=e1", "root=e1", "boot/loader/entries/x-6.9.conf", "6.9", NULL },
		{ AUTO, "root=e2|root=e1", "root=e2", "boot/loader/entries/x-6.10.conf", "6.10", NULL },
		{ "[defaultboot]\ndefault=f\n[f]\nimage=/v\nparmfile=/boot/parm,0x1000\n", "root=f quiet ", "root=f quiet", "etc/zipl.conf", NULL, NULL },
		{ "[defaultboot]\ndefault=f\n[f]\nimage=/v\nparmfile=/boot/parm\nparameters=x\n", "root=f quiet x", "root=f quiet x", "etc/zipl.conf", NULL, NULL },
		/* What was changed since, what is a part of another line, and what has no map. */
		{ HEAD LINUX, "root=a", NULL, NULL, NULL, "lacks the arguments that /etc/zipl.conf has for 'linux', which boots next: 'zipl' has not run" },
		{ HEAD LINUX, "root=a kvm.hpage=1 more|other root=a kvm.hpage=1", NULL, NULL, NULL, "/boot/bootmap lacks the arguments" },
		{ "[defaultboot]\ndefault=linux\n[linux]\ntarget=/mnt/ipl\nparameters=root=a\n", "root=a", NULL, NULL, NULL, "which is not read" },
		{ "[defaultboot]\ndefault=nobody\n" LINUX, "root=a kvm.hpage=1", NULL, NULL, NULL, "which is not read" },
		{ "[defaultboot]\ndefault=linux\n[linux]\nparameters=\"\"\n", "root=a", NULL, NULL, NULL, "which is not read" },
		{ "", "root=a", NULL, NULL, NULL, "which is not read" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *next = NULL;
		_cleanup_tree_ struct tree t;
		const struct kernel *k = &t.host.kernel;

		tree_new(&t);
		tree_put(&t, "proc/cpuinfo", "vendor_id       : IBM/S390\n");
		tree_put(&t, "usr/sbin/zipl", "%s", "");
		tree_put(&t, "boot/loader/entries/x-6.9.conf", "title B\nversion 6.9\nlinux /v\noptions root=e1\n");
		tree_put(&t, "boot/loader/entries/x-6.10.conf", "title A\nversion 6.10\nlinux /v\noptions root=e2\n");
		tree_put(&t, "boot/parm", "root=f\n\nquiet\n");
		tree_put(&t, "etc/zipl.conf", "%s", rows[i].conf);
		put_map(&t, "boot/bootmap", rows[i].map);
		CHECK_ROW(rows[i].conf, tree_read(&t) == 0 && k->next_boot_known == !rows[i].reason);
		if (rows[i].reason) {
			CHECK_HAS(k->next_reason, rows[i].reason);
			continue;
		}
		next = strv_join(k->next_boot.arguments, " ");
		CHECK_STR(next, rows[i].cmdline);
		CHECK_STR(k->next_source, rows[i].source);
		CHECK_ROW(rows[i].conf, str_eq(k->next_release, rows[i].release));
	}
}

TEST(what_the_machine_is_told_to_boot_goes_before_zipls_default)
{
	static const struct {
		const char *file, *text, *reason;
	} rows[] = {
		{ "sys/firmware/reipl/ccw/loadparm", "2\n", "LOADPARM '2' (/sys/firmware/reipl/ccw/loadparm)" },
		{ "sys/firmware/reipl/ccw/loadparm", "        \n", NULL },
		{ "sys/firmware/reipl/ccw/loadparm", "0\n", NULL },
		{ "sys/firmware/reipl/ccw/device", "0.0.0200\n", "the next boot comes from 0.0.0200 (/sys/firmware/reipl/ccw/device), and this one came from 0.0.0100" },
		{ "sys/firmware/reipl/ccw/device", "0.0.0100\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "usr/sbin/zipl", "%s", "");
		tree_put(&t, "etc/zipl.conf", HEAD LINUX);
		put_map(&t, "boot/bootmap", "root=a kvm.hpage=1");
		tree_put(&t, "sys/firmware/ipl/device", "0.0.0100\n");
		tree_put(&t, "sys/firmware/reipl/reipl_type", "ccw\n");
		tree_put(&t, rows[i].file, "%s", rows[i].text);
		CHECK_ROW(rows[i].text, tree_read(&t) == 0 && t.host.kernel.next_boot_known == !rows[i].reason);
		if (rows[i].reason)
			CHECK_HAS(t.host.kernel.next_reason, rows[i].reason);
	}
}

TEST_MAIN()
