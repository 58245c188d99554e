/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootc: an image says in /usr/lib/bootc/kargs.d which kernel arguments its hosts get ("kernel arguments" in bootc's
 * manual). A host that runs one has /usr read-only: there rpm-ostree does it, or the image is built anew.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootc.h"
#include "installer/bootloader.h"

#define FOLDER "usr/lib/bootc/kargs.d"
#define DROPIN FOLDER "/50-slipway.toml"

bool host_is_bootc_image(const struct host *host)
{
	return !host->is_live && host->loaders.has_bootc && !fs_exists(host->root_fd, "run/ostree-booted");
}

/* The strings of a list "kargs = [...]", which may go over lines; "match-architectures" is for others to look at. */
static int parse_kargs(const char *text, struct cmdline *ret)
{
	const char *p = strstr(text, "kargs");
	int r = 0;

	p = p ? strchr(p, '[') : NULL;
	while (p && *p && *p != ']' && r >= 0) {
		if (*p == '"' || *p == '\'') {
			const char *end = strchr(p + 1, *p);

			if (!end)
				return 0;
			r = strv_consume(&ret->arguments, strndup(p + 1, (size_t)(end - p - 1)));
			p = end;
		}
		p++;
	}
	return r;
}

static int bootc_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(host->root_fd, &names, FOLDER) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *text = NULL;

		if (!str_ends(*name, ".toml") || str_eq(*name, str_base(DROPIN)))
			continue;
		if (fs_read(host->root_fd, &text, NULL, FOLDER "/%s", *name) >= 0)
			r = parse_kargs(text, ret);
	}
	return r < 0 ? log_oom() : 0;
}

/* TOML's literal string has no escapes. */
static int make_dropin(char *const *arguments, char **ret)
{
	struct text t = {};

	text_append(&t, "# Written by slipway; 'slipway rollback' takes it away.\nkargs = [");
	for (char *const *a = arguments; *a; a++) {
		if (strchr(*a, '\'')) {
			text_done(&t);
			return log_invalid("kernel argument %s holds a quote (') that cannot be written into /" DROPIN, *a);
		}
		text_printf(&t, "%s'%s'", a == arguments ? "" : ", ", *a);
	}
	text_append(&t, "]\n");
	*ret = text_take(&t);
	return *ret ? 0 : log_oom();
}

static int bootc_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_free_ char *dropin = NULL;
	int r = 0;

	if (wish->unwanted)
		return log_error("kernel argument %s stands in the way, and an image can only add to those of its hosts; take it out of "
				 "/" FOLDER " first", wish->unwanted[0]), -EOPNOTSUPP;
	if (wish->wanted && wish->wanted[0])
		r = make_dropin(wish->wanted, &dropin);
	if (r >= 0)
		r = plan_want_file(plan, host->root_fd, DROPIN, dropin, 0644, "kernel arguments of the hosts that boot this image");
	if (r > 0)
		plan->needs_reboot = true;
	return r < 0 ? r : 0;
}

const struct bootloader bootloader_bootc = { "a bootc image", host_is_bootc_image, bootc_foreign, bootc_plan, NULL,
					  "an image is not booted here; apply without --trial, and try the image on another host first" };
