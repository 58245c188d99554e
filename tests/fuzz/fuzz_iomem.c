/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/iomem: which display has the boot framebuffer. */

#include "detect/framebuffer.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	struct device list[] = {
		{ .address = (char *)"0000:00:01.0", .device = 1, .class = 0x060400, .is_bridge = true },
		{ .address = (char *)"0000:01:00.0", .bus = 1, .class = 0x030000, .bars[1] = { .start = 0xc0000000, .size = 0x10000000 } },
		{ .address = (char *)"0000:02:00.0", .bus = 2, .class = 0x030000, .bars[0] = { .start = 0x4000000000, .size = 0x1000 } },
	};
	struct devices devices = { list, ARRAY_SIZE(list) };
	_cleanup_free_ char *text = fuzz_text(data, size);
	unsigned n = 0;

	framebuffer_parse(text, &devices);
	for (size_t i = 0; i < devices.n; i++) {
		n += list[i].boot_framebuffer == TRUTH_YES;
		CHECK(!list[i].is_bridge || list[i].boot_framebuffer != TRUTH_YES);
		/* Known for all of them, or for none. */
		CHECK((list[i].boot_framebuffer == TRUTH_UNKNOWN) == (list[0].boot_framebuffer == TRUTH_UNKNOWN));
	}
	CHECK(n <= 1);
	return 0;
}
