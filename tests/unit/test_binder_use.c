/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder leaves alone what the host has taken up. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/unit/binder_cases.h"
#include "tests/unit/check.h"
#include "tests/unit/claimed_node.h"

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

TEST(a_disk_that_the_kernel_holds_is_left_whatever_for)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();
	_cleanup_close_ int fd = -1;

	prepare(&h, WITH_SERIAL, &d);
	binder_host_add_block(&h, &d, "nvme0n1", "259:0");
	fd = claimed_node_make(h.root_fd, "dev/nvme0n1");
	if (fd < 0)
		CHECK_SKIP("needs root, and a loop device");
	CHECK(early_first(h.root_fd) == 0);
	CHECK(has_log(&h, "in use by the host: nvme0n1 is claimed by the kernel"));
	CHECK_STR(kernel_log, "");
}

TEST(what_is_used_of_others_is_no_use_of_the_device)
{
	static const struct {
		const char *path, *text;
	} others[] = {
		{ "proc/self/mountinfo", "25 1 259:10 / / rw,relatime - ext4 /dev/nvme1n1 rw\n" },
		{ "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/nvme1n1 partition 1 0 -2\n" },
		{ "sys/class/block/nvme1n1/holders/dm-0", "" },
		/* A port of its own that is down. */
		{ "sys/bus/pci/devices/" ADDRESS "/net/eno1/flags", "0x1002\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = cheap_drive(), other = cheap_drive();

		other.address = "0000:06:00.0";
		other.bridges = "pci0000:00/0000:00:07.0";
		other.slot = NULL;
		prepare(&h, WITH_SERIAL, &d);
		binder_host_add(&h, &other);
		binder_host_add_block(&h, &d, "nvme0n1", "259:0");
		binder_host_add_block(&h, &other, "nvme1n1", "259:10");
		binder_host_write(&h, others[i].path, others[i].text);
		CHECK(early_first(h.root_fd) == 0);
		CHECK_STR(binder_host_driver(&h, ADDRESS), "vfio-pci");
	}
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
