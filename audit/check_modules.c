/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of modprobe's configuration: is a module blocked that passthrough needs, and which options of vfio-pci count? */

#include <string.h>

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

static const char *const needed[] = { "vfio", "vfio_pci", "vfio_pci_core", "vfio_iommu_type1", "iommufd", "kvm", "kvm_intel", "kvm_amd" };

static bool is_needed(const struct host *host, const char *module)
{
	if ((str_eq(module, "kvm_intel") && host->cpu.vendor != CPU_INTEL) || (str_eq(module, "kvm_amd") && host->cpu.vendor != CPU_AMD))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (str_eq(needed[i], module))
			return true;
	return false;
}

/* "install vfio-pci /bin/false", or true: a way to forbid that works against every loading. Other commands load it in the end. */
static bool is_refusal(const char *command)
{
	size_t n = strcspn(command, " \t");
	const char *base = command;

	for (const char *s = command; s < command + n; s++)
		if (*s == '/')
			base = s + 1;
	n -= (size_t)(base - command);
	return (n == 5 && strncmp(base, "false", n) == 0) || (n == 4 && strncmp(base, "true", n) == 0) || (n == 1 && *base == ':');
}

/* The kernel's own list forbids a module for good; modprobe's only keeps it from being loaded for a device that is found. */
static void take_list(const struct host *host, struct report *report, struct finding *f, const char *name, unsigned *count)
{
	const char *value = cmdline_value(&host->kernel.running, name);
	_cleanup_(strv_freep) char **modules = NULL;

	if (!value || strv_split(value, ",", &modules) < 0)
		return;
	for (char **module = modules; module && *module; module++) {
		for (char *c = *module; *c; c++)
			if (*c == '-')
				*c = '_';
		if (!is_needed(host, *module))
			continue;
		finding_evidence(report, f, "/proc/cmdline", "%s=%s", name, *module);
		++*count;
	}
}

void check_kernel_modules_blocked(const struct host *host, struct report *report, struct finding *f)
{
	const struct modprobe *m = &host->kernel.modprobe;
	unsigned forbidden = 0, listed = 0;

	take_list(host, report, f, "module_blacklist", &forbidden);
	take_list(host, report, f, "modprobe.blacklist", &listed);
	for (size_t i = 0; i < m->n; i++) {
		const struct modprobe_line *line = &m->list[i];
		bool is_install = line->kind == MODPROBE_INSTALL && is_refusal(line->value);
		_cleanup_free_ char *where = NULL;

		if ((!is_install && line->kind != MODPROBE_BLACKLIST) || !is_needed(host, line->module))
			continue;
		where = text_format("/%s:%u", line->file, line->number);
		if (!where)
			report->failed = true;
		else
			finding_evidence(report, f, where, "%s %s%s%s", is_install ? "install" : "blacklist", line->module,
					 *line->value ? " " : "", line->value);
		forbidden += is_install;
		listed += !is_install;
	}
	if (!m->is_known && !host->kernel.running_known) {
		finding_set(report, f, VERDICT_UNKNOWN, "neither a folder modprobe.d nor the kernel's command line can be read");
	} else if (forbidden) {
		finding_set(report, f, VERDICT_FAIL, "modules that passthrough needs are forbidden");
		finding_remedy(report, f, "remove the lines and arguments named above, rebuild the initramfs, and reboot");
	} else if (listed) {
		finding_set(report, f, VERDICT_WARN, "modules that passthrough needs are not loaded by themselves");
		finding_remedy(report, f, "remove the lines and arguments named above, unless something else loads these modules");
	} else {
		finding_set(report, f, VERDICT_PASS, "no module that passthrough needs is blocked");
	}
}

struct ids {
	char *path, *value;   /* of the occurrence that counts until now */
	unsigned n;
};

static void ids_done(struct ids *ids)
{
	free(ids->path);
	free(ids->value);
}

static void take_ids(struct ids *ids, struct report *report, struct finding *f, const char *path, const char *value)
{
	char *copy = strdup(path), *text = strdup(value);

	ids_done(ids);
	ids->path = copy;
	ids->value = text;
	ids->n++;
	if (!copy || !text)
		report->failed = true;
	finding_evidence(report, f, path, "ids=%s", value);
}

/* kmod reads "pre:" and "post:" as words of their own: "pre:vfio-pci" is neither, and says nothing. */
static bool is_softdep_slip(const struct modprobe_line *line)
{
	return line->kind == MODPROBE_SOFTDEP &&
	       ((str_starts(line->value, "pre:") && line->value[4] && line->value[4] != ' ' && line->value[4] != '\t') ||
		(str_starts(line->value, "post:") && line->value[5] && line->value[5] != ' ' && line->value[5] != '\t'));
}

static void take_line(const struct modprobe_line *line, struct report *report, struct finding *f, struct ids *ids, unsigned *slips)
{
	_cleanup_free_ char *where = text_format("/%s:%u", line->file, line->number), *value = NULL;

	if (!where) {
		report->failed = true;
	} else if (is_softdep_slip(line) && strstr(line->value, "vfio")) {
		finding_evidence(report, f, where, "softdep %s %s: without a blank behind the colon this has no effect", line->module, line->value);
		++*slips;
	} else if (line->kind == MODPROBE_OPTIONS && modprobe_names(line, "vfio_pci")) {
		if (modprobe_option(line, "ids", &value) < 0)
			report->failed = true;
		else if (value)
			take_ids(ids, report, f, where, value);
	}
}

/* What modprobe hands over stands in the order of its files, with the command line's behind: the kernel takes the last ids=. */
void check_kernel_vfio_options(const struct host *host, struct report *report, struct finding *f)
{
	const struct kernel *k = &host->kernel;
	bool is_builtin = k->vfio_pci == MODULE_BUILTIN;
	_cleanup_(ids_done) struct ids ids = {};
	unsigned slips = 0, in_files;
	const char *value;

	for (size_t i = 0; i < k->modprobe.n; i++)
		take_line(&k->modprobe.list[i], report, f, &ids, &slips);
	in_files = ids.n;
	for (char **a = k->running.arguments; a && *a; a++) {
		const struct cmdline one = { .arguments = (char *[]){ *a, NULL } };

		value = cmdline_value(&one, "vfio_pci.ids");
		if (value)
			take_ids(&ids, report, f, "/proc/cmdline", value);
	}
	if (!k->modprobe.is_known && !k->running_known) {
		finding_set(report, f, VERDICT_UNKNOWN, "neither a folder modprobe.d nor the kernel's command line can be read");
	} else if (is_builtin && in_files) {
		finding_set(report, f, VERDICT_WARN, "vfio-pci is built into this kernel: its options in modprobe.d have no effect");
		finding_remedy(report, f, "put vfio-pci.ids= on the kernel's command line, or let slipway plan --passthrough do it");
	} else if (ids.n > 1) {
		finding_set(report, f, VERDICT_WARN, "%u lists of ids for vfio-pci, of which only the last counts (%s): ids=%s", ids.n, ids.path,
			    ids.value);
		finding_remedy(report, f, "write one list with all ids, separated by commas");
	} else if (slips) {
		finding_set(report, f, VERDICT_WARN, "a softdep on vfio-pci is written so that it has no effect");
		finding_remedy(report, f, "put a blank behind pre: and post:");
	} else {
		finding_set(report, f, VERDICT_PASS, "%s list of ids for vfio-pci", ids.n ? "one" : "no");
	}
}
