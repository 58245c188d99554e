/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot entry of GRUB's that counts once: in custom.cfg, which the menu reads at boot, chosen by next_entry.
 *
 * GRUB empties next_entry before it starts the entry ("Simple configuration handling" and "The GRUB environment block" in
 * its manual). Where it cannot write its environment, the trial would start again and again: there is none then.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/grub_menu.h"
#include "installer/grub_trial.h"

#define USUAL_ENVIRONMENT "boot/grub/grubenv"
#define ENTRY "slipway-trial"

static const char *after_word(const char *line, const char *end, const char *word)
{
	size_t n = strlen(word);

	line += strspn(line, " \t");
	return line + n < end && strncmp(line, word, n) == 0 && strchr(" \t", line[n]) ? line + n : NULL;
}

/* The kernel's file and the white space around it stay; its arguments are edited as they stand there, quotes and all. */
static int edit_linux(const char *line, const char *end, const char *rest, const struct argument_wish *wish, struct text *t)
{
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_free_ char *arguments = NULL, *edited = NULL;
	int r;

	rest += strspn(rest, " \t");
	rest += strcspn(rest, " \t\n");
	if (rest > end)
		rest = end;
	arguments = strndup(rest, (size_t)(end - rest));
	if (!arguments)
		return -ENOMEM;
	r = kernel_arguments_edit(arguments, wish, &edits, &edited);
	if (r < 0)
		return r;
	text_append_bytes(t, line, (size_t)(rest - line));
	text_append(t, *edited == ' ' || *edited == '\t' ? "" : " ");
	text_append(t, edited);
	return 0;
}

int grub_trial_entry(const char *block, const struct argument_wish *wish, char **ret, char **ret_why)
{
	_cleanup_(text_done) struct text t = {};
	bool has_head = false, has_linux = false;

	for (const char *line = block, *end; *line; line = *end ? end + 1 : end) {
		const char *rest;

		end = line + strcspn(line, "\n");
		if (!has_head && after_word(line, end, "menuentry")) {
			text_append(&t, "menuentry 'Trial of slipway: once, then as before' --class gnu-linux --id " ENTRY " {");
			has_head = true;
		} else if ((rest = after_word(line, end, "linux")) || (rest = after_word(line, end, "linuxefi"))) {
			if (edit_linux(line, end, rest, wish, &t) < 0)
				return -ENOMEM;
			has_linux = true;
		} else {
			text_append_bytes(&t, line, (size_t)(end - line));
		}
		text_append(&t, "\n");
	}
	if (!has_head || !has_linux) {
		*ret_why = text_format("the next boot's entry has no %s line", has_head ? "linux" : "menuentry");
		return *ret_why ? -EINVAL : -ENOMEM;
	}
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

static const char *environment_of(const struct host *host)
{
	return host->kernel.grub.setup.env ? host->kernel.grub.setup.env : USUAL_ENVIRONMENT;
}

/* GRUB writes its environment in place: not where a driver of its own puts the blocks together, nor where they move. */
static int check_environment(const struct host *host)
{
	static const char *const writable[] = { "ext2", "ext3", "ext4", "vfat", "xfs" };
	_cleanup_free_ char *path = text_format("/%s", environment_of(host));
	const struct mount *m = path ? mounts_below(&host->mounts, path) : NULL;
	const struct block *b = m && m->blocks && !m->blocks[1] ? blocks_find(&host->blocks, m->blocks[0]) : NULL;
	bool known = false;

	if (!path)
		return log_oom();
	for (size_t i = 0; m && i < ARRAY_SIZE(writable); i++)
		known = known || str_eq(m->fs_type, writable[i]);
	if (b && !b->is_virtual && known)
		return 0;
	return log_error("--trial: GRUB cannot write its environment block here (/boot is %s on %s), and so could not forget the trial; "
			 "apply without --trial", m ? m->fs_type : "not known",
			 b && b->is_virtual ? "LVM, RAID or encryption" : m && m->source ? m->source : "an unknown device"), -EOPNOTSUPP;
}

static int check_menu(const struct host *host, const char *cfg)
{
	const struct grub_setup *setup = &host->kernel.grub.setup;

	if (host->kernel.grub.is_once)
		return log_error("--trial: the next boot is chosen already (next_entry in /%s); boot it first, or take the choice "
				 "back with: grub-editenv - unset next_entry", environment_of(host)), -EOPNOTSUPP;
	if (!host->kernel.grub.block)
		return log_error("--trial: the entry that boots next cannot be found in /%s: %s", setup->cfg,
				 host->kernel.grub.reason ? host->kernel.grub.reason : "it has no end"), -EOPNOTSUPP;
	if (!strstr(cfg, "custom.cfg") || !strstr(cfg, "save_env next_entry"))
		return log_error("--trial: /%s does not read custom.cfg, or does not know next_entry; /etc/grub.d/00_header and "
				 "41_custom, as GRUB brings them, do both: put them back and have the menu written anew", setup->cfg), -EOPNOTSUPP;
	return 0;
}

static int plan_entry(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	const char *cfg = host->kernel.grub.setup.cfg;
	_cleanup_free_ char *entry = NULL, *why = NULL, *present = NULL, *text = NULL, *custom = NULL;
	int r;

	/* Beside the menu: ${config_directory}/custom.cfg. */
	custom = text_format("%.*scustom.cfg", (int)(str_base(cfg) - cfg), cfg);
	if (!custom)
		return log_oom();
	r = grub_trial_entry(host->kernel.grub.block, wish, &entry, &why);
	if (r < 0)
		return why ? log_error("--trial: %s", why), -EOPNOTSUPP : log_oom();
	r = fs_read(host->root_fd, &present, NULL, "%s", custom);
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /%s", custom);
	text = text_format("%s%s", present ? present : "", entry);
	if (!text)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, custom, text, 0644, "a boot entry for one boot");
	return r < 0 ? r : 0;
}

