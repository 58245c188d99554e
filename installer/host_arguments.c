/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel arguments that a host needs for what is wished, and those that stand in the way. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/backend_modules.h"
#include "installer/host_arguments.h"
#include "installer/sections/section.h"

#define SWITCH_ARGUMENT "slipway.bind=1"
#define IDS_ARGUMENT "vfio-pci.ids"

/* The administrator's arguments of this name whose value holds this word, or of any value for NULL. */
static int add_unwanted(const struct cmdline *foreign, const char *name, const char *word, char ***unwanted)
{
	int r = 0;

	for (char **a = foreign->arguments; a && *a && r >= 0; a++) {
		struct cmdline one = { .arguments = (char *[]){ *a, NULL } };

		if ((word ? cmdline_value_has(&one, name, word) : cmdline_value(&one, name) != NULL) && !strv_contains(*unwanted, *a))
			r = strv_add(unwanted, *a);
	}
	return r;
}

static const struct kernel_config *config_of(const struct host *host)
{
	return host->kernel.next_config.path ? &host->kernel.next_config : &host->kernel.config;
}

/* An image: no machine is to be seen. */
static bool is_blank(const struct host *host)
{
	return !host->is_live && !host->cpu.n_cpus && !host->firmware.iommu_table;
}

bool host_hides_its_iommu(const struct host *host)
{
	return is_blank(host) && !config_of(host)->path;
}

/* An image says nothing of the CPU that it will run on; its kernel does, whether it knows Intel's IOMMU. On another CPU the argument is idle. */
static bool may_run_on_intel(const struct host *host)
{
	const struct kernel_config *c = config_of(host);

	return is_blank(host) && c->path && c->values[CONFIG_OPTION_INTEL_IOMMU] == 'y' && c->values[CONFIG_OPTION_INTEL_IOMMU_DEFAULT_ON] != 'y';
}

/* Arguments that switch an IOMMU off, whoever's it is: of another vendor's they are no harm, and stay. */
static int add_iommu_unwanted(const struct host *host, const struct cmdline *foreign, char ***unwanted)
{
	bool is_intel = host->cpu.vendor == CPU_INTEL || str_eq(host->firmware.iommu_table, "DMAR") || may_run_on_intel(host);
	bool is_amd = host->cpu.vendor == CPU_AMD || str_eq(host->firmware.iommu_table, "IVRS");
	int r = 0;

	if (is_intel)
		r = add_unwanted(foreign, "intel_iommu", "off", unwanted);
	if (r >= 0 && is_amd)
		r = add_unwanted(foreign, "amd_iommu", "off", unwanted);
	if (r >= 0 && (is_intel || is_amd))
		r = add_unwanted(foreign, "iommu", "off", unwanted);
	return r;
}

/* What the IOMMU needs on this CPU: nothing where it is on, and nothing on AMD, where it is on wherever IVRS is. */
static int add_iommu_wanted(const struct host *host, const struct cmdline *foreign, char ***wanted)
{
	bool switched_off = cmdline_value_has(foreign, "intel_iommu", "off");

	if (host->cpu.vendor != CPU_INTEL && !str_eq(host->firmware.iommu_table, "DMAR") && !may_run_on_intel(host))
		return 0;
	if (!switched_off && (host->iommu.n_groups || host->kernel.iommu_default_on == TRUTH_YES) &&
	    !cmdline_has(&host->kernel.running, "intel_iommu=on"))
		return 0;
	/* On because of an argument of the administrator's: his stays, and ours is not needed. */
	if (!switched_off && cmdline_value_has(foreign, "intel_iommu", "on"))
		return 0;
	return strv_add(wanted, "intel_iommu=on");
}

/*
 * "vfio-pci.ids=8086:5845,...": the administrator's own come first, since a later occurrence replaces an earlier one, and
 * the command line replaces what modprobe's files say.
 */
static int add_ids(const struct host *host, const struct cmdline *foreign, char *const *own, struct argument_wish *wish)
{
	const char *present = cmdline_value(foreign, IDS_ARGUMENT);
	_cleanup_(strv_freep) char **ids = NULL;
	_cleanup_free_ char *in_file = NULL;
	const struct modprobe_line *line;
	_cleanup_free_ char *joined = NULL;
	bool is_new = false;
	int r = 0;

	if (!present) {
		r = modules_ids(host, &in_file, &line);
		present = in_file;
	}
	if (r >= 0 && present)
		r = strv_split(present, ",", &ids);
	for (char *const *id = own; id && *id && r >= 0; id++) {
		if (strv_contains(ids, *id))
			continue;
		is_new = true;
		r = strv_add(&ids, *id);
	}
	if (r < 0 || !is_new)
		return r;
	r = add_unwanted(foreign, IDS_ARGUMENT, NULL, &wish->unwanted);
	joined = r < 0 ? NULL : strv_join(ids, ",");
	return joined ? strv_consume(&wish->wanted, text_format(IDS_ARGUMENT "=%s", joined)) : -ENOMEM;
}

static int add_nested(const struct host *host, bool on, const struct cmdline *foreign, char ***wanted)
{
	_cleanup_free_ char *argument = modules_nested_argument(host, on);

	if (!argument)
		return -ENOMEM;
	return !modules_nested_is_builtin(host) || cmdline_has(foreign, argument) ? 0 : strv_add(wanted, argument);
}

int host_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, char *const *ids, bool binds,
		   struct argument_wish *ret)
{
	_cleanup_(argument_wish_done) struct argument_wish wish = {};
	int r = 0;

	if (wishes->iommu_on || binds) {
		r = add_iommu_unwanted(host, foreign, &wish.unwanted);
		if (r >= 0)
			r = add_iommu_wanted(host, foreign, &wish.wanted);
	}
	if (r >= 0 && binds)
		r = strv_add(&wish.wanted, SWITCH_ARGUMENT);
	if (r >= 0)
		r = add_ids(host, foreign, ids, &wish);
	if (r >= 0 && (wishes->nested || wishes->nested_off))
		r = add_nested(host, wishes->nested, foreign, &wish.wanted);
	if (r >= 0)
		r = sections_arguments(host, wishes, foreign, &wish);
	for (char **a = wishes->arguments; a && *a && r >= 0; a++)
		if (!cmdline_has(foreign, *a) && !strv_contains(wish.wanted, *a))
			r = strv_add(&wish.wanted, *a);
	if (r < 0)
		return r;
	*ret = TAKE(wish);
	return 0;
}

/* As a number, which these parameters are. */
static bool is_on(const struct cmdline *foreign, const struct argument_wish *wish, const char *name, bool *asked)
{
	const struct cmdline wanted = { .arguments = wish->wanted };
	const char *value = cmdline_value(&wanted, name);

	*asked = *asked || value;
	if (!value)
		value = cmdline_value(foreign, name);
	return value && *value && !str_eq(value, "0");
}

bool host_arguments_keep_kvm_out(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, const struct argument_wish *wish)
{
	bool asked = wishes->nested, huge = is_on(foreign, wish, "kvm.hpage", &asked), nested = is_on(foreign, wish, "kvm.nested", &asked);

	return host->cpu.vendor == CPU_S390 && asked && huge && (nested || wishes->nested) && !wishes->nested_off;
}
