/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware that a profile's guest starts from. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/firmware.h"

static int say_none(const struct firmware_wish *wish, const struct firmware_misfits *misfits)
{
	_cleanup_(strv_freep) char **reasons = NULL;
	_cleanup_free_ char *all = NULL;
	int r = 0;

	for (size_t i = 0; i < misfits->n && r >= 0; i++)
		r = strv_consume(&reasons, text_format("%s: %s", str_base(misfits->list[i].path),
						       misfits->list[i].is_malformed ? "malformed" : misfits->list[i].reason));
	all = r < 0 || !reasons ? NULL : strv_join(reasons, "; ");
	log_error("no UEFI firmware for %s guests (%s*) in /etc/qemu/firmware or /usr/share/qemu/firmware%s%s%s: install the package %s",
		  wish->architecture, wish->machine, all ? " (" : "", all ? all : "", all ? ")" : "", wish->package);
	return -ENOENT;
}

int guest_firmware_choose(const struct host *host, const struct firmware_wish *wish, struct guest_firmware *ret)
{
	_cleanup_(firmware_misfits_done) struct firmware_misfits misfits = {};
	int r;

	r = guest_firmware_find(host->root_fd, host->software.firmwares, wish, ret, &misfits);
	if (r < 0)
		return log_oom();
	for (size_t i = 0; i < misfits.n; i++)
		if (misfits.list[i].is_malformed)
			log_warning("passing over the firmware descriptor /%s: %s", misfits.list[i].path, misfits.list[i].reason);
	return r ? 0 : say_none(wish, &misfits);
}
