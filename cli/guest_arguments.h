/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest from the command line: a profile, the file of --file, and the options, laid over each other. */
#pragma once

#include "cli/cli.h"
#include "installer/guest_wanted.h"

/* `file`: what --file says, which `ret` borrows from. 0, or a negative errno after it was said what is wrong. */
int guest_from_arguments(const struct cli *cli, const struct arguments *arguments, const char *name, struct guest_settings *file,
			 struct guest_wanted *ret);
