/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal. */

#include <errno.h>

#include "installer/journal.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(journal_done) struct journal j = {};
	int r = journal_parse(text, -1, &j);

	CHECK(r == 0 || r == -EINVAL || r == -EOPNOTSUPP);
	for (size_t i = 0; i < j.n; i++) {
		const struct transaction *t = &j.list[i];

		CHECK(t->id > 0 && t->verb && t->time && transaction_state_name(t->state));
		/* Ids name folders: two transactions never share one. */
		CHECK(journal_find(&j, t->id) == t);
		CHECK(t->n_changes <= 10000);
	}
	return 0;
}
