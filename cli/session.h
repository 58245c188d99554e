/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session: what every verb that changes something begins with: root, the lock, the journal, recovery. */
#pragma once

#include "cli/cli.h"
#include "installer/transaction.h"

struct session {
	struct site site;
	struct journal journal;
	unsigned recovered; /* the transaction that was interrupted, and has been taken back; 0: none */
	int lock_fd;
};

/* EXIT_DONE and an open session, or the exit status to end with, after it has been said why. An interrupted transaction is taken back first. */
int session_begin(const struct cli *cli, const char *libvirt_uri, struct session *ret);
/* The same early in a boot: of what was interrupted the files alone are taken back, before the network is made of them. */
int session_begin_before_network(const struct cli *cli, struct session *ret);
void session_done(struct session *s);
/* Outcomes as exit statuses. */
int outcome_status(enum outcome outcome);
