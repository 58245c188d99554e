/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder leaves alone what the host has taken up. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/unit/binder_cases.h"
#include "tests/unit/check.h"

TEST(a_disk_in_use_is_left_to_the_host)
{
	static const struct {
		const char *path, *text, *why; /* text NULL: a folder is where the file was, or a file where the folder was */
	} uses[] = {
		{ "proc/self/mountinfo", "25 1 259:1 / / rw,relatime - ext4 /dev/nvme0n1p1 rw\n",
		  "in use by the host: nvme0n1p1 is mounted at /\n" },
		{ "proc/self/mountinfo", "25 1 259:0 / /data rw,relatime - xfs /dev/nvme0n1 rw\n",
		  "in use by the host: nvme0n1 is mounted at /data\n" },
		{ "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/nvme0n1p1 partition 1 0 -2\n",
		  "in use by the host: nvme0n1p1 is swap\n" },
		{ "sys/class/block/nvme0n1p1/holders/dm-0", "", "in use by the host: nvme0n1p1 is held by dm-0\n" },
		{ "sys/class/block/nvme0n1p1/holders", NULL, "in use by the host: cannot tell (Not a directory)\n" },
		{ "proc/swaps", NULL, "in use by the host: cannot tell (Is a directory)\n" },
		{ "sys/bus/pci/devices/" ADDRESS "/net/eno1/flags", "0x1003\n", "in use by the host: network port eno1 is up\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = cheap_drive();

		prepare(&h, WITH_SERIAL, &d);
		binder_host_add_block(&h, &d, "nvme0n1", "259:0");
		binder_host_add_block(&h, &d, "nvme0n1p1", "259:1");
		if (!uses[i].text && unlinkat(h.root_fd, uses[i].path, 0) == 0)
			CHECK(mkdirat(h.root_fd, uses[i].path, 0755) == 0);
		else if (uses[i].text || unlinkat(h.root_fd, uses[i].path, AT_REMOVEDIR) == 0)
			binder_host_write(&h, uses[i].path, uses[i].text ? uses[i].text : "");
		CHECK(early_first(h.root_fd) == 0);
		CHECK(has_log(&h, uses[i].why));
		CHECK_STR(kernel_log, "");
		CHECK_STR(binder_host_driver(&h, ADDRESS), "nvme");
	}
}

TEST(the_disk_of_an_nvme_multipath_is_found_in_use)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	prepare(&h, WITH_SERIAL, &d);
	binder_host_write(&h, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/dev", "259:0\n");
	binder_host_link(&h, "sys/class/block/nvme0n1", "../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	binder_host_link(&h, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
			 "../../../pci0000:00/0000:00:06.0/" ADDRESS "/nvme/nvme0");
	binder_host_write(&h, "proc/self/mountinfo", "25 1 259:0 / /data rw,relatime - xfs /dev/nvme0n1 rw\n");
	CHECK(early_first(h.root_fd) == 0);
	CHECK(has_log(&h, "in use by the host: nvme0n1 is mounted at /data"));
	CHECK_STR(kernel_log, "");
}

TEST(a_host_whose_mounts_cannot_be_read_keeps_its_disks)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	prepare(&h, WITH_SERIAL, &d);
	binder_host_add_block(&h, &d, "nvme0n1", "259:0");
	CHECK(unlinkat(h.root_fd, "proc/self/mountinfo", 0) == 0);
	CHECK(early_first(h.root_fd) == 0);
	CHECK(has_log(&h, "in use by the host: cannot tell (No such file or directory)"));
	CHECK_STR(kernel_log, "");
}

TEST_MAIN()
