/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain XML: the host's devices in it. */

#include <errno.h>
#include <libxml/parser.h>

#include "common/text.h"
#include "detect/device.h"
#include "passthrough/hostdev.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(hostdevs_done) struct hostdevs h = {};
	int r = hostdevs_parse(text, &h);

	CHECK(r == 0 || r == -EINVAL);
	for (size_t i = 0; i < h.n; i++) {
		_cleanup_free_ char *xml = NULL;
		unsigned domain, bus, device, function;

		CHECK(address_parse(h.list[i].address, &domain, &bus, &device, &function) == 0);
		CHECK(hostdevs_find(&h, h.list[i].address));
		if (h.list[i].kind == HOSTDEV_PLAIN)
			CHECK(hostdev_extract(text, h.list[i].address, &xml) == 0 && xml && *xml);
	}
	return 0;
}
