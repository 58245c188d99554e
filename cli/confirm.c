/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The question before changes are made. */

#include <stdio.h>
#include <unistd.h>

#include "cli/confirm.h"
#include "common/log.h"

bool confirm(const struct arguments *arguments)
{
	char line[16];

	if (arguments_has(arguments, "--yes"))
		return true;
	if (!isatty(STDIN_FILENO)) {
		log_error("not confirmed: standard input is no terminal; say --yes to go ahead without asking");
		return false;
	}
	fprintf(stderr, "Make these changes? [y/N] ");
	if (fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y'))
		return true;
	log_info("nothing was changed");
	return false;
}
