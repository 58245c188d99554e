/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of kernel modules: what slipway writes, and what of others counts. */

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/backend_modules.h"
#include "installer/host_arguments.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define OURS "etc/modprobe.d/zz-slipway.conf"
#define DRIVE "0000:00:06.0/0000:05:00.0"

static void host(struct tree *t, const char *conf)
{
	tree_new(t);
	tree_nvme(t, DRIVE, 0, 1);
	tree_mounts(t, (const char *const[]){ "0:1 none / tmpfs", NULL });
	tree_put(t, "proc/cpuinfo", "processor: 0\nvendor_id: AuthenticAMD\nflags: fpu svm\n");
	tree_put(t, "proc/sys/kernel/osrelease", "6.1.0\n");
	tree_put(t, "sys/module/vfio_pci/initstate", "live\n");
	if (conf)
		tree_put(t, "etc/modprobe.d/vfio.conf", "%s", conf);
}

/* The file that is planned, or NULL. */
static char *planned(struct tree *t, bool nested, size_t n)
{
	struct wishes wishes = { .nested = nested };
	_cleanup_(plan_done) struct plan plan = {};
	struct device *by_ids[1];

	if (tree_read(t) < 0)
		abort();
	by_ids[0] = tree_device(t, "0000:05:00.0");
	if (modules_plan(&t->host, &wishes, by_ids, n, &plan) < 0)
		abort();
	for (size_t i = 0; i < plan.n; i++)
		if (str_eq(plan.list[i].target, OURS))
			return plan.list[i].after.data ? strdup(plan.list[i].after.data) : strdup("absent");
	return NULL;
}

