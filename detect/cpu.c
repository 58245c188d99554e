/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU: who made it, and can it run guests in hardware (VMX, SVM, SIE)? */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/cpu.h"

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
	char *save = NULL;
	int r;

	if (!copy)
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

int cpu_read(int root_fd, struct cpu *ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = fs_read(root_fd, &text, NULL, "proc/cpuinfo");
	if (r < 0)
		return r;
	return cpu_parse(text, ret);
}
