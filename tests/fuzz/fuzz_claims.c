/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab, crypttab, kdump.conf, initramfs-tools' resume; the first letter chooses. */

#include "common/text.h"
#include "detect/claim.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	static const char *const paths[] = { "etc/fstab", "etc/crypttab", "etc/kdump.conf", "etc/initramfs-tools/conf.d/resume" };
	struct block list[] = { { .name = (char *)"dm-0", .number = (char *)"253:0", .dm_name = (char *)"vg-root", .uuid = (char *)"ab-cd" },
				{ .name = (char *)"nvme0n1p1", .number = (char *)"259:1", .disk = (char *)"nvme0n1", .label = (char *)"data" } };
	const struct blocks blocks = { .list = list, .n = ARRAY_SIZE(list) };
	_cleanup_(claims_done) struct claims claims = {};
	const struct cmdline cmdline = {};
	const struct mounts mounts = {};
	const size_t chosen = size ? data[0] % ARRAY_SIZE(paths) : 0;

	fuzz_file(paths[chosen], data + (size > 0), size - (size > 0));
	CHECK(claims_read_files(fuzz_root(), &cmdline, &blocks, &mounts, &claims) == 0);
	for (size_t i = 0; i < claims.n; i++)
		CHECK(claims.list[i].what && *claims.list[i].what && blocks_find(&blocks, claims.list[i].block));
	fuzz_file(paths[chosen], "", 0);
	return 0;
}
