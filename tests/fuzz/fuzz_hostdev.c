/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain XML: the host's devices in it, and the places for more. */

#include <errno.h>
#include <libxml/parser.h>

#include "common/text.h"
#include "detect/device.h"
#include "passthrough/element.h"
#include "passthrough/guest_ports.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(hostdevs_done) struct hostdevs h = {};
	_cleanup_(elements_done) struct elements all = {};
	_cleanup_(guest_ports_done) struct guest_ports ports = {};
	int r = hostdevs_parse(text, &h);

	CHECK(r == 0 || r == -EINVAL);
	for (size_t i = 0; i < h.n; i++) {
		unsigned domain, bus, device, function;

		CHECK(address_parse(h.list[i].address, &domain, &bus, &device, &function) == 0);
		CHECK(hostdevs_find(&h, h.list[i].address));
	}
	r = elements_parse(text, &all);
	CHECK(r == 0 || r == -EINVAL);
	for (size_t i = 0; i < all.n; i++) {
		_cleanup_(element_done) struct element again = {};
		_cleanup_free_ char *bare = NULL;

		/* What stands there alone is the same device. A prefix of a name space may not stand alone. */
		if (element_parse(all.list[i].xml, &again) < 0)
			continue;
		CHECK(element_is_same(&again, &all.list[i]) || !again.source);
		CHECK(element_strip_alias(again.xml, &bare) == 0 && *bare);
	}
	r = guest_ports_parse(text, &ports);
	CHECK(r == 0 || r == -EINVAL);
	return 0;
}
