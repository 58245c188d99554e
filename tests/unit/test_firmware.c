/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firmware allows, and how the kernel was built and is locked down: the checks on both. */

#define ZLIB_CONST
#include <errno.h>
#include <zlib.h>

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define INTEL "processor: 0\nvendor_id: GenuineIntel\nflags: fpu vmx\n"
#define CONFIG "CONFIG_VFIO=m\nCONFIG_VFIO_PCI=m\nCONFIG_KVM=m\nCONFIG_KVM_INTEL=m\nCONFIG_INTEL_IOMMU=y\n"

static void new_host(struct tree *t)
{
	tree_new(t);
	tree_put(t, "proc/cpuinfo", INTEL);
	tree_put(t, "proc/sys/kernel/osrelease", "6.1.0\n");
	tree_put(t, "proc/cmdline", "ro\n");
}

static struct finding *find(struct tree *t, const char *id, struct report *report)
{
	if (tree_read(t) < 0 || audit_run(&t->host, NULL, report) < 0)
		abort();
	return (struct finding *)report_find(report, id);
}

TEST(setup_mode_and_width_of_the_firmware_are_looked_at)
{
	static const struct {
		const char *setup, *bits; /* setup: the variable's byte, or NULL */
		enum verdict verdict, mode;
	} rows[] = {
		{ "\0", "64\n", VERDICT_PASS, VERDICT_PASS },
		{ "\1", "64\n", VERDICT_WARN, VERDICT_PASS },
		{ NULL, "32\n", VERDICT_SKIP, VERDICT_WARN },
		{ NULL, "x\n", VERDICT_SKIP, VERDICT_PASS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;

		new_host(&t);
		tree_put(&t, "sys/firmware/efi/fw_platform_size", "%s", rows[i].bits);
		if (rows[i].setup)
			tree_put_variable(&t, "SetupMode", rows[i].setup, 1);
		CHECK_ROW(rows[i].bits, find(&t, "firmware.setup-mode", &report)->verdict == rows[i].verdict);
		CHECK_ROW(rows[i].bits, report_find(&report, "firmware.mode")->verdict == rows[i].mode);
	}
}

/* A configuration space with PCIe and, if asked for, SR-IOV for eight VFs. */
static void put_config(struct tree *t, bool sriov, size_t size)
{
	unsigned char c[4096] = { [0x06] = 0x10, [0x34] = 0x40, [0x40] = 0x10, [0x42] = 0x02 };

	if (sriov)
		c[0x100] = 0x10, c[0x102] = 0x01, c[0x10e] = 8;
	tree_put_bytes(t, "sys/devices/pci0000:00/" A "/config", c, size);
}

TEST(what_root_can_read_is_read_again_where_the_host_is)
{
	static const char *const remedies[] = { "capture the host as root", "run slipway as root" };

	for (unsigned is_live = 0; is_live < 2; is_live++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;

		new_host(&t);
		tree_pci(&t, A, "020000", "8086:1572", 1);
		put_config(&t, true, 64);
		CHECK(tree_read(&t) == 0);
		t.host.is_live = is_live;
		CHECK(audit_run(&t.host, NULL, &report) == 0);
		CHECK_HAS(report_find(&report, "firmware.sr-iov")->remedy, remedies[is_live]);
	}
}

TEST(a_device_without_room_for_its_virtual_functions_is_named)
{
	static const struct {
		bool sriov;
		size_t size;
		const char *total; /* sriov_totalvfs, or NULL */
		enum verdict verdict;
		const char *said, *remedy;
	} rows[] = {
		{ true, 4096, "8\n", VERDICT_PASS, "1 device may", NULL },
		{ true, 4096, "0\n", VERDICT_WARN, "1 device could", "SR-IOV Support" },
		{ true, 4096, NULL, VERDICT_WARN, "1 device could", "SR-IOV Support" },
		{ false, 4096, NULL, VERDICT_SKIP, "no device can", NULL },
		/* The kernel shows root no more, and a user less. */
		{ true, 256, NULL, VERDICT_UNKNOWN, "which the kernel does not show for 1 device", NULL },
		{ true, 256, "8\n", VERDICT_PASS, "1 device may", NULL },
		{ true, 64, NULL, VERDICT_UNKNOWN, "for root to read", "capture the host as root" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("row %zu", i);
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;
		struct finding *f;

		new_host(&t);
		tree_pci(&t, A, "020000", "8086:1572", 1);
		put_config(&t, rows[i].sriov, rows[i].size);
		if (rows[i].total)
			tree_put(&t, "sys/devices/pci0000:00/" A "/sriov_totalvfs", "%s", rows[i].total);
		f = find(&t, "firmware.sr-iov", &report);
		if (f->verdict != rows[i].verdict)
			printf("# %s: %s\n", verdict_name(f->verdict), f->summary);
		CHECK_ROW(row, f->verdict == rows[i].verdict);
		if (f->verdict == VERDICT_WARN) {
			CHECK_STR(f->evidence[0].path, "0000:05:00.0");
			CHECK_HAS(f->evidence[0].value, "8 VFs");
		}
		CHECK_HAS(f->summary, rows[i].said);
		CHECK_ROW(row, !f->remedy == !rows[i].remedy);
		if (rows[i].remedy)
			CHECK_HAS(f->remedy, rows[i].remedy);
	}
}

TEST(the_configuration_of_a_kernel_is_read)
{
	char values[CONFIG_OPTIONS];

	kernel_config_parse("#\nCONFIG_VFIO=m\nCONFIG_VFIO_PCI=y\n# CONFIG_KVM is not set\nCONFIG_VFIO_PCI_INTX=y\nXCONFIG_AMD_IOMMU=y\n"
			    "CONFIG_IOMMUFD=", values);
	CHECK(values[CONFIG_OPTION_VFIO] == 'm' && values[CONFIG_OPTION_VFIO_PCI] == 'y' && values[CONFIG_OPTION_KVM] == 'n');
	CHECK(values[CONFIG_OPTION_AMD_IOMMU] == 'n' && values[CONFIG_OPTION_IOMMUFD] == 'n');
	kernel_config_parse("CONFIG_KVM=y", values);
	CHECK(values[CONFIG_OPTION_KVM] == 'y' && values[CONFIG_OPTION_VFIO] == 'n');
}

static size_t make_gzip(const char *text, unsigned char *out, size_t room)
{
	z_stream z = { .next_in = (const Bytef *)text, .avail_in = (uInt)strlen(text), .next_out = out, .avail_out = (uInt)room };

	if (deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&z);
	return room - z.avail_out;
}

TEST(the_packed_configuration_is_unpacked_or_refused)
{
	unsigned char packed[1024];
	size_t size = make_gzip(CONFIG, packed, sizeof(packed));

	for (size_t n = 0; n <= size; n++) {
		_cleanup_free_ char *text = NULL;
		int r = gunzip(packed, n, &text);

		CHECK(r == (n < size ? -EINVAL : 0));
		if (n == size)
			CHECK_STR(text, CONFIG);
	}
	packed[0] = 'x';
	CHECK(gunzip(packed, size, &(char *){ NULL }) == -EINVAL);
}

TEST(a_kernel_that_lacks_something_is_told_from_one_that_does_not_say)
{
	static const struct {
		const char *config, *next; /* of the running kernel, and of 6.9.0, which is next; NULL: no such file */
		enum verdict verdict;
		const char *said;
	} rows[] = {
		{ CONFIG, NULL, VERDICT_PASS, "built with" },
		{ CONFIG, CONFIG, VERDICT_PASS, "built with" },
		{ CONFIG "CONFIG_VFIO_NOIOMMU=y\n", NULL, VERDICT_PASS, "built with" },
		{ CONFIG "CONFIG_IOMMU_DEFAULT_PASSTHROUGH=y\n", NULL, VERDICT_WARN, "past the IOMMU" },
		{ "CONFIG_KVM=m\n", NULL, VERDICT_FAIL, "this kernel" },
		{ CONFIG, "CONFIG_KVM=m\n", VERDICT_FAIL, "the next boot's kernel" },
		{ NULL, NULL, VERDICT_UNKNOWN, "how 6.1.0 was built is not known" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;
		struct finding *f;

		new_host(&t);
		if (rows[i].config)
			tree_put(&t, "boot/config-6.1.0", "%s", rows[i].config);
		if (rows[i].next) {
			tree_put(&t, "boot/config-6.9.0", "%s", rows[i].next);
			tree_put(&t, "boot/grub/grub.cfg", "set default=\"0\"\nmenuentry 'x' {\n linux /boot/vmlinuz-6.9.0 ro\n}\n");
		}
		f = find(&t, "kernel.config", &report);
		CHECK_ROW(f->summary, f->verdict == rows[i].verdict);
		CHECK_HAS(f->summary, rows[i].said);
		CHECK_STR(t.host.kernel.next_release, rows[i].next ? "6.9.0" : NULL);
	}
}

TEST(a_running_kernel_may_say_itself_how_it_was_built)
{
	_cleanup_(report_done) struct report report = {};
	unsigned char packed[1024];
	_cleanup_tree_ struct tree t;
	struct finding *f;

	new_host(&t);
	tree_put_bytes(&t, "proc/config.gz", packed, make_gzip("CONFIG_KVM=y\n", packed, sizeof(packed)));
	f = find(&t, "kernel.config", &report);
	CHECK(f->verdict == VERDICT_FAIL);
	CHECK_STR(f->evidence[0].path, "/proc/config.gz");
	CHECK_STR(f->evidence[0].value, "CONFIG_VFIO is not set");
}

TEST(lockdown_is_read_out_of_its_brackets)
{
	static const struct {
		const char *text, *lockdown;
		enum verdict verdict;
	} rows[] = {
		{ "[none] integrity confidentiality\n", "none", VERDICT_PASS },
		{ "none [integrity] confidentiality\n", "integrity", VERDICT_PASS },
		{ "none integrity\n", NULL, VERDICT_SKIP },
		{ "[", NULL, VERDICT_SKIP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;

		new_host(&t);
		tree_put(&t, "sys/kernel/security/lockdown", "%s", rows[i].text);
		CHECK_ROW(rows[i].text, find(&t, "kernel.lockdown", &report)->verdict == rows[i].verdict);
		CHECK_STR(t.host.kernel.lockdown, rows[i].lockdown);
	}
}

TEST_MAIN()
