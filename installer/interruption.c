/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interruption: somebody asks slipway to stop while a transaction is under way. */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "installer/interruption.h"

static const struct {
	int number;
	const char *name;
} signals[INTERRUPTION_SIGNALS] = { { SIGINT, "SIGINT" }, { SIGTERM, "SIGTERM" }, { SIGHUP, "SIGHUP" } };

static volatile sig_atomic_t noted;
static const char *volatile answer;

/* Only what signal-safety(7) allows. That nobody reads the answer any more is no matter. */
static void note(int number)
{
	const char *text = answer;
	int saved = errno;
	ssize_t n;

	if (!noted)
		noted = number;
	answer = NULL;
	n = text ? write(STDERR_FILENO, text, strlen(text)) : 0;
	(void)n;
	errno = saved;
}

struct interruption_watch interruption_watch_begin(const char *text)
{
	/* Calls go on after it (SA_RESTART): no write to a disk and no wait for a command is cut short. */
	struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
	struct interruption_watch w = { .answer_before = answer };

	sigemptyset(&action.sa_mask);
	answer = text;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i].number, NULL, &w.before[i]);
		if (w.before[i].sa_handler != SIG_IGN)
			sigaction(signals[i].number, &action, NULL);
	}
	return w;
}

void interruption_watch_end(struct interruption_watch *w)
{
	/* Who was asked to end is on the way to it: one more of them must not take away the exit status. */
	answer = NULL;
	if (noted)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i].number, &w->before[i], NULL);
	answer = w->answer_before;
}

const char *interruption_signal(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (noted == signals[i].number)
			return signals[i].name;
	return NULL;
}
