/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and order of kernel modules: one file of slipway's own in /etc/modprobe.d. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/vfio_driver.h"
#include "installer/backend_modules.h"

/* Last in the order of the files' names, since a later option replaces an earlier one (modprobe.d(5)). */
#define FILE_PATH "etc/modprobe.d/zz-slipway.conf"
#define HEAD "# Written by slipway; 'slipway rollback' takes it away.\n"

static bool is_ours(const struct modprobe_line *line)
{
	return str_eq(line->file, FILE_PATH);
}

int modules_ids(const struct host *host, char **ret, const struct modprobe_line **ret_line)
{
	const struct modprobe *m = &host->kernel.modprobe;

	*ret = NULL;
	*ret_line = NULL;
	for (size_t i = m->n; i > 0 && host->kernel.vfio_pci != MODULE_BUILTIN; i--) {
		const struct modprobe_line *line = &m->list[i - 1];

		if (line->kind != MODPROBE_OPTIONS || !modprobe_names(line, "vfio_pci") || is_ours(line))
			continue;
		if (modprobe_option(line, "ids", ret) < 0)
			return -ENOMEM;
		if (*ret) {
			*ret_line = line;
			return 0;
		}
	}
	return 0;
}

/* What five lines of ids= do is not what they look like: one counts, and where slipway sets the argument, none does. */
static int report_ids(const struct host *host)
{
	const struct modprobe *m = &host->kernel.modprobe;
	const struct modprobe_line *last;
	_cleanup_free_ char *counts = NULL;

	if (modules_ids(host, &counts, &last) < 0)
		return log_oom();
	for (size_t i = 0; last && i < m->n; i++) {
		const struct modprobe_line *line = &m->list[i];
		_cleanup_free_ char *value = NULL;

		if (line->kind != MODPROBE_OPTIONS || !modprobe_names(line, "vfio_pci") || is_ours(line))
			continue;
		if (modprobe_option(line, "ids", &value) < 0)
			return log_oom();
		if (value && line != last)
			log_warning("/%s:%u: ids=%s has no effect, now or later: only the last such line counts, /%s:%u", line->file,
				    line->number, value, last->file, last->number);
	}
	if (last)
		log_warning("/%s:%u: ids=%s is kept: it goes into the kernel argument vfio-pci.ids=, which counts in its place", last->file,
			    last->number, counts);
	return 0;
}

/* The modules, each once, that drive one of these devices under one of the installed kernels. */
static int find_drivers(const struct host *host, struct device *const *by_ids, size_t n, char ***ret)
{
	_cleanup_(strv_freep) char **drivers = NULL;
	int r = 0;

	for (char **release = host->kernel.installed; release && *release && r >= 0; release++) {
		if (module_find_installed(host->root_fd, *release, "vfio_pci") != MODULE_FILE)
			continue;
		for (size_t i = 0; i < n && r >= 0; i++)
			r = host_modules_add(host->root_fd, *release, by_ids[i]->modalias, &drivers);
	}
	if (r < 0)
		return r;
	strv_sort(drivers);
	*ret = TAKE(drivers);
	return 0;
}

static const char *kvm_module(const struct host *host)
{
	switch (host->cpu.vendor) {
	case CPU_INTEL:
		return "kvm_intel";
	case CPU_AMD:
		return "kvm_amd";
	default:
		return "kvm"; /* s390x */
	}
}

char *modules_nested_argument(const struct host *host, bool on)
{
	return text_format("%s.nested=%d", kvm_module(host), on);
}

bool modules_nested_is_builtin(const struct host *host)
{
	return module_find(host->root_fd, host->kernel.release, kvm_module(host)) == MODULE_BUILTIN;
}

static int add_nested(const struct host *host, bool on, struct text *t)
{
	const struct modprobe *m = &host->kernel.modprobe;
	const char *module = kvm_module(host);

	if (modules_nested_is_builtin(host))
		return 0;
	text_printf(t, "options %s nested=%d\n", module, on);
	for (size_t i = 0; i < m->n; i++) {
		const struct modprobe_line *line = &m->list[i];
		_cleanup_free_ char *value = NULL;

		if (line->kind != MODPROBE_OPTIONS || !modprobe_names(line, module) || is_ours(line))
			continue;
		if (modprobe_option(line, "nested", &value) < 0)
			return -ENOMEM;
		if (value && strcmp(str_base(line->file), str_base(FILE_PATH)) > 0)
			log_warning("/%s:%u: nested=%s comes after slipway's and counts; take it out", line->file, line->number, value);
	}
	return 0;
}

static int make_content(const struct host *host, const struct wishes *wishes, struct device *const *by_ids, size_t n, char **ret)
{
	_cleanup_(strv_freep) char **drivers = NULL;
	struct text t = {};
	int r = 0;

	r = find_drivers(host, by_ids, n, &drivers);
	for (char **driver = drivers; driver && *driver; driver++)
		text_printf(&t, "softdep %s pre: vfio-pci\n", *driver);
	if (r >= 0 && (wishes->nested || wishes->nested_off))
		r = add_nested(host, wishes->nested, &t);
	if (r >= 0 && t.size) {
		_cleanup_free_ char *lines = text_take(&t);

		*ret = lines ? text_format(HEAD "%s", lines) : NULL;
		return *ret ? 0 : -ENOMEM;
	}
	free(t.data);
	*ret = NULL;
	return r;
}

int modules_plan(const struct host *host, const struct wishes *wishes, struct device *const *by_ids, size_t n, struct plan *plan)
{
	_cleanup_free_ char *content = NULL;
	int r;

	if (make_content(host, wishes, by_ids, n, &content) < 0)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, FILE_PATH, content, 0644, "the order of kernel modules, and their options");
	if (r > 0)
		plan->needs_reboot = true;
	return r < 0 || !n ? r : report_ids(host);
}