/* SUSE and Fedora call GRUB's programs grub2-... */
static const char *editenv_of(const struct host *host)
{
	const char *mkconfig = host->kernel.grub.setup.mkconfig;

	return mkconfig && str_starts(str_base(mkconfig), "grub2-") ? "grub2-editenv" : "grub-editenv";
}

static int plan_choice(const struct host *host, struct plan *plan)
{
	_cleanup_free_ char *path = text_format("/%s", environment_of(host));
	char *program = (char *)editenv_of(host);
	char *set[] = { program, path, (char *)"set", (char *)"next_entry=" ENTRY, NULL };
	char *unset[] = { program, path, (char *)"unset", (char *)"next_entry", NULL };
	_cleanup_(strv_freep) char **expects = NULL;
	struct change *c;
	int r;

	if (!path || strv_add(&expects, ENTRY) < 0 || strv_add(&expects, environment_of(host)) < 0)
		return log_oom();
	r = plan_add_command(plan, set, TAKE(expects), "the next boot, and only that one, takes this entry");
	if (r < 0)
		return r;
	c = &plan->list[plan->n - 1];
	c->one_shot = true;
	return strv_copy(unset, &c->undo) < 0 ? log_oom() : 0;
}

int grub_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(argument_wish_done) struct argument_wish words = {};
	const char *path = host->kernel.grub.setup.cfg;
	_cleanup_free_ char *cfg = NULL;
	int r;

	if (!path)
		return log_error("--trial: the entry that boots next cannot be found: %s", host->kernel.grub.reason ? host->kernel.grub.reason :
				 "there is no grub.cfg"), -EOPNOTSUPP;
	r = fs_read(host->root_fd, &cfg, NULL, "%s", path);
	if (r < 0)
		return log_errno(r, "cannot read /%s", path);
	r = grub_wish(wish, &words);
	if (r >= 0)
		r = check_environment(host);
	if (r >= 0)
		r = check_menu(host, cfg);
	if (r >= 0)
		r = plan_entry(host, &words, plan);
	return r < 0 ? r : plan_choice(host, plan);
}

/* `expects` are the entry and the file with the environment block. */
int grub_is_armed(int root_fd, char *const *expects)
{
	_cleanup_free_ char *environment = NULL, *wanted = NULL;
	const char *path;

	if (!expects || !*expects)
		return 1;
	path = expects[1] ? expects[1] : USUAL_ENVIRONMENT;
	wanted = text_format("\nnext_entry=%s\n", *expects);
	if (wanted && fs_read(root_fd, &environment, NULL, "%s", path) >= 0 && strstr(environment, wanted))
		return 1;
	log_error("/%s does not choose the entry '%s' for the next boot", path, *expects);
	return 0;
}
