/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of mounts and swap: mountinfo, mounts, swaps. The first byte chooses. */

#include <errno.h>

#include "common/text.h"
#include "detect/mount.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	struct block list[] = { { .name = (char *)"dm-0", .number = (char *)"253:0", .dm_name = (char *)"vg-root" },
				{ .name = (char *)"nvme0n1p1", .number = (char *)"259:1" } };
	const struct blocks blocks = { .list = list, .n = ARRAY_SIZE(list) };
	_cleanup_free_ char *text = fuzz_text(data + (size > 0), size - (size > 0));
	_cleanup_(mounts_done) struct mounts mounts = {};
	_cleanup_fclose_ FILE *file = fmemopen(text, strlen(text), "r");
	bool is_swap = size && data[0] == 's';
	int r;

	if (!file)
		return 0;
	r = mounts_parse(fuzz_root(), file, "proc/table", is_swap, &blocks, &mounts);
	CHECK(r == 0 || r == -EIO);
	for (size_t i = 0; i < mounts.n; i++) {
		const struct mount *m = &mounts.list[i];

		CHECK(m->source && m->target && m->fs_type && m->number && str_eq(m->evidence, "proc/table"));
		CHECK(m->is_swap == is_swap);
		for (char **b = m->blocks; b && *b; b++)
			CHECK(blocks_find(&blocks, *b));
	}
	return 0;
}
