/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of the kernel that a section of the spec wishes: set now, and at each boot. */

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/sysctl.h"
#include "detect/tmpfiles.h"
#include "installer/change_value.h"
#include "installer/sections/kernel_settings.h"

#define HEAD "# Written by slipway; 'slipway rollback' takes it away.\n"
#define SYSCTL "proc/sys/"

int kernel_settings_add(struct kernel_settings *s, const char *value, const char *format, ...)
{
	struct kernel_setting *grown = realloc(s->list, (s->n + 1) * sizeof(*grown));
	struct kernel_setting one = { .value = strdup(value) };
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&one.path, format, ap) < 0)
		one.path = NULL;
	va_end(ap);
	if (grown)
		s->list = grown;
	if (!grown || !one.path || !one.value) {
		free(one.path);
		free(one.value);
		return -ENOMEM;
	}
	grown[s->n++] = one;
	return 0;
}

void kernel_settings_done(struct kernel_settings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].path);
		free(s->list[i].value);
	}
	free(s->list);
	*s = (struct kernel_settings){};
}

static bool is_sysctl(const struct kernel_setting *one)
{
	return str_starts(one->path, SYSCTL);
}

/* "net.bridge.bridge-nf-call-iptables"; with slashes where a part has a dot, as sysctl.d(5) allows. */
static char *sysctl_key(const char *path)
{
	char *key = strdup(path + strlen(SYSCTL));

	for (char *c = key; c && !strchr(path, '.') && *c; c++)
		if (*c == '/')
			*c = '.';
	return key;
}

static char *sysctl_text(const struct kernel_settings *s)
{
	struct text t = {};

	text_append(&t, HEAD);
	for (size_t i = 0; i < s->n; i++) {
		_cleanup_free_ char *key = is_sysctl(&s->list[i]) ? sysctl_key(s->list[i].path) : NULL;

		if (key)
			text_printf(&t, "%s = %s\n", key, s->list[i].value);
		else if (is_sysctl(&s->list[i]))
			t.failed = true;
	}
	return text_take(&t);
}

static char *tmpfiles_text(const struct kernel_settings *s)
{
	struct text t = {};

	text_append(&t, HEAD);
	for (size_t i = 0; i < s->n; i++)
		if (!is_sysctl(&s->list[i]))
			text_printf(&t, "w /%s - - - - %s\n", s->list[i].path, s->list[i].value);
	return text_take(&t);
}

/* The later file counts; a name that begins with "zz" leaves few behind it. */
static int report_sysctl(const struct host *host, const struct kernel_settings *s, const char *own)
{
	_cleanup_(sysctl_done) struct sysctl all = {};

	if (sysctl_read(host->root_fd, &all) < 0)
		return log_oom();
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; is_sysctl(&s->list[i]) && k < all.n; k++) {
			const struct sysctl_line *line = &all.list[k];

			if (str_eq(line->file, own) || !sysctl_names(&all, line, s->list[i].path + strlen(SYSCTL)) || str_eq(line->value, s->list[i].value))
				continue;
			if (!line->at_boot)
				log_warning("/%s:%u: %s = %s is set by everyone who runs 'sysctl -p' or 'sysctl --system', against slipway's %s; take it out",
					    line->file, line->number, line->path, line->value, s->list[i].value);
			else if (strcmp(str_base(line->file), str_base(own)) > 0 && !strpbrk(line->path, "*?["))
				log_warning("/%s:%u: %s = %s comes after slipway's and counts at each boot; take it out", line->file, line->number,
					    line->path, line->value);
			else
				log_warning("/%s:%u: %s = %s has no effect any more: slipway's %s comes later", line->file, line->number, line->path,
					    line->value, s->list[i].value);
		}
	return 0;
}

