/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot loader entries as places of kernel arguments, those of kernels that are still to come among them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/entries.h"

/* Dracut's rescue entry (MACHINE-0-rescue.conf) stays as it is: it is the way back. */
bool entry_is_edited(const struct loader_entry *e)
{
	return e->kernel && !e->is_unified && !str_ends(e->id, "-0-rescue.conf") && !str_eq(e->id, TRIAL_ENTRY) &&
	       !str_eq(e->id, TRIAL_ENTRY_GRUB);
}

bool entry_takes_kernelopts(const struct loader_entry *e)
{
	return strstr(e->options, "$kernelopts") || strstr(e->options, "${kernelopts}");
}

/* Not what a boot loader adds by itself at each boot. */
static int own_arguments(const char *options, char **ret)
{
	_cleanup_(strv_freep) char **words = NULL;
	_cleanup_(cmdline_done) struct cmdline c = {};
	int r;

	r = cmdline_parse(options, &c);
	for (char **a = c.arguments; a && *a && r >= 0; a++)
		if (!str_starts(*a, "initrd=") && !str_starts(*a, "BOOT_IMAGE="))
			r = strv_add(&words, *a);
	if (r < 0)
		return r;
	*ret = strv_join(words, " ");
	return *ret ? 0 : -ENOMEM;
}

/* kernel-install takes the running kernel's where no file says otherwise: slipway's would come and go with a reboot. */
static int add_cmdline(const struct host *host, const char *options, bool make, struct places *places)
{
	bool exists = fs_exists(host->root_fd, KERNEL_CMDLINE);
	_cleanup_free_ char *own = NULL;
	int r;

	if (!exists && (!make || !options || fs_exists(host->root_fd, "usr/lib/kernel/cmdline")))
		return 0;
	r = places_add(places, &cmdline_format_plain, KERNEL_CMDLINE);
	if (r < 0 || exists)
		return r;
	r = own_arguments(options, &own);
	return r < 0 || !(places->list[places->n - 1].base = text_format("%s\n", own)) ? -ENOMEM : 0;
}

static int add_entry(const struct loader_entry *e, const char *env, struct places *places)
{
	if (!entry_is_edited(e) || (env && entry_takes_kernelopts(e)))
		return 0;
	return places_add(places, &cmdline_format_bls, e->path);
}

int entries_add_places(const struct host *host, const struct loader_entries *entries, const char *env, bool make_cmdline,
		       struct places *places)
{
	int next = entries->next;
	int r = env ? places_add(places, &cmdline_format_grubenv, env) : 0;

	if (r >= 0 && next >= 0)
		r = add_entry(&entries->list[next], env, places);
	for (size_t i = 0; i < entries->n && r >= 0; i++)
		if ((int)i != next)
			r = add_entry(&entries->list[i], env, places);
	if (r >= 0 && !places->n)
		return log_error("there is no boot entry with a kernel of this system in it, and so no place for kernel arguments; "
				 "install a kernel first"), -EOPNOTSUPP;
	if (r >= 0)
		r = add_cmdline(host, next >= 0 ? entries->list[next].options : NULL, make_cmdline, places);
	if (r < 0)
		return log_oom();
	/* What new entries are made with, and else what they are most like. */
	if (places->n)
		places->model = str_eq(places->list[places->n - 1].path, KERNEL_CMDLINE) ? places->n : 1;
	return 0;
}

static int describe(const struct loader_entries *entries, const char *folder, char **ret)
{
	struct text t = {};
	size_t n = strlen(folder);

	text_append(&t, "");
	for (size_t i = 0; i < entries->n; i++) {
		const struct loader_entry *e = &entries->list[i];

		if (str_starts(e->path, folder) && e->path[n] == '/' && entry_is_edited(e))
			text_printf(&t, "%s\t%s\n", e->id, e->options);
	}
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

/* What was done to the model, in this plan: nothing where it was as wished. */
static char *const *model_words(const struct host *host, const struct places *places, const struct plan *plan)
{
	_cleanup_free_ char *real = NULL;

	if (!places->model || fs_resolve(host->root_fd, places->list[places->model - 1].path, &real) < 0)
		return NULL;
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_FILE && str_eq(plan->list[i].target, real))
			return plan->list[i].words;
	return NULL;
}

static int plan_folder(const struct host *host, const struct loader_entries *entries, const struct places *places, const char *folder,
		       const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(strv_freep) char **words = NULL;
	_cleanup_free_ char *known = NULL;
	struct change *c;

	if (strv_copy(model_words(host, places, plan), &words) < 0 || describe(entries, folder, &known) < 0)
		return log_oom();
	if (!*known)
		return 0;
	c = plan_add(plan, CHANGE_ENTRIES, folder);
	if (!c)
		return log_oom();
	c->words = TAKE(words);
	c->before = (struct content){ .exists = true, .size = strlen(known), .data = known };
	known = NULL;
	c->summary = strdup("every boot entry, new ones too, holds the kernel arguments");
	return c->summary && strv_copy(wish->wanted, &c->expects) >= 0 ? 0 : log_oom();
}

int entries_plan(const struct host *host, const struct loader_entries *entries, const struct places *places,
		 const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(strv_freep) char **folders = NULL;
	int changed, r = 0;

	changed = places_plan(host, places, wish, plan);
	if (changed <= 0)
		return changed;
	for (size_t i = 0; i < entries->n && r >= 0; i++) {
		const char *path = entries->list[i].path;
		_cleanup_free_ char *folder = strndup(path, (size_t)(str_base(path) - path - 1));

		r = folder ? strv_add_new(&folders, folder) : -ENOMEM;
	}
	if (r < 0)
		return log_oom();
	strv_sort(folders);
	for (char **folder = folders; folder && *folder && r >= 0; folder++)
		r = plan_folder(host, entries, places, *folder, wish, plan);
	if (r < 0)
		return r;
	plan->needs_reboot = true;
	return 1;
}
