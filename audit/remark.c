/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remarks on kernel arguments: those that harm, that do nothing, or that one should know of. */

#include <errno.h>
#include <string.h>

#include "audit/remark.h"
#include "common/cleanup.h"
#include "common/text.h"

enum where { ANYWHERE, NOT_ON_INTEL, NOT_ON_AMD, ON_S390 };

#define ON "\1"   /* any value that a yes-or-no parameter takes for yes */
#define ANY "\2"  /* whatever the value */
#define UNSAFE "gives devices away without interrupt remapping: a guest can send the host any interrupt"
#define UNMAPPED "switches interrupt remapping off: a guest's device can send the host any interrupt"

/*
 * Documentation/admin-guide/kernel-parameters.txt names the values that exist. No versions stand here: where kernels
 * differ, the reason says so.
 */
static const struct rule {
	const char *name, *word;  /* word: one of the value's words between commas; one that ends in '=' may go on as it likes */
	enum where where;
	enum verdict verdict;
	const char *reason;
} rules[] = {
	/* The first one that fits is said: what has no effect can do no harm. */
	{ "amd_iommu", ANY, NOT_ON_AMD, VERDICT_WARN, "has no effect on this CPU" },
	{ "intel_iommu", ANY, NOT_ON_INTEL, VERDICT_WARN, "has no effect on this CPU" },
	{ "iommu", ANY, ON_S390, VERDICT_WARN, "has no effect on this CPU" },
	{ "amd_iommu", "on", ANYWHERE, VERDICT_WARN, "there is no such value: AMD's IOMMU is on wherever the firmware offers it" },
	{ "amd_iommu", "pt", ANYWHERE, VERDICT_WARN, "there is no such value (iommu=pt was meant, and is not needed either)" },
	{ "amd_iommu", "off", ANYWHERE, VERDICT_FAIL, "switches the IOMMU off" },
	{ "intel_iommu", "off", ANYWHERE, VERDICT_FAIL, "switches the IOMMU off" },
	{ "intel_iommu", "pt", ANYWHERE, VERDICT_WARN, "there is no such value (iommu=pt was meant, and is not needed either)" },
	{ "intel_iommu", "igfx_off", ANYWHERE, VERDICT_WARN, "leaves the graphics of the CPU outside the IOMMU: no guest can be given them" },
	{ "iommu", "off", ANYWHERE, VERDICT_FAIL, "switches the IOMMU off" },
	{ "iommu", "soft", ANYWHERE, VERDICT_WARN, "asks for bounce buffers in the IOMMU's place: meant for hosts whose IOMMU is broken" },
	{ "iommu", "on", ANYWHERE, VERDICT_WARN, "there is no such value: the IOMMU's driver has an argument of its own" },
	{ "iommu", "1", ANYWHERE, VERDICT_WARN, "there is no such value: the IOMMU's driver has an argument of its own" },
	{ "iommu", "pt", ANYWHERE, VERDICT_WARN, "lets the host's devices past the IOMMU: passthrough does not need it" },
	{ "iommu.passthrough", ON, ANYWHERE, VERDICT_WARN, "lets the host's devices past the IOMMU: passthrough does not need it" },
	{ "swiotlb", "force", ANYWHERE, VERDICT_WARN, "sends every transfer of the host's devices through a bounce buffer: slow" },
	{ "acpi", "off", ANYWHERE, VERDICT_FAIL, "hides the firmware's tables: the kernel finds no IOMMU" },
	{ "noapic", ANY, ANYWHERE, VERDICT_FAIL, "switches the I/O APIC off, and interrupt remapping with it" },
	{ "nolapic", ANY, ANYWHERE, VERDICT_FAIL, "switches the CPU's interrupt controller off: no MSI, and one CPU only" },
	{ "intremap", "off", ANYWHERE, VERDICT_FAIL, UNMAPPED },
	{ "nointremap", ANY, ANYWHERE, VERDICT_FAIL, UNMAPPED },
	{ "intremap", "nosid", ANYWHERE, VERDICT_WARN, "lets an interrupt pass whichever device sent it" },
	{ "vfio_iommu_type1.allow_unsafe_interrupts", ON, ANYWHERE, VERDICT_FAIL, UNSAFE },
	{ "iommufd.allow_unsafe_interrupts", ON, ANYWHERE, VERDICT_FAIL, UNSAFE },
	{ "kvm.allow_unsafe_assigned_interrupts", ANY, ANYWHERE, VERDICT_WARN, "belonged to KVM's own way of device assignment, which vfio replaced" },
	{ "vfio.enable_unsafe_noiommu_mode", ON, ANYWHERE, VERDICT_FAIL, "gives devices away without an IOMMU: they reach all memory" },
	{ "pcie_acs_override", ANY, ANYWHERE, VERDICT_FAIL,
	  "is in no mainline kernel; a kernel patched for it claims groups to be apart that the hardware leaves together" },
	{ "pci", "off", ANYWHERE, VERDICT_FAIL, "hides all PCI devices" },
	{ "pci", "nommconf", ANYWHERE, VERDICT_FAIL, "hides the extended configuration space: no ACS and no SR-IOV" },
	{ "pci", "nomsi", ANYWHERE, VERDICT_FAIL, "leaves devices without MSI: slow, and no SR-IOV" },
	{ "pci", "disable_acs_redir=", ANYWHERE, VERDICT_WARN, "lets the devices below these ports reach each other: their groups become one" },
	{ "pci", "noari", ANYWHERE, VERDICT_WARN, "leaves devices with fewer virtual functions than they could have" },
	{ "pci", "noats", ANYWHERE, VERDICT_PASS, "devices do not cache translations: slower for those that could" },
	{ "mitigations", "off", ANYWHERE, VERDICT_WARN, "a guest may read the host's memory through flaws of the CPU" },
	{ "pci_stub.ids", ANY, ANYWHERE, VERDICT_PASS, "pci-stub only holds its devices back; vfio-pci.ids= would bind them right away" },
	{ "vfio_pci.disable_denylist", ON, ANYWHERE, VERDICT_WARN, "also binds devices that are known to misbehave with vfio" },
	{ "vfio_pci.disable_idle_d3", ON, ANYWHERE, VERDICT_PASS, "keeps unused devices at full power" },
	{ "vfio_pci.nointxmask", ON, ANYWHERE, VERDICT_PASS, "gives a device an interrupt line of its own, or refuses it" },
	{ "kvm.ignore_msrs", ON, ANYWHERE, VERDICT_PASS, "guests do not hear of registers that KVM does not know" },
	{ "nomodeset", ANY, ANYWHERE, VERDICT_PASS, "keeps display drivers away; the boot framebuffer stays on its card all the same" },
	{ "video", "efifb:off", ANYWHERE, VERDICT_WARN,
	  "has no effect where the kernel's sysfb sets up the boot framebuffer (simplefb), as newer kernels do" },
	{ "video", "vesafb:off", ANYWHERE, VERDICT_WARN,
	  "has no effect where the kernel's sysfb sets up the boot framebuffer (simplefb), as newer kernels do" },
	{ "initcall_blacklist", "sysfb_init", ANYWHERE, VERDICT_PASS,
	  "is meant to keep the boot framebuffer off a card; newer kernels may set it up regardless" },
};

