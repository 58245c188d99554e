/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot entry of GRUB's that counts once: in custom.cfg, which the menu reads at boot, chosen by next_entry. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/grub_environment.h"
#include "installer/grub_menu.h"
#include "installer/grub_trial.h"

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

/*
 * The entry that boots next, under another name and with its arguments as wished: text for custom.cfg. -EINVAL with
 * *ret_why for a block that is no entry with a linux line; -ENOMEM.
 */
static int grub_trial_entry(const char *block, const struct argument_wish *wish, char **ret, char **ret_why)
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

static int check_menu(const struct host *host, const char *cfg)
{
	const struct grub_setup *setup = &host->kernel.grub.setup;

	if (!host->kernel.grub.block)
		return log_error("--trial: the entry that boots next cannot be found in /%s: %s", setup->cfg,
				 host->kernel.grub.reason ? host->kernel.grub.reason : "it has no end"), -EOPNOTSUPP;
	if (!strstr(cfg, "custom.cfg"))
		return log_error("--trial: /%s does not read custom.cfg; /etc/grub.d/41_custom, as GRUB brings it, does: put it back and have the "
				 "menu written anew", setup->cfg), -EOPNOTSUPP;
	return grub_check_menu(host, cfg);
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
		r = grub_check_environment(host);
	if (r >= 0)
		r = check_menu(host, cfg);
	if (r >= 0)
		r = plan_entry(host, &words, plan);
	return r < 0 ? r : grub_plan_choice(host, ENTRY, plan);
}
