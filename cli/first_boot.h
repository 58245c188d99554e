/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image's first boot on the running host: finished, rebooted once where that is needed, judged. */
#pragma once

#include "cli/session.h"

/*
 * EXIT_DONE where nothing waits, or it came to a good end; else the exit status to end with, after it has been said why.
 * With --reboot the administrator's wish is carried out, too, and the host is rebooted where it must be.
 */
int first_boot(const struct cli *cli, const struct arguments *arguments, struct session *session);
