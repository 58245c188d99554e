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
#include "installer/grub_trial.h"

#define CUSTOM "boot/grub/custom.cfg"
#define ENVIRONMENT "boot/grub/grubenv"
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

/* GRUB writes its environment in place: not where a driver of its own puts the blocks together, nor where they move. */
static int check_environment(const struct host *host)
{
	static const char *const writable[] = { "ext2", "ext3", "ext4", "vfat", "xfs" };
	const struct mount *m = mounts_below(&host->mounts, "/" ENVIRONMENT);
	const struct block *b = m && m->blocks && !m->blocks[1] ? blocks_find(&host->blocks, m->blocks[0]) : NULL;
	bool known = false;

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
	if (host->kernel.grub.is_once)
		return log_error("--trial: the next boot is chosen already (next_entry in /" ENVIRONMENT "); boot it first, or take the choice "
				 "back with: grub-editenv - unset next_entry"), -EOPNOTSUPP;
	if (!host->kernel.grub.block)
		return log_error("--trial: the entry that boots next cannot be found in /boot/grub/grub.cfg: %s",
				 host->kernel.grub.reason ? host->kernel.grub.reason : "it has no end"), -EOPNOTSUPP;
	if (!strstr(cfg, "custom.cfg") || !strstr(cfg, "save_env next_entry"))
		return log_error("--trial: /boot/grub/grub.cfg does not read custom.cfg, or does not know next_entry; /etc/grub.d/00_header and "
				 "41_custom, as GRUB brings them, do both: put them back and run update-grub"), -EOPNOTSUPP;
	return 0;
}

static int plan_entry(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_free_ char *entry = NULL, *why = NULL, *present = NULL, *text = NULL;
	int r;

	r = grub_trial_entry(host->kernel.grub.block, wish, &entry, &why);
	if (r < 0)
		return why ? log_error("--trial: %s", why), -EOPNOTSUPP : log_oom();
	r = fs_read(host->root_fd, &present, NULL, CUSTOM);
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /" CUSTOM);
	text = text_format("%s%s", present ? present : "", entry);
	if (!text)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, CUSTOM, text, 0644, "a boot entry for one boot");
	return r < 0 ? r : 0;
}

static int plan_choice(struct plan *plan)
{
	char *set[] = { (char *)"grub-editenv", (char *)"/" ENVIRONMENT, (char *)"set", (char *)"next_entry=" ENTRY, NULL };
	char *unset[] = { (char *)"grub-editenv", (char *)"/" ENVIRONMENT, (char *)"unset", (char *)"next_entry", NULL };
	struct change *c;
	char **expects = NULL;
	int r;

	if (strv_add(&expects, ENTRY) < 0)
		return log_oom();
	r = plan_add_command(plan, set, expects, "the next boot, and only that one, takes this entry");
	if (r < 0)
		return r;
	c = &plan->list[plan->n - 1];
	c->one_shot = true;
	return strv_copy(unset, &c->undo) < 0 ? log_oom() : 0;
}

int grub_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_free_ char *cfg = NULL;
	int r;

	r = fs_read(host->root_fd, &cfg, NULL, "boot/grub/grub.cfg");
	if (r < 0)
		return log_errno(r, "cannot read /boot/grub/grub.cfg");
	r = check_environment(host);
	if (r >= 0)
		r = check_menu(host, cfg);
	if (r >= 0)
		r = plan_entry(host, wish, plan);
	return r < 0 ? r : plan_choice(plan);
}

int grub_is_armed(int root_fd, char *const *expects)
{
	_cleanup_free_ char *environment = NULL, *wanted = NULL;

	if (!expects || !*expects)
		return 1;
	wanted = text_format("\nnext_entry=%s\n", *expects);
	if (wanted && fs_read(root_fd, &environment, NULL, ENVIRONMENT) >= 0 && strstr(environment, wanted))
		return 1;
	log_error("/" ENVIRONMENT " does not choose the entry '%s' for the next boot", *expects);
	return 0;
}
