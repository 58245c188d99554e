/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's agent: its answers, and serials in them. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/guest_agent.h"
#include "tests/unit/check.h"

#define DISK(name, serial) "{\"name\":\"" name "\",\"partition\":false,\"address\":{\"serial\":\"" serial "\",\"bus-type\":\"nvme\"}}"

TEST(disks_with_a_serial_are_told)
{
	static const char answer[] = "{\"return\":[" DISK("/dev/nvme0n1", "QEMU_NVMe_Ctrl_S1") ",{\"name\":\"/dev/loop0\",\"partition\":false},"
				     "{\"name\":\"/dev/nvme0n1p1\",\"partition\":true,\"address\":{\"serial\":\"QEMU_NVMe_Ctrl_S1\"}}," DISK("/dev/vda", "") "]}";
	_cleanup_(guest_disks_done) struct guest_disks d = {};

	CHECK(guest_disks_parse(answer, &d) == 0 && d.n == 1);
	CHECK_STR(d.list[0].name, "/dev/nvme0n1");
	CHECK_STR(d.list[0].serial, "QEMU_NVMe_Ctrl_S1");
}

/* A serial that is part of another's is not that one. */
TEST(a_serial_is_a_whole_word)
{
	static const struct {
		const char *shown, *serial;
		bool is_found;
	} rows[] = {
		{ "S1", "S1", true },   { "QEMU_NVMe_Ctrl_S1", "S1", true },   { "QEMU_NVMe_Ctrl_S1_1", "S1", true }, { "QEMU_NVMe_Ctrl_S12", "S1", false },
		{ "XS1", "S1", false }, { "XS1_S1", "S1", true },              { "model S 1", "S 1", true },           { "S1", "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest_disk disk = { .name = (char *)"/dev/x", .serial = (char *)rows[i].shown };
		const struct guest_disks d = { .list = &disk, .n = 1 };

		CHECK_ROW(rows[i].shown, (guest_disks_find(&d, rows[i].serial) != NULL) == rows[i].is_found);
	}
}

TEST(an_answer_that_is_none_is_an_error)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"return\":{}}", "{\"error\":{\"class\":\"CommandNotFound\"}}", "{\"return\":[" };
	struct guest_disks d = {};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ROW(bad[i], guest_disks_parse(bad[i], &d) == -EINVAL && !d.list);
	CHECK(guest_disks_parse("{\"return\":[1,{\"name\":2},{\"name\":\"/dev/a\",\"address\":3},null]}", &d) == 0 && d.n == 0);
	guest_disks_done(&d);
}

TEST_MAIN()
