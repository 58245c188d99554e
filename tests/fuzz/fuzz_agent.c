/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's agent answers: the guest is a stranger. */

#include <errno.h>

#include "passthrough/guest_agent.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(guest_disks_done) struct guest_disks d = {};
	int r = guest_disks_parse(text, &d);

	CHECK((r == 0 || r == -EINVAL) && (r == 0 || !d.n));
	for (size_t i = 0; i < d.n; i++) {
		CHECK(d.list[i].name && *d.list[i].serial);
		CHECK(guest_disks_find(&d, d.list[i].serial));
	}
	return 0;
}
