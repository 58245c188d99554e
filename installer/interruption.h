/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interruption: somebody asks slipway to stop (SIGINT, SIGTERM, or SIGHUP when the terminal is lost) while a transaction is
 * under way. The signal is noted and answered at once; whoever works asks between two changes. Outside of a watch the
 * signals do what they always do, since nothing is under way then; but once one was noted, no other ends slipway.
 */
#pragma once

#include <signal.h>

#define INTERRUPTION_SIGNALS 3

/* The attribute: clang does not count its cleanup as a use. */
struct __attribute__((unused)) interruption_watch {
	struct sigaction before[INTERRUPTION_SIGNALS];
	const char *answer_before;
};

/*
 * Begins a watch; the first signal in it is answered on stderr with `answer` (a static string, with a newline). Watches nest.
 * A signal that was ignored (nohup) stays so.
 */
struct interruption_watch interruption_watch_begin(const char *answer);
void interruption_watch_end(struct interruption_watch *w);
/* The name of the first signal that was noted in any watch; NULL: none. */
const char *interruption_signal(void);
