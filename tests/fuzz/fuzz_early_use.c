/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of mounts and swap, as the early binder looks into them; the first byte chooses. */

#include <errno.h>
#include <sys/stat.h>

#include "early/use.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESS "0000:01:00.0"

static void tree_make(int root)
{
	static bool is_made;

	if (is_made)
		return;
	is_made = true;
	fuzz_file("sys/class/block/README", "", 0);
	fuzz_file("sys/devices/pci0000:00/" ADDRESS "/block/sda/dev", "8:0\n", 4);
	unlinkat(root, "sys/class/block/README", 0);
	CHECK(symlinkat("../../devices/pci0000:00/" ADDRESS "/block/sda", root, "sys/class/block/sda") == 0);
}

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data + (size > 0), size - (size > 0));
	bool is_swap = size && data[0] % 2;
	char evidence[128] = "";
	int r;

	tree_make(fuzz_root());
	fuzz_file("proc/self/mountinfo", text, is_swap ? 0 : strlen(text));
	fuzz_file("proc/swaps", text, is_swap ? strlen(text) : 0);
	r = use_find(fuzz_root(), ADDRESS, evidence, sizeof(evidence));
	CHECK(r == 0 || r == 1 || r == -E2BIG);
	CHECK(r != 1 || *evidence);
	return 0;
}
