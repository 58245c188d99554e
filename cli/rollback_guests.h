/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests that came after an apply, since they had to wait for it: they go before it is taken back. */
#pragma once

#include "cli/session.h"

/* EXIT_DONE: they are gone, or there were none. Else an exit status after it was said why; the apply is not to be touched then. */
int rollback_guests(struct session *session, const struct transaction *apply);