/* For a module's parameter the last one counts, for these options the last of the words. */
static const struct {
	const char *name;
	const char *words[2];  /* of which the later one wins; NULL: every value replaces the one before */
	const char *reason;
} repeated[] = {
	{ "vfio_pci.ids", { NULL, NULL }, "a later vfio-pci.ids= replaces it: its devices are not bound" },
	{ "intel_iommu", { "on", "off" }, "a later intel_iommu= takes it back" },
};

void remarks_done(struct remarks *r)
{
	free(r->list);
	*r = (struct remarks){};
}

static int add(struct remarks *r, const char *argument, enum verdict verdict, const char *reason)
{
	struct remark *grown = realloc(r->list, (r->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->list = grown;
	r->list[r->n++] = (struct remark){ .argument = argument, .verdict = verdict, .reason = reason };
	return 0;
}

/* The kernel looks at the first letter, and behind an o at the second (lib/kstrtox.c, kstrtobool()); without a value it is on. */
static bool is_on(const char *value)
{
	if (*value == 'o' || *value == 'O')
		return value[1] == 'n' || value[1] == 'N';
	return !*value || strchr("yYtT1", *value);
}

static bool applies(enum where where, enum cpu_vendor vendor, const char *iommu_table)
{
	/* QEMU offers Intel's IOMMU to guests with an AMD CPU, too. Of CPUs that we do not know nothing is said. */
	if (where == NOT_ON_INTEL && vendor == CPU_AMD)
		return !str_eq(iommu_table, "DMAR");
	if (where == NOT_ON_AMD && vendor == CPU_INTEL)
		return true;
	return where == ANYWHERE || vendor == CPU_S390;
}

static bool has_word_beginning(const char *value, const char *word)
{
	for (const char *s = value; !str_starts(s, word); s++) {
		s = strchr(s, ',');
		if (!s)
			return false;
	}
	return true;
}

/* vfio-pci.ids=1:2,3:4,1:2 */
static bool has_double(const char *value)
{
	for (const char *a = value; *a; a += strcspn(a, ","), a += *a == ',') {
		size_t n = strcspn(a, ",");

		for (const char *b = a + n; *b; b += strcspn(b, ",")) {
			b++;
			if (n && strcspn(b, ",") == n && strncmp(a, b, n) == 0)
				return true;
		}
	}
	return false;
}

/* `one` is the argument alone, so that every question about it is asked of a command line. */
static bool matches(const struct rule *rule, const struct cmdline *one)
{
	const char *value = cmdline_value(one, rule->name);

	if (!value)
		return false;
	if (str_eq(rule->word, ANY))
		return true;
	if (rule->word[strlen(rule->word) - 1] == '=')
		return has_word_beginning(value, rule->word);
	return str_eq(rule->word, ON) ? is_on(value) : cmdline_value_has(one, rule->name, rule->word);
}

static bool is_taken_back(const struct cmdline *one, const struct cmdline *later, size_t which)
{
	const char *name = repeated[which].name, *const *words = repeated[which].words;

	if (!cmdline_value(one, name))
		return false;
	if (!words[0])
		return cmdline_value(later, name) != NULL;
	return (cmdline_value_has(one, name, words[0]) && cmdline_value_has(later, name, words[1])) ||
	       (cmdline_value_has(one, name, words[1]) && cmdline_value_has(later, name, words[0]));
}

/* arch/s390/kvm/kvm-s390.c, kvm_s390_init(): the module does not load with both. */
static bool keeps_kvm_out(const struct cmdline *one, const struct cmdline *all)
{
	const char *nested = cmdline_value(all, "kvm.nested"), *huge = cmdline_value(one, "kvm.hpage");

	return nested && huge && is_on(nested) && is_on(huge);
}

int remarks_find(const struct cmdline *c, enum cpu_vendor vendor, const char *iommu_table, struct remarks *ret)
{
	_cleanup_(remarks_done) struct remarks remarks = {};

	for (char **a = c->arguments; a && *a; a++) {
		const struct cmdline one = { .arguments = (char *[]){ *a, NULL } }, later = { .arguments = a + 1 };
		const char *ids = cmdline_value(&one, "vfio_pci.ids");
		bool is_said = ids && has_double(ids);

		if (is_said && add(&remarks, *a, VERDICT_WARN, "names an id twice") < 0)
			return -ENOMEM;
		if (vendor == CPU_S390 && keeps_kvm_out(&one, c)) {
			is_said = true;
			if (add(&remarks, *a, VERDICT_FAIL, "with kvm.nested=1 beside it KVM does not load at all: keep one of the two") < 0)
				return -ENOMEM;
		}
		for (size_t i = 0; i < ARRAY_SIZE(repeated) && !is_said; i++) {
			is_said = is_taken_back(&one, &later, i);
			if (is_said && add(&remarks, *a, VERDICT_WARN, repeated[i].reason) < 0)
				return -ENOMEM;
		}
		for (size_t i = 0; i < ARRAY_SIZE(rules) && !is_said; i++) {
			is_said = applies(rules[i].where, vendor, iommu_table) && matches(&rules[i], &one);
			if (is_said && add(&remarks, *a, rules[i].verdict, rules[i].reason) < 0)
				return -ENOMEM;
		}
	}
	*ret = TAKE(remarks);
	return 0;
}
