/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec. */

#include <errno.h>

#include "installer/spec.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(wishes_done) struct wishes w = {};
	int r = spec_parse(text, "fuzz.yaml", &w);

	CHECK(r == 0 || r == -EINVAL);
	/* What is wrong has been told, and is there without its value. */
	for (size_t i = 0; i < w.n_passthrough && r == 0; i++) {
		CHECK(w.passthrough[i].selector && *w.passthrough[i].selector);
		CHECK(w.passthrough[i].count <= 4096);
		CHECK(w.passthrough[i].bind <= BIND_WISH_ADDRESS);
	}
	for (char **a = w.arguments; a && *a; a++)
		CHECK(**a);
	return 0;
}
