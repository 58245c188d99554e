/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open nodes: which device a process has that has one open, and for whom. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/machine.h"

#define OF_DISK(name) ("/sys/devices/pci0000:00/" DISK "/" name)

TEST(a_guest_s_process_is_named_by_the_guest)
{
	static const struct {
		const char *command, *said;
		char words[64];
	} cases[] = {
		{ "qemu-system-x86\n", "process 4711 (qemu-system-x86, guest osd1) has", "/usr/bin/qemu\0-name\0guest=osd1,debug-threads=on\0-S\0" },
		{ "qemu-kvm\n", "process 4711 (qemu-kvm, guest a,b) has", "/usr/libexec/qemu-kvm\0-name\0a,,b,process=x\0" },
		{ "qemu-system-x86\n", "process 4711 (qemu-system-x86) has", "/usr/bin/qemu\0-m\0guest=1G\0" },
		{ "qemu-system-x86\n", "process 4711 (qemu-system-x86) has", "/usr/bin/qemu\0-name" },
		{ "spdk\n", "process 4711 (spdk) has", "spdk\0-name\0osd1\0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;

		machine(&t);
		tree_link(&t, "proc/4711/fd/13", "/dev/nvme0n1");
		tree_put(&t, "proc/4711/comm", "%s", cases[i].command);
		tree_put_bytes(&t, "proc/4711/cmdline", cases[i].words, sizeof(cases[i].words));
		CHECK_ROW(cases[i].said, tree_read(&t) == 0);
		CHECK_ROW(cases[i].said, tree_use(&t, DISK, USE_OPEN, cases[i].said));
	}
}

/* A port above it is in the open group, too, and stays the host's. */
TEST(of_an_open_group_the_guest_has_what_is_on_vfio_pci)
{
	_cleanup_tree_ struct tree t;

	machine(&t);
	tree_pci(&t, SMBUS, "060400", "8086:a338", 4);
	tree_driver(&t, SMBUS, "pcieport");
	tree_driver(&t, GPU, "vfio-pci");
	tree_link(&t, "proc/77/fd/9", "/dev/vfio/4");
	CHECK(tree_read(&t) == 0);
	CHECK(tree_use(&t, GPU, USE_VFIO, "has /dev/vfio/4 open") && t.uses.n == 1);
}

TEST(open_files_that_could_not_be_read_make_the_answer_incomplete)
{
	_cleanup_tree_ struct tree t;

	machine(&t);
	CHECK(tree_read(&t) == 0 && t.host.openers.is_read && t.host.openers.is_complete);
	tree_put(&t, "proc/12/fd", "x"); /* a capture's way to say so */
	CHECK(tree_read(&t) == 0 && !t.host.openers.is_complete);
}

TEST(each_kind_of_node_leads_to_its_device)
{
	static const struct {
		const char *node, *class;
	} kinds[] = {
		{ "/dev/nvme3", "nvme" }, { "/dev/ng3n1", "nvme-generic" }, { "/dev/sg3", "scsi_generic" }, { "/dev/dri/renderD128", "drm" },
		{ "/dev/accel/accel0", "accel" }, { "/dev/uio3", "uio" }, { "/dev/ttyS4", "tty" }, { "/dev/infiniband/uverbs0", "infiniband_verbs" },
		{ "/dev/infiniband/umad0", "infiniband_mad" }, { "/dev/video0", "video4linux" }, { "/dev/snd/pcmC0D0p", "sound" }, { "/dev/ptp3", "ptp" },
		{ "/dev/watchdog0", "watchdog" }, { "/dev/mei0", "mei" }, { "/dev/st0", "scsi_tape" }, { "/dev/nst0", "scsi_tape" },
		{ "/dev/vhost-vdpa-0", "vhost-vdpa" }, { "/dev/ipmi0", "ipmi" }, { "/dev/hfi1_0", "hfi1_user" }, { "/dev/ttyUSB0", "tty" },
		{ "/dev/ttyACM0", "tty" }, { "/dev/hidraw0", "hidraw" },
	};
	_cleanup_tree_ struct tree t;

	machine(&t);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *base = strrchr(kinds[i].node, '/') + 1;
		_cleanup_free_ char *path = text_format("sys/class/%s/%s", kinds[i].class, base);
		_cleanup_free_ char *target = text_format("../../devices/pci0000:00/" GPU "/%s/%s", kinds[i].class, base);
		_cleanup_free_ char *fd = text_format("proc/5/fd/%zu", i);

		tree_link(&t, path, target);
		tree_link(&t, fd, kinds[i].node);
	}
	CHECK(tree_read(&t) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *what = text_format(" has %s open", kinds[i].node);

		CHECK_ROW(kinds[i].node, tree_use(&t, GPU, USE_OPEN, what));
	}
}

TEST(nodes_that_lead_nowhere_are_passed_over)
{
	static const char *const nodes[] = { "/dev/nvme99", "/dev/dri/card7", "/dev/vfio/vfio", "/dev/vfio/devices/vfio9", "/dev/nvidiactl",
					     "/dev/nvidia", "/dev/", "/dev/sdzz (deleted)", "/sys/devices/resource", "socket:[12]", "/dev/vfio/x" };
	_cleanup_tree_ struct tree t;

	machine(&t);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		_cleanup_free_ char *path = text_format("proc/5/fd/%zu", i);

		tree_link(&t, path, nodes[i]);
	}
	CHECK(tree_read(&t) == 0);
	CHECK(t.host.openers.n == 0 && t.uses.n == 0);
}

TEST(a_terminal_of_the_screen_is_nobodys_device)
{
	static const char *const common[] = { "/dev/tty", "/dev/tty1", "/dev/tty63", "/dev/pts/3", "/dev/null", "/home/x", "socket:[1]", "",
					      OF_DISK("vendor") };
	static const char *const counting[] = { "/dev/ttyS0", "/dev/ttyUSB0", "/dev/nvme0", OF_DISK("resource0_wc") };

	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		CHECK_ROW(common[i], !opener_node_counts(common[i]));
	for (size_t i = 0; i < ARRAY_SIZE(counting); i++)
		CHECK_ROW(counting[i], opener_node_counts(counting[i]));
}

TEST_MAIN()
