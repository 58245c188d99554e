/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a trial boot: judged by what the host must have again, then committed or taken back. */
#pragma once

#include "cli/session.h"

/* An exit status: EXIT_DONE when it was committed, EXIT_NOT_READY when it was taken back or has not been booted yet. */
int trial_end(const struct cli *cli, const struct arguments *arguments, struct session *session, struct transaction *trial);
/* Text of the file that says what waits for the next boot, and what the host must have again then; NULL after it was said why. */
char *trial_pending(const struct host *host, const char *command);