/* The other way round: of two files with a line for one path the first counts (tmpfiles.d(5)). */
static int report_tmpfiles(const struct host *host, const struct kernel_settings *s, const char *own)
{
	_cleanup_(tmpfiles_done) struct tmpfiles all = {};

	if (tmpfiles_read(host->root_fd, &all) < 0)
		return log_oom();
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; !is_sysctl(&s->list[i]) && k < all.n; k++) {
			const struct tmpfiles_line *line = &all.list[k];

			if (str_eq(line->file, own) || !tmpfiles_names(line, s->list[i].path) || str_eq(line->value, s->list[i].value))
				continue;
			if (strcmp(str_base(line->file), str_base(own)) < 0 && !strpbrk(line->path, "*?["))
				log_warning("/%s:%u: '%s' for /%s comes before slipway's and counts at each boot; take it out", line->file, line->number,
					    line->value, s->list[i].path);
			else
				log_warning("/%s:%u: '%s' for /%s has no effect any more: slipway's '%s' counts", line->file, line->number, line->value,
					    s->list[i].path, s->list[i].value);
		}
	return 0;
}

/* What a path with one '*' in it stands for, as tmpfiles.d has it: "cpufreq/policy*" are all policies. */
static int plan_now(const struct host *host, const struct kernel_setting *one, const char *summary, struct plan *plan)
{
	const char *star = strchr(one->path, '*'), *part = star, *rest;
	_cleanup_free_ char *folder = NULL, *pattern = NULL;
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (!star)
		return plan_want_value(plan, host->root_fd, one->path, one->value, summary);
	while (part[-1] != '/')
		part--;
	rest = star + strcspn(star, "/");
	folder = strndup(one->path, (size_t)(part - one->path));
	pattern = strndup(part, (size_t)(rest - part));
	if (!folder || !pattern)
		return log_oom();
	if (dir_list(host->root_fd, &names, "%s", folder) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *path = text_format("%s%s%s", folder, *name, rest), *now = NULL;

		if (!path)
			return log_oom();
		/* One of them may have no value at the moment, such as the policy of CPUs that are offline. */
		if (fnmatch(pattern, *name, 0) == 0 && kernel_value_read(host->root_fd, path, &now) >= 0)
			r = plan_want_value(plan, host->root_fd, path, one->value, summary);
	}
	return r;
}

/* `n`: how many settings it holds. 1: it changes, 0: it does not. */
static int plan_file(const struct host *host, const char *path, char *text, size_t n, const char *summary, struct plan *plan)
{
	_cleanup_free_ char *content = text;
	int r;

	if (!content)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, path, n ? content : NULL, 0644, summary);
	/* What the file that goes has set stays set: nobody remembers here what it was before. */
	if (r > 0 && !n)
		plan->needs_reboot = true;
	return r;
}

int kernel_settings_plan(const struct host *host, const struct kernel_settings *s, const char *section, const char *summary, struct plan *plan)
{
	_cleanup_free_ char *sysctl_file = text_format("etc/sysctl.d/zz-slipway-%s.conf", section);
	_cleanup_free_ char *tmpfiles_file = text_format("etc/tmpfiles.d/00-slipway-%s.conf", section);
	size_t n_sysctl = 0;
	int r;

	if (!sysctl_file || !tmpfiles_file)
		return log_oom();
	for (size_t i = 0; i < s->n; i++)
		n_sysctl += is_sysctl(&s->list[i]);
	r = plan_file(host, sysctl_file, sysctl_text(s), n_sysctl, summary, plan);
	if (r >= 0)
		r = plan_file(host, tmpfiles_file, tmpfiles_text(s), s->n - n_sysctl, summary, plan);
	if (r >= 0 && n_sysctl)
		r = report_sysctl(host, s, sysctl_file);
	if (r >= 0 && s->n > n_sysctl)
		r = report_tmpfiles(host, s, tmpfiles_file);
	for (size_t i = 0; i < s->n && r >= 0 && host->is_live; i++)
		r = plan_now(host, &s->list[i], summary, plan);
	return r < 0 ? r : 0;
}
