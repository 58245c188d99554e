/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rebooting this host. */

#include <errno.h>

#include "cli/reboot.h"
#include "common/log.h"
#include "common/process.h"

int reboot_now(void)
{
	static char *const argv[] = { (char *)"systemctl", (char *)"reboot", NULL };

	log_info("rebooting");
	if (process_run(argv, NULL) == 0)
		return 0;
	return log_error("systemctl reboot failed; reboot by hand"), -EIO;
}