TEST(only_the_last_line_of_ids_counts_and_options_of_others_do_not)
{
	static const struct {
		const char *conf, *ids;
	} rows[] = {
		{ NULL, NULL },
		{ "options vfio-pci ids=1:2\n", "1:2" },
		{ "options vfio_pci ids=1:2 disable_vga=1\noptions vfio-pci ids=3:4\n", "3:4" },
		{ "options vfio-pci ids=1:2\noptions vfio-pci disable_vga=1\n", "1:2" },
		{ "options vfio-pci ids=1:2 ids=5:6\n", "5:6" },
		{ "#options vfio-pci ids=1:2\n", NULL },
		{ "options vfio ids=1:2\n", NULL },
		/* As somebody has it: five lines, one that counts. */
		{ "options vfio-pci ids=1002:66af,1002:ab20 disable_vga=1\noptions vfio-pci ids=1987:5016\n"
		  "options vfio-pci ids=1022:7901\noptions vfio-pci ids=1d6a:07b1\noptions vfio-pci ids=14e4:43a0", "14e4:43a0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct modprobe_line *line;
		_cleanup_free_ char *ids = NULL;
		_cleanup_tree_ struct tree t;

		host(&t, rows[i].conf);
		CHECK(tree_read(&t) == 0);
		CHECK_ROW(rows[i].conf, modules_ids(&t.host, &ids, &line) == 0 && str_eq(ids, rows[i].ids) && !line == !ids);
	}
}

TEST(a_built_in_vfio_pci_hears_nothing_of_modprobe)
{
	const struct modprobe_line *line;
	_cleanup_free_ char *ids = NULL;
	_cleanup_tree_ struct tree t;

	host(&t, "options vfio-pci ids=1:2\n");
	tree_remove(&t, "sys/module/vfio_pci/initstate");
	CHECK(tree_read(&t) == 0 && modules_ids(&t.host, &ids, &line) == 0 && !ids);
}

TEST(ids_of_a_file_go_into_the_argument_that_replaces_them)
{
	static const struct {
		const char *conf, *argument, *wanted;
	} rows[] = {
		{ NULL, NULL, "vfio-pci.ids=144d:a80a" },
		{ "options vfio-pci ids=1:2\noptions vfio-pci ids=10de:1b80\n", NULL, "vfio-pci.ids=10de:1b80,144d:a80a" },
		{ "options vfio-pci ids=144d:a80a,10de:1b80\n", NULL, NULL },
		/* The argument has replaced them already. */
		{ "options vfio-pci ids=10de:1b80\n", "vfio-pci.ids=8086:1", "vfio-pci.ids=8086:1,144d:a80a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cmdline foreign = { .arguments = (char *[]){ (char *)rows[i].argument, NULL } };
		_cleanup_(argument_wish_done) struct argument_wish wish = {};
		char *ids[] = { (char *)"144d:a80a", NULL };
		const struct wishes wishes = {};
		_cleanup_tree_ struct tree t;

		host(&t, rows[i].conf);
		CHECK(tree_read(&t) == 0);
		CHECK(host_arguments(&t.host, &wishes, &foreign, ids, false, &wish) == 0);
		CHECK_ROW(rows[i].wanted, str_eq(wish.wanted ? wish.wanted[0] : NULL, rows[i].wanted));
	}
}

/* No /proc and no tables: what there is of the machine is its kernel. */
TEST(an_image_whose_kernel_knows_intels_iommu_gets_its_argument)
{
	static const char menu[] = "set default=\"0\"\nmenuentry 'x' {\n linux /boot/vmlinuz-6.9.0 quiet\n}\n";
	static const struct {
		const char *config, *cpuinfo, *foreign, *wanted, *unwanted;
	} rows[] = {
		{ "CONFIG_INTEL_IOMMU=y\n", NULL, "quiet", "intel_iommu=on", NULL },
		{ "CONFIG_INTEL_IOMMU=y\n", NULL, "intel_iommu=off", "intel_iommu=on", "intel_iommu=off" },
		{ "CONFIG_INTEL_IOMMU=y\n", NULL, "intel_iommu=on", NULL, NULL },
		{ "CONFIG_INTEL_IOMMU=y\nCONFIG_INTEL_IOMMU_DEFAULT_ON=y\n", NULL, "quiet", NULL, NULL },
		{ "CONFIG_S390=y\n", NULL, "quiet", NULL, NULL },
		{ "CONFIG_INTEL_IOMMU=y\n", "processor: 0\nvendor_id: AuthenticAMD\nflags: fpu svm\n", "quiet", NULL, NULL },
		{ NULL, NULL, "quiet", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cmdline foreign = { .arguments = (char *[]){ (char *)rows[i].foreign, NULL } };
		_cleanup_free_ char *row = text_format("row %zu", i);
		_cleanup_(argument_wish_done) struct argument_wish wish = {};
		const struct wishes wishes = { .iommu_on = true };
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "boot/grub/grub.cfg", menu);
		if (rows[i].config)
			tree_put(&t, "boot/config-6.9.0", "%s", rows[i].config);
		if (rows[i].cpuinfo)
			tree_put(&t, "proc/cpuinfo", "%s", rows[i].cpuinfo);
		CHECK(tree_read(&t) == 0);
		CHECK(host_arguments(&t.host, &wishes, &foreign, NULL, false, &wish) == 0);
		CHECK_ROW(row, str_eq(wish.wanted ? wish.wanted[0] : NULL, rows[i].wanted));
		CHECK_ROW(row, str_eq(wish.unwanted ? wish.unwanted[0] : NULL, rows[i].unwanted));
		CHECK_ROW(row, host_hides_its_iommu(&t.host) == (!rows[i].config && !rows[i].cpuinfo));
	}
}

TEST(lines_that_do_not_count_are_named_with_the_one_that_does)
{
	_cleanup_free_ char *content = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;

	host(&t, "options vfio-pci ids=1:2\n# x\noptions vfio-pci ids=3:4\n");
	content = planned(&t, false, 1);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/modprobe.d/vfio.conf:1: ids=1:2 has no effect");
	CHECK_HAS(said, "/etc/modprobe.d/vfio.conf:3: ids=3:4 is kept");
	/* Without a device that is bound by ids, nothing of it changes. */
	free(planned(&t, false, 0));
	free(said);
	said = stderr_caught();
	CHECK_STR(said, "");
}

TEST(nested_is_an_option_of_the_cpus_module)
{
	static const struct {
		const char *cpu, *line;
	} rows[] = {
		{ "vendor_id: AuthenticAMD\nflags: fpu svm\n", "options kvm_amd nested=1\n" },
		{ "vendor_id: GenuineIntel\nflags: fpu vmx\n", "options kvm_intel nested=1\n" },
		{ "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 sie\n", "options kvm nested=1\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *content = NULL, *without = NULL;
		_cleanup_tree_ struct tree t;

		host(&t, NULL);
		tree_put(&t, "proc/cpuinfo", "processor: 0\n%s", rows[i].cpu);
		content = planned(&t, true, 0);
		CHECK(content && strstr(content, rows[i].line));
		without = planned(&t, false, 0);
		CHECK(!without);
	}
}

TEST(a_built_in_kvm_is_told_by_an_argument)
{
	const struct wishes wishes = { .nested = true };
	const struct cmdline foreign = {};
	_cleanup_(argument_wish_done) struct argument_wish wish = {};
	_cleanup_free_ char *content = NULL;
	_cleanup_tree_ struct tree t;

	host(&t, NULL);
	tree_folder(&t, "sys/module/kvm_amd");
	content = planned(&t, true, 0);
	CHECK(!content);
	CHECK(host_arguments(&t.host, &wishes, &foreign, NULL, false, &wish) == 0);
	CHECK(wish.wanted && str_eq(wish.wanted[0], "kvm_amd.nested=1") && !wish.wanted[1]);
}

TEST(a_file_that_sorts_behind_and_says_otherwise_is_named)
{
	_cleanup_free_ char *content = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;

	host(&t, "options kvm_amd nested=0\n");
	tree_put(&t, "etc/modprobe.d/zzz.conf", "options kvm-amd nested=0\n");
	content = planned(&t, true, 0);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/modprobe.d/zzz.conf:1: nested=0 comes after");
	CHECK(!strstr(said, "vfio.conf"));
}

TEST(what_nobody_wishes_any_more_goes)
{
	_cleanup_free_ char *content = NULL;
	_cleanup_tree_ struct tree t;

	host(&t, NULL);
	tree_put(&t, OURS, "old\n");
	content = planned(&t, false, 0);
	CHECK_STR(content, "absent");
}

TEST_MAIN()
