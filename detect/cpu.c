/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU: who made it, and can it run guests in hardware (VMX, SVM, SIE)? */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/cpuset.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/cpu.h"
#include "detect/cpu_live.h"

/* The flag vanishes when the firmware locks virtualization, so the vendor decides which one to look for. */
static const struct {
	const char *vendor_id;
	enum cpu_vendor vendor;
	const char *flag;
} vendors[] = {
	{ "GenuineIntel", CPU_INTEL, "vmx" },
	{ "CentaurHauls", CPU_INTEL, "vmx" },
	{ "  Shanghai  ", CPU_INTEL, "vmx" },
	{ "Shanghai", CPU_INTEL, "vmx" },
	{ "AuthenticAMD", CPU_AMD, "svm" },
	{ "HygonGenuine", CPU_AMD, "svm" },
	{ "IBM/S390", CPU_S390, "sie" },
};

void cpu_done(struct cpu *cpu)
{
	free(cpu->vendor_id);
	free(cpu->model);
	free(cpu->first);
	*cpu = (struct cpu){};
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = words; (s = strstr(s, word)); s += n)
		if ((s == words || s[-1] == ' ' || s[-1] == '\t') && (s[n] == ' ' || s[n] == '\0'))
			return true;
	return false;
}

static int set_once(char **field, const char *value)
{
	if (*field)
		return 0;
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static void set_vendor(struct cpu *cpu, const char *vendor_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (str_eq(vendors[i].vendor_id, vendor_id)) {
			cpu->vendor = vendors[i].vendor;
			cpu->flag = vendors[i].flag;
			return;
		}
}

static int parse_field(struct cpu *cpu, const char *key, const char *value)
{
	int r = 0;

	if (str_eq(key, "processor")) {
		cpu->n_cpus++;
	} else if (str_eq(key, "vendor_id")) {
		set_vendor(cpu, value);
		r = set_once(&cpu->vendor_id, value);
	} else if (str_eq(key, "model name")) {
		r = set_once(&cpu->model, value);
	} else if (str_eq(key, "flags") && cpu->flag) {
		cpu->n_capable += has_word(value, cpu->flag);
		cpu->is_guest |= has_word(value, "hypervisor");
	} else if (str_eq(key, "# processors")) {
		/* s390x gives one count and one list of features for the whole machine. */
		r = parse_unsigned(value, &cpu->n_cpus);
	} else if (str_eq(key, "features") && cpu->vendor == CPU_S390) {
		cpu->n_capable = has_word(value, "sie") ? cpu->n_cpus : 0;
		/* "sie" came to this list after "vx": a kernel that prints neither may not know the word. */
		cpu->flag_unprintable = !cpu->n_capable && !has_word(value, "vx");
	}
	return r;
}

int cpu_parse(const char *text, struct cpu *ret)
{
	_cleanup_(cpu_done) struct cpu cpu = {};
	_cleanup_free_ char *copy = strdup(text);
	const char *end = strstr(text, "\n\n");
	char *save = NULL;
	int r;

	cpu.first = strndup(text, end ? (size_t)(end - text) : strlen(text));
	if (!copy || !cpu.first)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon = '\0';
		r = parse_field(&cpu, str_trim(line), str_trim(colon + 1));
		if (r < 0)
			return r;
	}
	/* A text that is cut or repeated must not make more CPUs capable than there are. */
	if (cpu.n_capable > cpu.n_cpus)
		cpu.n_capable = cpu.n_cpus;
	*ret = TAKE(cpu);
	return 0;
}

static void read_count(int root_fd, const char *name, unsigned *ret)
{
	_cleanup_free_ char *list = NULL;
	struct cpuset cpus;

	*ret = fs_read_line(root_fd, &list, "sys/devices/system/cpu/%s", name) >= 0 && cpuset_parse(list, &cpus) >= 0 ? cpuset_count(&cpus) : 0;
}

static void read_nested(int root_fd, struct cpu *cpu)
{
	static const char *const modules[] = { "kvm_intel", "kvm_amd", "kvm" };

	for (size_t i = 0; i < ARRAY_SIZE(modules) && !cpu->nested_module; i++) {
		_cleanup_free_ char *value = NULL;

		if (fs_read_line(root_fd, &value, "sys/module/%s/parameters/nested", modules[i]) < 0)
			continue;
		cpu->nested_module = modules[i];
		cpu->nested = str_eq(value, "Y") || str_eq(value, "1") ? TRUTH_YES : TRUTH_NO;
	}
}

/* The register knows best; the kernel's flag comes next, since it takes the firmware's lock into account; then the CPU's word. */
enum virtualization cpu_virtualization(const struct cpu *cpu)
{
	if (!cpu->flag || !cpu->n_cpus)
		return VIRTUALIZATION_UNKNOWN;
	if (cpu->msr_locked == TRUTH_YES && cpu->cpuid_has != TRUTH_NO)
		return VIRTUALIZATION_LOCKED;
	if (cpu->n_capable >= cpu->n_cpus)
		return VIRTUALIZATION_AVAILABLE;
	if (cpu->n_capable)
		return VIRTUALIZATION_PARTIAL;
	if (cpu->flag_unprintable)
		return VIRTUALIZATION_UNKNOWN;
	if (cpu->cpuid_has == TRUTH_YES)
		return VIRTUALIZATION_LOCKED;
	return cpu->cpuid_has == TRUTH_NO || cpu->vendor == CPU_S390 ? VIRTUALIZATION_ABSENT : VIRTUALIZATION_UNKNOWN;
}

const char *virtualization_name(enum virtualization v)
{
	static const char *const names[] = {
		[VIRTUALIZATION_UNKNOWN] = "unknown", [VIRTUALIZATION_AVAILABLE] = "available", [VIRTUALIZATION_PARTIAL] = "partial",
		[VIRTUALIZATION_LOCKED] = "locked",   [VIRTUALIZATION_ABSENT] = "absent",
	};

	return names[v];
}

int cpu_read(int root_fd, bool live, struct cpu *ret)
{
	_cleanup_(cpu_done) struct cpu cpu = {};
	_cleanup_free_ char *text = NULL;
	int r;

	r = fs_read(root_fd, &text, NULL, "proc/cpuinfo");
	if (r >= 0)
		r = cpu_parse(text, &cpu);
	if (r < 0)
		return r;
	read_count(root_fd, "present", &cpu.n_present);
	read_count(root_fd, "offline", &cpu.n_offline);
	read_nested(root_fd, &cpu);
	if (live) {
		cpu.cpuid_has = cpuid_has_virtualization(cpu.vendor);
		cpu.msr_locked = msr_is_locked(root_fd, cpu.vendor);
	}
	*ret = TAKE(cpu);
	return 0;
}
