/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GRUB's ways of keeping kernel arguments have in common: its quoting, its menu, and the command that writes it anew. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/cmdline.h"
#include "installer/grub_menu.h"
#include "installer/proxmox_entries.h"

/* Quotes are fine around all of an argument or around its value. */
static bool can_be_passed(const char *argument)
{
	bool is_quoted = false;
	unsigned quotes = 0;

	for (const char *c = argument; *c; c++) {
		if (*c == '"') {
			bool opens = c == argument || (c[-1] == '=' && !quotes);

			if (is_quoted ? c[1] != '\0' : !opens)
				return false;
			is_quoted = !is_quoted;
			quotes++;
		} else if (*c < ' ' || *c > '~' || strchr("'\\$`", *c) || (*c == ' ' && !is_quoted)) {
			return false;
		}
	}
	return *argument && !is_quoted && !str_eq(argument, "--");
}

/* Outside of quotes these end a word for GRUB, or begin something else ("Quoting" in its manual). */
static char *grub_word(const char *argument)
{
	const char *value = strchr(argument, '=');

	if (strchr(argument, '"') || !argument[strcspn(argument, ";&|<>{}#")])
		return strdup(argument);
	if (!value)
		return text_format("\"%s\"", argument);
	return text_format("%.*s=\"%s\"", (int)(value - argument), argument, value + 1);
}

int grub_wish(const struct argument_wish *wish, struct argument_wish *ret)
{
	_cleanup_(argument_wish_done) struct argument_wish out = {};
	int r;

	r = strv_copy(wish->unwanted, &out.unwanted);
	for (char **a = wish->wanted; a && *a && r >= 0; a++) {
		if (!can_be_passed(*a))
			return log_invalid("kernel argument '%s' cannot be passed on by GRUB: it takes printable characters but ', \\, $ and `, "
					   "and quotes (\") around all of an argument or around its value, where it may hold blanks", *a);
		r = strv_consume(&out.wanted, grub_word(*a));
	}
	if (r < 0)
		return log_oom();
	*ret = TAKE(out);
	return 0;
}

bool grub_may_start(const struct host *host)
{
	const struct loaders *l = &host->loaders;

	if (l->started != LOADER_UNKNOWN)
		return l->started == LOADER_GRUB;
	return l->installed[LOADER_GRUB] || (host->software.has_update_grub && loaders_deciding(l) == LOADER_UNKNOWN);
}

int grub_has_arguments(int root_fd, char *const *arguments)
{
	_cleanup_(boot_done) struct boot boot = {};
	_cleanup_(grub_done) struct grub grub = {};
	_cleanup_(cmdline_done) struct cmdline cmdline = {};

	if (boot_read(root_fd, &boot) < 0 || grub_read(root_fd, &boot, &grub) < 0)
		return 0;
	if (!grub.next_cmdline) {
		log_error("the next boot's arguments cannot be told: %s", grub.reason ? grub.reason : "there is no grub.cfg");
		return 0;
	}
	if (cmdline_parse(grub.next_cmdline, &cmdline) < 0)
		return 0;
	for (char *const *a = arguments; a && *a; a++)
		if (!cmdline_has(&cmdline, *a)) {
			log_error("the boot entry '%s' in /%s lacks %s", grub.entry, grub.setup.cfg, *a);
			return 0;
		}
	return proxmox_keeps_partitions(root_fd) ? proxmox_has_arguments(root_fd, arguments) : 1;
}

static bool next_boot_lacks(const struct host *host, char *const *arguments)
{
	for (char *const *a = arguments; host->is_live && host->kernel.next_boot_known && a && *a; a++)
		if (!cmdline_has(&host->kernel.next_boot, *a))
			return true;
	return false;
}

/* Debian's update-grub knows its menu; elsewhere it is the one that is here, or the one that this script's name stands for. */
static int find_command(const struct host *host, char ***ret)
{
	const struct grub_setup *setup = &host->kernel.grub.setup;
	const char *name = setup->mkconfig ? str_base(setup->mkconfig) : "grub-mkconfig";
	_cleanup_(strv_freep) char **argv = NULL;
	const char *cfg = setup->cfg;
	int r;

	if (!cfg)
		cfg = str_eq(name, "grub2-mkconfig") ? "boot/grub2/grub.cfg" : "boot/grub/grub.cfg";
	if (host->software.has_update_grub && str_eq(cfg, "boot/grub/grub.cfg")) {
		r = strv_add(&argv, "update-grub");
	} else {
		r = strv_add(&argv, name);
		if (r >= 0)
			r = strv_add(&argv, "-o");
		if (r >= 0)
			r = strv_consume(&argv, text_format("/%s", cfg));
	}
	if (r >= 0)
		*ret = TAKE(argv);
	return r;
}

int grub_plan_menu(const struct host *host, bool changed, char *const *arguments, struct plan *plan)
{
	_cleanup_(strv_freep) char **argv = NULL;
	_cleanup_free_ char *summary = NULL;
	char **expects = NULL;

	if (!changed && !next_boot_lacks(host, arguments))
		return 0;
	if (!host->kernel.grub.setup.cfg && host->kernel.grub.reason)
		return log_error("kernel arguments cannot be set here: %s; remove what is not used", host->kernel.grub.reason), -EOPNOTSUPP;
	if (find_command(host, &argv) < 0)
		return log_oom();
	summary = text_format("write %s anew", argv[1] ? argv[2] : "/boot/grub/grub.cfg");
	if (!summary || strv_copy(arguments, &expects) < 0)
		return log_oom();
	plan->needs_reboot = true;
	return plan_add_command(plan, argv, expects, summary);
}
