/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session: what every verb that changes something begins with: root, the lock, the journal, recovery. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/session.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "installer/interruption.h"
#include "installer/lock.h"

void session_done(struct session *s)
{
	journal_done(&s->journal);
	lock_release(s->lock_fd);
	s->lock_fd = -1;
}

int outcome_status(enum outcome outcome)
{
	static const int statuses[] = { [OUTCOME_DONE] = EXIT_DONE, [OUTCOME_UNDONE] = EXIT_UNDONE, [OUTCOME_BROKEN] = EXIT_BROKEN,
					[OUTCOME_STOPPED] = EXIT_NOT_READY };

	return statuses[outcome];
}

static int begin(const struct cli *cli, const struct site *site, struct session *ret)
{
	_cleanup_(session_done) struct session s = { .site = *site, .lock_fd = -1 };
	const struct transaction *interrupted;
	enum outcome outcome;

	if (cli->is_live && geteuid() != 0)
		return log_error("changing this host needs root; try again with sudo"), EXIT_UNDONE;
	/* LVM's tools, which update-grub may run, say so of every descriptor that they inherit. */
	setenv("LVM_SUPPRESS_FD_WARNINGS", "1", 1);
	/* A reader that has gone away is no reason to leave a host half changed. */
	signal(SIGPIPE, SIG_IGN);
	s.lock_fd = lock_take(cli->root_fd, cli->verb, cli->wait);
	if (s.lock_fd < 0)
		return s.lock_fd == -EBUSY ? EXIT_BUSY : EXIT_UNDONE;
	if (journal_read(cli->root_fd, &s.journal) < 0)
		return EXIT_UNDONE;
	interrupted = journal_interrupted(&s.journal);
	outcome = journal_recover(&s.site, &s.journal);
	if (outcome != OUTCOME_DONE && !(outcome == OUTCOME_STOPPED && site->before_network))
		return EXIT_BROKEN;
	if (interruption_signal())
		return log_error("interrupted by %s; nothing else was begun", interruption_signal()), EXIT_UNDONE;
	*ret = (struct session){ .site = s.site, .journal = TAKE(s.journal), .recovered = interrupted ? interrupted->id : 0,
				.lock_fd = TAKE_FD(s.lock_fd) };
	return EXIT_DONE;
}

int session_begin(const struct cli *cli, const char *libvirt_uri, struct session *ret)
{
	const struct site site = { .root_fd = cli->root_fd, .is_live = cli->is_live, .libvirt_uri = libvirt_uri };

	return begin(cli, &site, ret);
}

int session_begin_before_network(const struct cli *cli, struct session *ret)
{
	const struct site site = { .root_fd = cli->root_fd, .is_live = cli->is_live, .before_network = true };

	return begin(cli, &site, ret);
}
