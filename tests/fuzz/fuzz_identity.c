/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/slipway/devices.conf: what was read and written again is read the same. */

#include <errno.h>

#include "detect/identity.h"
#include "tests/fuzz/fuzz.h"

static char *format(const struct identities *ids)
{
	struct text t = {};

	for (size_t i = 0; i < ids->n; i++)
		identity_format(&ids->list[i], &t);
	return text_take(&t);
}

FUZZ(data, size)
{
	_cleanup_(identities_done) struct identities ids = {}, again = {};
	_cleanup_free_ char *text = fuzz_text(data, size), *first = NULL, *second = NULL;
	int r = identities_parse(text, "fuzz", &ids);

	CHECK(r == 0 || r == -EINVAL);
	if (r < 0)
		return 0;
	first = format(&ids);
	CHECK(first && fuzz_is_printable(first, true));
	CHECK(identities_parse(first, "again", &again) == 0);
	CHECK(again.n == ids.n);
	second = format(&again);
	CHECK(str_eq(first, second));
	return 0;
}
