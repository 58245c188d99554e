/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chain of bridges in a link below sys/bus/pci/devices, as the early binder reads it and as slipway does. */

#include <errno.h>

#include "common/text.h"
#include "detect/place.h"
#include "early/seen.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESS "0000:05:00.0"
#define LINK "sys/bus/pci/devices/" ADDRESS

static void place_done(struct device *d)
{
	free(d->sysfs);
	free(d->path);
	free(d->parent);
}

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(place_done) struct device d = {};
	bool may_be_zpci = false;
	char chain[256] = "";
	int r;

	if (!*text || strlen(text) > 2048)
		return 0;
	fuzz_file("sys/bus/pci/devices/x", "", 0);
	unlinkat(fuzz_root(), LINK, 0);
	CHECK(symlinkat(text, fuzz_root(), LINK) == 0);
	r = chain_read(fuzz_root(), ADDRESS, &may_be_zpci, chain, sizeof(chain));
	CHECK(r == 0 || r == -E2BIG);
	CHECK(place_parse(text, &d) == 0);
	CHECK(r == 0 ? str_eq(chain, d.path) : strlen(d.path) >= sizeof(chain));
	return 0;
}
