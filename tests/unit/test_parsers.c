/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU, kernel command line, GRUB's menu and PCI capabilities: from text and bytes to facts. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/capabilities.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

TEST(cpuinfo_of_real_machines)
{
	static const struct {
		const char *file;
		enum cpu_vendor vendor;
		unsigned n_cpus, n_capable;
		bool is_guest, unprintable;
	} rows[] = {
		{ "16amd64-8n2c.cpuinfo", CPU_AMD, 16, 0, false, false },
		{ "armv7.cpuinfo", CPU_OTHER, 2, 0, false, false },
		{ "linux-amd64-accel.cpuinfo", CPU_INTEL, 2, 2, true, false },
		{ "rv64-visionfive2.cpuinfo", CPU_OTHER, 4, 0, false, false },
		{ "s390-kvm.cpuinfo", CPU_S390, 3, 0, false, true },
		{ "s390-lpar-drawer.cpuinfo", CPU_S390, 8, 8, false, false },
		{ "s390-lpar.cpuinfo", CPU_S390, 17, 0, false, true },
		{ "x86_64-64cpu-linux6.2.cpuinfo", CPU_INTEL, 8, 8, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL, *path = text_format("%s/hosts/cpuinfo/%s", getenv("SLIPWAY_TESTS"), rows[i].file);
		_cleanup_(cpu_done) struct cpu cpu = {};

		CHECK_ROW(rows[i].file, file_read(path, &text) == 0);
		CHECK_ROW(rows[i].file, cpu_parse(text, &cpu) == 0);
		if (cpu.vendor != rows[i].vendor || cpu.n_cpus != rows[i].n_cpus || cpu.n_capable != rows[i].n_capable ||
		    cpu.is_guest != rows[i].is_guest || cpu.flag_unprintable != rows[i].unprintable)
			printf("# %s: vendor %d, %u CPUs, %u capable, guest %d, unprintable %d\n", rows[i].file, cpu.vendor, cpu.n_cpus,
			       cpu.n_capable, cpu.is_guest, cpu.flag_unprintable);
		CHECK_ROW(rows[i].file, cpu.vendor == rows[i].vendor && cpu.n_cpus == rows[i].n_cpus);
		CHECK_ROW(rows[i].file, cpu.n_capable == rows[i].n_capable);
		CHECK_ROW(rows[i].file, cpu.is_guest == rows[i].is_guest && cpu.flag_unprintable == rows[i].unprintable);
	}
}

TEST(a_flag_is_a_whole_word_of_the_right_vendor)
{
	static const struct {
		const char *text;
		unsigned n_capable;
	} rows[] = {
		{ "processor: 0\nvendor_id: GenuineIntel\nflags: fpu vmx\n", 1 },
		{ "processor: 0\nvendor_id: GenuineIntel\nflags: vmx\n", 1 },
		{ "processor: 0\nvendor_id: GenuineIntel\nflags: fpu vmxx xvmx\n", 0 },
		{ "processor: 0\nvendor_id: GenuineIntel\nflags: svm\n", 0 },
		{ "processor: 0\nvendor_id: GenuineIntel\nflags: fpu\nvmx flags: vmx\n", 0 },
		{ "processor: 0\nvendor_id: AuthenticAMD\nflags: vmx\n", 0 },
		{ "processor: 0\nvendor_id: HygonGenuine\nflags: svm\n", 1 },
		{ "processor: 0\nvendor_id: GenuineIntel\nflags: vmx\nflags: vmx\n", 1 },
		{ "vendor_id: GenuineIntel\nflags: vmx\n", 0 },
		{ "vendor_id: IBM/S390\n# processors: 8\nfeatures: sie\n# processors: 3\n", 3 },
		{ "", 0 },
		{ ":::\n:\n\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(cpu_done) struct cpu cpu = {};

		CHECK_ROW(rows[i].text, cpu_parse(rows[i].text, &cpu) == 0 && cpu.n_capable == rows[i].n_capable);
	}
}

TEST(command_lines_are_split_as_the_kernel_does)
{
	static const struct {
		const char *text, *joined;
	} rows[] = {
		{ "", "" },
		{ "  a  b=c\n", "a|b=c" },
		{ "a=\"b c\" d", "a=\"b c\"|d" },
		{ "dyndbg=\"file a.c +p; file b.c +p\" x", "dyndbg=\"file a.c +p; file b.c +p\"|x" },
		{ "\"a=b c\"", "\"a=b c\"" },
		{ "a -- b", "a" },
		{ "a --b", "a|--b" },
		{ "a \"open", "a|\"open" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(cmdline_done) struct cmdline c = {};
		_cleanup_free_ char *joined = NULL;

		CHECK(cmdline_parse(rows[i].text, &c) == 0);
		joined = strv_join(c.arguments, "|");
		CHECK_STR(joined, rows[i].joined);
	}
}

TEST(arguments_are_found_by_name_and_value)
{
	_cleanup_(cmdline_done) struct cmdline c = {};

	CHECK(cmdline_parse("quiet vfio_pci.ids=1:2 intel_iommu=sm_on,on vfio-pci.ids=3:4 iommu=pt intel_iommu=igfx_off", &c) == 0);
	CHECK(cmdline_has(&c, "quiet") && !cmdline_has(&c, "qui") && !cmdline_has(&c, "quiet=1") && !cmdline_has(&c, "iommu"));
	CHECK(cmdline_has(&c, "vfio-pci.ids=1:2") && cmdline_has(&c, "vfio_pci.ids=3:4"));
	CHECK_STR(cmdline_value(&c, "vfio-pci.ids"), "3:4");
	CHECK_STR(cmdline_value(&c, "nothing"), NULL);
	CHECK(cmdline_value_has(&c, "intel_iommu", "on") && cmdline_value_has(&c, "intel_iommu", "igfx_off"));
	CHECK(!cmdline_value_has(&c, "intel_iommu", "off") && !cmdline_value_has(&c, "intel_iommu", "o"));
}

#define HEADER(fallback) "if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\nelse\n   set default=\"" fallback "\"\nfi\n"
#define ENTRY(title, id, cmdline)                                                                       \
	"menuentry '" title "' --class x $menuentry_id_option '" id "' {\n\tlinux\t/vmlinuz " cmdline "\n\tinitrd /i\n}\n"
#define MENU                                                                                            \
	ENTRY("First", "first", "a=1")                                                                  \
	"submenu 'More' $menuentry_id_option 'more' {\n" ENTRY("Old", "old", "a=2") ENTRY("Recovery", "rec", "a=3 single") "}\n" \
	ENTRY("It\\'s \"last\"", "last", "a=\\\"4 5\\\" b=\\$x 'c d'")

TEST(grubs_choice_is_followed)
{
	static const struct {
		const char *cfg, *env, *cmdline;
		bool once;
	} rows[] = {
		{ HEADER("0") MENU, NULL, "a=1", false },
		{ HEADER("1") MENU, NULL, "a=2", false },       /* a submenu stands for its first entry */
		{ HEADER("1>1") MENU, NULL, "a=3 single", false },
		{ HEADER("2") MENU, NULL, NULL, false },
		{ HEADER("more>rec") MENU, NULL, "a=3 single", false },
		{ HEADER("First") MENU, NULL, "a=1", false },
		{ HEADER("More>Old") MENU, NULL, "a=2", false },
		{ HEADER("rec") MENU, NULL, "a=1", false },     /* not in the top menu: the first one */
		{ HEADER("99") MENU, NULL, "a=1", false },
		{ HEADER("${saved_entry}") MENU, "# GRUB\nsaved_entry=more>rec\n", "a=3 single", false },
		{ HEADER("${saved_entry}") MENU, "# GRUB\n", "a=1", false },
		{ HEADER("${saved_entry}") MENU, NULL, "a=1", false },
		{ HEADER("0") MENU, "saved_entry=old\n", "a=1", false },
		{ HEADER("0") MENU, "next_entry=more>old\n", "a=2", true },
		{ HEADER("0") MENU, "next_entry=\n", "a=1", false },
		{ HEADER("0") MENU, "next_entry=gone\n", NULL, true },
		{ "", NULL, NULL, false },
		{ "linux /x a=1\n", NULL, NULL, false },
		{ "menuentry x {\n chainloader +1\n}\n", NULL, NULL, false },
		{ "menuentry 'never closed' {\n linux /v q\n", NULL, "q", false },
		{ "menuentry\nsubmenu\nsubmenu x {\n", NULL, NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(grub_done) struct grub g = {};

		CHECK(grub_parse(rows[i].cfg, rows[i].env, &g) == 0);
		if (i != 3)
			CHECK_STR(g.next_cmdline, rows[i].cmdline);
		CHECK_ROW(rows[i].cfg, g.is_once == rows[i].once);
		CHECK_ROW(rows[i].cfg, !g.next_cmdline == !!g.reason);
	}
}

TEST(arguments_are_those_that_grub_hands_to_the_kernel)
{
	_cleanup_(grub_done) struct grub g = {};

	CHECK(grub_parse(HEADER("0") "menuentry 'A' {\n linux /v a=\\\"4\\ 5\\\" b=\\$x 'c d'\n}\n", NULL, &g) == 0);
	CHECK_STR(g.next_cmdline, "\"a=\\\"4 5\\\"\" b=$x \"c d\"");
	CHECK_STR(g.entry, "A");
}

/* A function with a PCIe capability at 0x40 and an extended list at 0x100. */
static void make_config(unsigned char c[4096])
{
	memset(c, 0, 4096);
	c[0x06] = 0x10;                       /* there is a list */
	c[0x34] = 0x40;
	c[0x40] = 0x10, c[0x42] = 0x62;       /* PCIe, downstream port */
	c[0x44 + 3] = 0x10;                   /* FLR */
	c[0x100] = 0x0d, c[0x102] = 0x01, c[0x103] = 0x14; /* ACS, next at 0x140 */
	c[0x104] = 0x1f, c[0x106] = 0x1d;
	c[0x140] = 0x03, c[0x142] = 0x01;     /* serial number, the last */
	for (int i = 0; i < 8; i++)
		c[0x144 + i] = (unsigned char)(i + 1);
}

static struct capabilities parse(unsigned char *config, size_t size)
{
	struct capabilities c;
	unsigned char *exact = malloc(size ? size : 1); /* so that the sanitizer sees a read behind the end */

	memcpy(exact, config, size);
	capabilities_parse(exact, size, 0, 5, 0, 0, &c);
	free(exact);
	return c;
}

TEST(capabilities_are_found)
{
	unsigned char config[4096];
	struct capabilities c;

	make_config(config);
	c = parse(config, sizeof(config));
	CHECK(c.is_complete && c.is_pcie && c.pcie_type == 6 && c.has_flr);
	CHECK(c.has_acs && c.acs_supported == 0x1f && c.acs_enabled == 0x1d);
	CHECK(c.has_serial && c.serial == 0x0807060504030201);
	c = parse(config, 256);
	CHECK(!c.is_complete && c.is_pcie && c.has_flr && !c.has_acs && !c.has_serial);
	c = parse(config, 64);
	CHECK(!c.is_complete && !c.is_pcie);
	c = parse(config, 0);
	CHECK(!c.is_complete);
}

/* A conventional function with MSI (8 vectors, on), MSI-X (5, off) and a reset in Advanced Features. */
static void make_interrupts(unsigned char c[256])
{
	memset(c, 0, 256);
	c[0x06] = 0x10, c[0x0e] = 0x80, c[0x3d] = 1, c[0x34] = 0x40;
	c[0x40] = 0x05, c[0x41] = 0x50, c[0x42] = 0x07;
	c[0x50] = 0x11, c[0x51] = 0x60, c[0x52] = 0x04;
	c[0x60] = 0x13, c[0x61] = 0x00, c[0x62] = 6, c[0x63] = 0x03;
}

TEST(interrupts_and_resets_are_counted)
{
	unsigned char config[256];
	struct capabilities c;

	make_interrupts(config);
	c = parse(config, sizeof(config));
	CHECK(c.is_known && c.is_complete && !c.is_pcie && c.is_multifunction && c.has_interrupt_pin);
	CHECK(c.msi_vectors == 8 && c.msi_enabled && c.msix_vectors == 5 && !c.msix_enabled && c.has_flr);
	config[0x42] = 0x0f;                         /* 2^7 is reserved */
	config[0x53] = 0x87, config[0x52] = 0xff;    /* the largest table */
	config[0x63] = 0x02;                         /* FLR without TP: the kernel does not trust it */
	c = parse(config, sizeof(config));
	CHECK(c.msi_vectors == 32 && c.msix_vectors == 2048 && c.msix_enabled && !c.has_flr);
	/* A user reads the header alone. */
	c = parse(config, 64);
	CHECK(!c.is_known && c.is_multifunction && c.has_interrupt_pin && !c.msi_vectors && !c.msix_vectors);
	c = parse(config, 63);
	CHECK(!c.is_known && !c.is_multifunction);
}

TEST(the_sriov_capability_says_how_many_there_could_be)
{
	unsigned char config[4096];

	make_config(config);
	config[0x142] = 0x01, config[0x143] = 0x18;  /* the serial number is not the last any more */
	config[0x180] = 0x10, config[0x182] = 0x01, config[0x18e] = 0x40;
	CHECK(parse(config, sizeof(config)).sriov_vfs == 64);
	CHECK(parse(config, 256).sriov_vfs == 0);
}

TEST(an_unprogrammed_serial_number_is_none)
{
	unsigned char config[4096];

	make_config(config);
	memset(config + 0x144, 0, 8);
	CHECK(!parse(config, sizeof(config)).has_serial);
	memset(config + 0x144, 0xff, 8);
	CHECK(!parse(config, sizeof(config)).has_serial);
}

TEST(lists_that_end_in_themselves_or_nowhere_come_to_an_end)
{
	unsigned char config[4096];

	for (size_t size = 0; size <= 4096; size += size < 320 ? 1 : 97) {
		make_config(config);
		parse(config, size);
	}
	make_config(config);
	config[0x41] = 0x40;                         /* next is itself */
	config[0x142] = 0x01, config[0x143] = 0x10;  /* back to 0x100 */
	CHECK(parse(config, sizeof(config)).has_acs);
	config[0x34] = 0xff, config[0x103] = 0xff;
	parse(config, sizeof(config));
	memset(config, 0xff, sizeof(config));
	CHECK(!parse(config, sizeof(config)).has_serial);
	srandom(1);
	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(config); i++)
			config[i] = (unsigned char)random();
		config[0x06] |= 0x10;
		parse(config, round % 3 ? sizeof(config) : 256);
	}
}

TEST_MAIN()
