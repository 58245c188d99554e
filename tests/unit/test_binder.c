/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder on pretended hosts. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "detect/identity.h"
#include "early/agree.h"
#include "early/early.h"
#include "early/seen.h"
#include "early/wanted.h"
#include "tests/unit/binder_host.h"
#include "tests/unit/check.h"

#define ADDRESS "0000:05:00.0"
#define CONF "etc/slipway/devices.conf"
#define EARLY "run/slipway/early"
#define KMSG "dev/kmsg"
#define COMMON ADDRESS " bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0"
#define WITH_PCIE_SERIAL COMMON " pcie-serial=0025385b81b0aa01 slot=4 serial=S4EVNX0R1 model=Samsung%20SSD\n"
#define WITH_SERIAL COMMON " slot=4 serial=S4EVNX0R1 model=Samsung%20SSD\n"
#define WAIT_MS 20

/* A drive with a PCIe serial number, before nvme is loaded. */
static struct binder_device good_drive(void)
{
	return (struct binder_device){
		.address = ADDRESS, .bridges = "pci0000:00/0000:00:06.0", .vendor = 0x144d, .product = 0xa80a,
		.subsystem_vendor = 0x144d, .subsystem_product = 0xa801, .class = 0x010802, .slot = "4",
		.pcie_serial = 0x0025385b81b0aa01,
	};
}

/* A drive that has none, on nvme. */
static struct binder_device cheap_drive(void)
{
	struct binder_device d = good_drive();

	d.pcie_serial = 0;
	d.driver = "nvme";
	d.serial = "S4EVNX0R1           ";
	d.model = "Samsung SSD";
	d.state = "live";
	return d;
}

static void run(struct binder_host *h, const char *conf, const struct binder_device *d)
{
	binder_host_open(h);
	if (d)
		binder_host_add(h, d);
	binder_host_write(h, CONF, conf);
	if (early_first(h->root_fd))
		early_second(h->root_fd, WAIT_MS);
}

static bool has_log(struct binder_host *h, const char *line)
{
	return strstr(binder_host_read(h, KMSG), line) != NULL;
}

/* All that must hold of a device that is left alone: nothing written to it, and the difference is told twice. */
#define CHECK_LEFT(h, why, escaped)                                                                    \
	do {                                                                                           \
		CHECK_STR(kernel_log, "");                                                             \
		CHECK_STR(binder_host_read(h, KMSG), "<4>slipway: " ADDRESS ": left to the host: " why "\n"); \
		CHECK_STR(binder_host_read(h, EARLY), ADDRESS " result=left reason=" escaped "\n");    \
	} while (0)

TEST(a_device_that_agrees_is_bound)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_STR(kernel_log, "sys/bus/pci/devices/" ADDRESS "/driver_override vfio-pci\n"
			      "sys/bus/pci/drivers_probe " ADDRESS "\n");
	CHECK_STR(binder_host_driver(&h, ADDRESS), "vfio-pci");
	CHECK_STR(binder_host_read(&h, EARLY), ADDRESS " result=bound\n");
	CHECK_STR(binder_host_read(&h, KMSG), "<5>slipway: " ADDRESS ": bound to vfio-pci (Samsung SSD, serial S4EVNX0R1)\n");
}

TEST(a_driver_that_is_built_in_lets_go_first)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.driver = "nvme";
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_STR(kernel_log, "sys/bus/pci/devices/" ADDRESS "/driver_override vfio-pci\n"
			      "sys/bus/pci/devices/" ADDRESS "/driver/unbind " ADDRESS "\n"
			      "sys/bus/pci/drivers_probe " ADDRESS "\n");
	CHECK_STR(binder_host_driver(&h, ADDRESS), "vfio-pci");
}

TEST(a_device_that_vfio_refuses_goes_back_to_its_driver)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.driver = "nvme";
	binder_host_open(&h);
	binder_host_add(&h, &d);
	binder_host_write(&h, CONF, WITH_PCIE_SERIAL);
	kernel_refuses_vfio = true;
	CHECK(early_first(h.root_fd) == 0);
	CHECK_STR(binder_host_driver(&h, ADDRESS), "nvme");
	CHECK_STR(binder_host_read(&h, "sys/bus/pci/devices/" ADDRESS "/driver_override"), "(null)\n");
	CHECK_STR(binder_host_read(&h, KMSG), "<4>slipway: " ADDRESS ": left to the host: vfio-pci did not take it (drivers_probe: "
					      "Invalid argument)\n");
}

TEST(without_the_switch_nothing_happens)
{
	static const char *const lines[] = {
		"root=/dev/sda1 ro", "", "slipway.bind=0", "slipway.bind", "slipway.bind=11", "xslipway.bind=1", "slipway.bind=1x",
		"dyndbg=\"file x slipway.bind=1 +p\"", "ro -- slipway.bind=1", "slipway.bind=1 slipway.bind=0",
		"slipway.bind=1 slipway.bind",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = good_drive();

		binder_host_open(&h);
		binder_host_add(&h, &d);
		binder_host_write(&h, CONF, WITH_PCIE_SERIAL);
		binder_host_write(&h, "proc/cmdline", lines[i]);
		CHECK(!early_is_asked(h.root_fd));
		CHECK(early_first(h.root_fd) == 0);
		early_second(h.root_fd, WAIT_MS);
		CHECK_STR(kernel_log, "");
		CHECK_STR(binder_host_read(&h, KMSG), "");
		CHECK_STR(binder_host_read(&h, EARLY), "");
	}
}

TEST(the_switch_is_found_among_other_words)
{
	static const char *const lines[] = {
		"slipway.bind=1", "slipway.bind=1\n", "ro slipway.bind=1 quiet -- x", "a=\"b c\" slipway.bind=1",
		"slipway.bind=0 slipway.bind=1", "slipway.bind=1 slipway.binds slipway.bind_x=0",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_(binder_host_close) struct binder_host h;

		binder_host_open(&h);
		binder_host_write(&h, "proc/cmdline", lines[i]);
		CHECK(early_is_asked(h.root_fd));
	}
}

TEST(another_id_is_left_to_the_host)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.product = 0xa80b;
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_LEFT(&h, "vendor and device id: recorded 144d:a80a, found 144d:a80b",
		   "vendor%20and%20device%20id:%20recorded%20144d:a80a,%20found%20144d:a80b");
}

TEST(another_subsystem_is_left_to_the_host)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.subsystem_product = 0xa802;
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_LEFT(&h, "subsystem id: recorded 144d:a801, found 144d:a802",
		   "subsystem%20id:%20recorded%20144d:a801,%20found%20144d:a802");
}

TEST(another_chain_of_bridges_is_left_to_the_host)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.bridges = "pci0000:00/0000:00:07.0";
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_LEFT(&h, "chain of bridges: recorded 0000:00/06.0/00.0, found 0000:00/07.0/00.0",
		   "chain%20of%20bridges:%20recorded%200000:00/06.0/00.0,%20found%200000:00/07.0/00.0");
}

TEST(another_slot_is_left_to_the_host)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.slot = "5";
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_LEFT(&h, "slot: recorded 4, found 5", "slot:%20recorded%204,%20found%205");
}

TEST(another_pcie_serial_is_left_to_the_host)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.pcie_serial++;
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_LEFT(&h, "PCIe serial number: recorded 0025385b81b0aa01, found 0025385b81b0aa02",
		   "PCIe%20serial%20number:%20recorded%200025385b81b0aa01,%20found%200025385b81b0aa02");
}

TEST(a_pcie_serial_that_cannot_be_read_is_made_up_for_by_the_nvme_serial)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.is_short = true;
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK(has_log(&h, "showed no serial within"));
	CHECK_STR(kernel_log, "");
	binder_host_close(&h);

	d = cheap_drive();
	d.is_short = true;
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_STR(binder_host_driver(&h, ADDRESS), "vfio-pci");
	binder_host_close(&h);

	d = good_drive();
	d.is_short = true;
	run(&h, COMMON " pcie-serial=0025385b81b0aa01\n", &d);
	CHECK_LEFT(&h, "its PCIe serial number cannot be read", "its%20PCIe%20serial%20number%20cannot%20be%20read");
}

TEST(a_drive_without_pcie_serial_waits_for_nvme)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	binder_host_open(&h);
	binder_host_write(&h, CONF, WITH_SERIAL);
	d.driver = d.serial = d.model = d.state = NULL;
	binder_host_add(&h, &d);
	CHECK(early_first(h.root_fd) == 1);
	CHECK_STR(kernel_log, "");
	CHECK_STR(binder_host_read(&h, KMSG), "");
}

TEST(a_drive_is_bound_when_nvme_shows_its_serial)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	run(&h, WITH_SERIAL, &d);
	CHECK_STR(kernel_log, "sys/bus/pci/devices/" ADDRESS "/driver_override vfio-pci\n"
			      "sys/bus/pci/devices/" ADDRESS "/driver/unbind " ADDRESS "\n"
			      "sys/bus/pci/drivers_probe " ADDRESS "\n");
	CHECK_STR(binder_host_read(&h, EARLY), ADDRESS " result=bound\n");
}

TEST(a_twin_with_another_nvme_serial_is_left_to_the_host)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	d.serial = "S4EVNX0R2";
	run(&h, WITH_SERIAL, &d);
	CHECK_LEFT(&h, "serial: recorded S4EVNX0R1, found S4EVNX0R2", "serial:%20recorded%20S4EVNX0R1,%20found%20S4EVNX0R2");
}

TEST(a_controller_that_never_comes_up_is_left_to_the_host_in_time)
{
	static const char *const states[] = { "connecting", "live" };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = cheap_drive();
		struct timespec before, after;

		d.state = states[i];
		d.serial = i ? "   " : "(efault)";
		clock_gettime(CLOCK_MONOTONIC, &before);
		run(&h, WITH_SERIAL, &d);
		clock_gettime(CLOCK_MONOTONIC, &after);
		CHECK_LEFT(&h, "the nvme driver showed no serial within 20 ms",
			   "the%20nvme%20driver%20showed%20no%20serial%20within%2020%20ms");
		CHECK(after.tv_sec - before.tv_sec < 3);
	}
}

TEST(an_absent_device_is_reported_and_no_more)
{
	_cleanup_(binder_host_close) struct binder_host h;

	run(&h, WITH_PCIE_SERIAL, NULL);
	CHECK_LEFT(&h, "no device is there", "no%20device%20is%20there");
}

TEST(a_malformed_line_does_not_stop_the_others)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	run(&h, "# devices\n\n0000:07:00.0 bind=address id=144d\nnonsense\n" WITH_PCIE_SERIAL WITH_PCIE_SERIAL, &d);
	CHECK_STR(binder_host_read(&h, EARLY), "line:3 result=left reason=malformed%20line\n"
					       "line:4 result=left reason=malformed%20line\n"
					       "line:6 result=left reason=an%20earlier%20line%20has%20the%20same%20address\n"
					       ADDRESS " result=bound\n");
	CHECK(has_log(&h, "<4>slipway: /etc/slipway/devices.conf:3: skipped: malformed line\n"));
}

TEST(a_missing_list_is_reported)
{
	_cleanup_(binder_host_close) struct binder_host h;

	binder_host_open(&h);
	CHECK(early_first(h.root_fd) == 0);
	CHECK_STR(binder_host_read(&h, KMSG), "<4>slipway: cannot read /etc/slipway/devices.conf: No such file or directory; "
					      "no device is bound\n");
}

TEST(a_hostile_name_stays_data)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	d.model = "A\033[2J\n<0>slipway: fake B%\xff";
	run(&h, COMMON " serial=S4EVNX0R1\n", &d);
	CHECK_STR(binder_host_read(&h, KMSG), "<5>slipway: " ADDRESS ": bound to vfio-pci (A\\x1b[2J\\x0a<0>slipway: fake B%\\xff, "
					      "serial S4EVNX0R1)\n");
	CHECK(strstr(binder_host_read(&h, "run/slipway/devices/" ADDRESS), " model=A%1b[2J%0a<0>slipway:%20fake%20B%25%ff inode="));
	binder_host_close(&h);

	d.serial = "x\n<0>y";
	run(&h, COMMON " serial=S4EVNX0R1\n", &d);
	CHECK_LEFT(&h, "serial: recorded S4EVNX0R1, found x\\x0a<0>y", "serial:%20recorded%20S4EVNX0R1,%20found%20x%0a<0>y");
}

TEST(a_disk_in_use_is_left_to_the_host)
{
	static const struct {
		const char *path, *text, *why;
	} uses[] = {
		{ "proc/self/mountinfo", "25 1 259:1 / / rw,relatime - ext4 /dev/nvme0n1p1 rw\n",
		  "in use by the host: nvme0n1p1 is mounted at /\n" },
		{ "proc/self/mountinfo", "25 1 259:0 / /data rw,relatime - xfs /dev/nvme0n1 rw\n",
		  "in use by the host: nvme0n1 is mounted at /data\n" },
		{ "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/nvme0n1p1 partition 1 0 -2\n",
		  "in use by the host: nvme0n1p1 is swap\n" },
		{ "sys/class/block/nvme0n1p1/holders/dm-0", "", "in use by the host: nvme0n1p1 is held by dm-0\n" },
		{ "sys/bus/pci/devices/" ADDRESS "/net/eno1/flags", "0x1003\n", "in use by the host: network port eno1 is up\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = cheap_drive();

		binder_host_open(&h);
		binder_host_add(&h, &d);
		binder_host_add_block(&h, &d, "nvme0n1", "259:0");
		binder_host_add_block(&h, &d, "nvme0n1p1", "259:1");
		binder_host_write(&h, CONF, WITH_SERIAL);
		binder_host_write(&h, uses[i].path, uses[i].text);
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

	binder_host_open(&h);
	binder_host_add(&h, &d);
	binder_host_write(&h, CONF, WITH_SERIAL);
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

	binder_host_open(&h);
	binder_host_add(&h, &d);
	binder_host_add_block(&h, &d, "nvme0n1", "259:0");
	binder_host_write(&h, CONF, WITH_SERIAL);
	CHECK(unlinkat(h.root_fd, "proc/self/mountinfo", 0) == 0);
	CHECK(early_first(h.root_fd) == 0);
	CHECK(has_log(&h, "in use by the host: cannot tell (No such file or directory)"));
	CHECK_STR(kernel_log, "");
}

TEST(devices_bound_by_their_ids_are_only_looked_at)
{
	static const struct {
		const char *driver, *slot, *result, *log;
	} cases[] = {
		{ "vfio-pci", "4", ADDRESS " result=bound\n", "<5>slipway: " ADDRESS ": bound to vfio-pci" },
		{ "nvme", "4", ADDRESS " result=left reason=vfio-pci.ids=%20did%20not%20bind%20it%20(driver:%20nvme)\n",
		  "<4>slipway: " ADDRESS ": left to the host: vfio-pci.ids= did not bind it (driver: nvme)" },
		{ "vfio-pci", "5",
		  ADDRESS " result=left reason=slot:%20recorded%204,%20found%205%20(although%20vfio-pci%20has%20it)\n",
		  "<4>slipway: " ADDRESS ": left to the host: slot: recorded 4, found 5 (although vfio-pci has it)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = good_drive();

		d.driver = cases[i].driver;
		d.slot = cases[i].slot;
		run(&h, ADDRESS " bind=ids id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0 "
			"pcie-serial=0025385b81b0aa01 slot=4 serial=S4EVNX0R1\n", &d);
		CHECK_STR(kernel_log, "");
		CHECK_STR(binder_host_read(&h, EARLY), cases[i].result);
		CHECK(has_log(&h, cases[i].log));
	}
}

TEST(without_vfio_pci_the_host_keeps_its_driver)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.driver = "nvme";
	binder_host_open(&h);
	binder_host_add(&h, &d);
	binder_host_write(&h, CONF, WITH_PCIE_SERIAL);
	CHECK(unlinkat(h.root_fd, "sys/bus/pci/drivers/vfio-pci/bind", 0) == 0);
	CHECK(unlinkat(h.root_fd, "sys/bus/pci/drivers/vfio-pci", AT_REMOVEDIR) == 0);
	CHECK(early_first(h.root_fd) == 0);
	CHECK_LEFT(&h, "vfio-pci is not loaded", "vfio-pci%20is%20not%20loaded");
}

TEST(without_an_iommu_the_host_keeps_its_driver)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	binder_host_open(&h);
	binder_host_add(&h, &d);
	binder_host_write(&h, CONF, WITH_SERIAL);
	CHECK(unlinkat(h.root_fd, "sys/bus/pci/devices/" ADDRESS "/iommu_group", 0) == 0);
	CHECK(early_first(h.root_fd) == 0);
	CHECK_LEFT(&h, "it has no IOMMU group: the IOMMU is off", "it%20has%20no%20IOMMU%20group:%20the%20IOMMU%20is%20off");
}

TEST(binding_happens_once_in_a_boot)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	run(&h, WITH_PCIE_SERIAL, &d);
	kernel_log[0] = '\0';
	CHECK(early_first(h.root_fd) == 0);
	CHECK_STR(kernel_log, "");
	CHECK_STR(binder_host_read(&h, EARLY), ADDRESS " result=bound\n");
}

TEST(capabilities_that_bite_their_tail_end)
{
	static const struct {
		off_t at;
		const char *bytes;
	} loops[] = {
		{ 0x41, "\x40" },      /* power management points to itself: no PCI Express capability is reached */
		{ 0x102, "\x01\x10" }, /* error reporting, at 0x100, does */
	};

	for (size_t i = 0; i < ARRAY_SIZE(loops); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		_cleanup_close_ int fd = -1;
		struct binder_device d = good_drive();

		binder_host_open(&h);
		binder_host_add(&h, &d);
		fd = openat(h.root_fd, "sys/bus/pci/devices/" ADDRESS "/config", O_WRONLY);
		CHECK(pwrite(fd, loops[i].bytes, strlen(loops[i].bytes), loops[i].at) > 0);
		binder_host_write(&h, CONF, WITH_PCIE_SERIAL);
		CHECK(early_first(h.root_fd) == 0);
		CHECK(has_log(&h, "PCIe serial number: recorded 0025385b81b0aa01, found none"));
	}
}

TEST(the_running_system_learns_the_serial_of_a_bound_drive)
{
	struct binder_device drives[] = { good_drive(), cheap_drive() };
	static const char *const lines[] = { WITH_PCIE_SERIAL, WITH_SERIAL };

	for (size_t i = 0; i < ARRAY_SIZE(drives); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		_cleanup_(devices_done) struct devices devices = {};
		struct identities none = {};
		struct device *d;

		run(&h, lines[i], &drives[i]);
		CHECK(devices_read(h.root_fd, &devices) == 0);
		CHECK(identities_fill(h.root_fd, &none, &devices) == 0);
		d = devices_find(&devices, ADDRESS);
		CHECK(d);
		CHECK_STR(d->driver, "vfio-pci");
		CHECK_STR(d->serial, "S4EVNX0R1");
		CHECK_STR(d->model, "Samsung SSD");
		CHECK(!d->serial_remembered);
	}
}

TEST(several_lines_are_decided_each_for_itself)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device a = good_drive(), b = cheap_drive(), c = cheap_drive();

	b.address = "0000:06:00.0";
	b.bridges = "pci0000:00/0000:00:07.0";
	b.slot = NULL;
	c.address = "0000:07:00.0";
	c.bridges = "pci0000:00/0000:00:08.0";
	c.slot = NULL;
	c.serial = "OTHER";
	binder_host_open(&h);
	binder_host_add(&h, &a);
	binder_host_add(&h, &b);
	binder_host_add(&h, &c);
	binder_host_write(&h, CONF,
		"0000:07:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/08.0/00.0 serial=S4EVNX0R3\n"
		"0000:06:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/07.0/00.0 serial=S4EVNX0R1\n"
		WITH_PCIE_SERIAL);
	if (early_first(h.root_fd))
		early_second(h.root_fd, WAIT_MS);
	CHECK_STR(binder_host_driver(&h, "0000:05:00.0"), "vfio-pci");
	CHECK_STR(binder_host_driver(&h, "0000:06:00.0"), "vfio-pci");
	CHECK_STR(binder_host_driver(&h, "0000:07:00.0"), "nvme");
}

static void no_change(struct binder_device *d) { (void)d; }
static void change_vendor(struct binder_device *d) { d->vendor++; }
static void change_product(struct binder_device *d) { d->product++; }
static void change_subsystem_vendor(struct binder_device *d) { d->subsystem_vendor++; }
static void change_subsystem(struct binder_device *d) { d->subsystem_product++; }
static void change_class(struct binder_device *d) { d->class = 0x010801; }
static void change_bridge(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:06.1"; }
static void add_bridge(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:06.0/0000:04:00.0"; }
static void renumber_bridge(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:1c.0/0000:03:06.0"; }
static void behind_vmd(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:0e.0/pci10000:00/10000:00:01.0"; }
static void change_slot(struct binder_device *d) { d->slot = "40"; }
static void no_slot(struct binder_device *d) { d->slot = NULL; }
static void change_pcie_serial(struct binder_device *d) { d->pcie_serial ^= 1ull << 63; }
static void no_pcie_serial(struct binder_device *d) { d->pcie_serial = 0; }
static void blank_pcie_serial(struct binder_device *d) { d->pcie_serial = UINT64_MAX; }
static void short_config(struct binder_device *d) { d->is_short = true; }

static void on_nvme(struct binder_device *d)
{
	d->driver = "nvme";
	d->serial = "  S4EVNX0R1 ";
	d->model = "anything";
}

static void other_on_nvme(struct binder_device *d)
{
	on_nvme(d);
	d->serial = "S4EVNX0R10";
}

/* The binder and the rest of slipway must never disagree on whether a device is the one that was recorded. */
static const struct {
	const char *line;
	void (*change)(struct binder_device *d);
	const char *why; /* NULL: agrees */
} agreements[] = {
	{ WITH_PCIE_SERIAL, no_change, NULL },
	{ WITH_PCIE_SERIAL, change_vendor, "vendor and device id" },
	{ WITH_PCIE_SERIAL, change_product, "vendor and device id" },
	{ WITH_PCIE_SERIAL, change_subsystem_vendor, "subsystem id" },
	{ WITH_PCIE_SERIAL, change_subsystem, "subsystem id" },
	{ WITH_PCIE_SERIAL, change_class, "class" },
	{ WITH_PCIE_SERIAL, change_bridge, "chain of bridges" },
	{ WITH_PCIE_SERIAL, add_bridge, "chain of bridges" },
	{ WITH_PCIE_SERIAL, behind_vmd, "chain of bridges" },
	{ ADDRESS " bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/0e.0/01.0/00.0 "
	  "pcie-serial=0025385b81b0aa01", behind_vmd, NULL },
	{ ADDRESS " bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/1c.0/06.0/00.0 "
	  "pcie-serial=0025385b81b0aa01", renumber_bridge, NULL },
	{ WITH_PCIE_SERIAL, change_slot, "slot" },
	{ WITH_PCIE_SERIAL, no_slot, NULL },
	{ COMMON " pcie-serial=0025385b81b0aa01", change_slot, NULL },
	{ WITH_PCIE_SERIAL, change_pcie_serial, "PCIe serial number" },
	{ WITH_PCIE_SERIAL, no_pcie_serial, "PCIe serial number" },
	{ WITH_PCIE_SERIAL, blank_pcie_serial, "PCIe serial number" },
	{ WITH_SERIAL, no_change, NULL }, /* recorded by a user who could not read the PCIe serial number */
	{ WITH_SERIAL, no_pcie_serial, NULL },
	{ WITH_SERIAL, blank_pcie_serial, NULL },
	{ WITH_PCIE_SERIAL, short_config, NULL },
	{ WITH_SERIAL, short_config, NULL },
	{ WITH_PCIE_SERIAL, on_nvme, NULL },
	{ COMMON " pcie-serial=0025385b81b0aa01", on_nvme, NULL },
	{ WITH_PCIE_SERIAL, other_on_nvme, "serial" },
	{ COMMON " pcie-serial=0025385b81b0aa01", other_on_nvme, NULL },
};

static bool ask_detect(struct binder_host *h, const char *text, const char **why)
{
	_cleanup_(devices_done) struct devices devices = {};
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_free_ char *line = strdup(text);
	struct identities none = {};

	if (identity_parse(line, &id) != 1 || devices_read(h->root_fd, &devices) < 0 || identities_fill(h->root_fd, &none, &devices) < 0)
		return *why = "nothing to ask", false;
	return identity_agrees(&id, devices_find(&devices, ADDRESS), why);
}

static bool ask_binder(struct binder_host *h, const char *text, const char **why)
{
	_cleanup_free_ char *line = strdup(text);
	static struct slots slots;
	struct difference d = {};
	struct wanted wanted;
	struct seen seen;
	bool agrees;

	slots_read(h->root_fd, &slots);
	if (wanted_parse(line, &wanted) != 1 || seen_read(h->root_fd, &slots, ADDRESS, &seen) < 0)
		return *why = "nothing to ask", false;
	agrees = wanted_agrees(&wanted, &seen, &d);
	*why = d.what;
	return agrees;
}

TEST(the_binder_and_detect_give_the_same_answers)
{
	for (size_t i = 0; i < ARRAY_SIZE(agreements); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		const char *detect_why = NULL, *binder_why = NULL;
		struct binder_device d = good_drive();

		agreements[i].change(&d);
		binder_host_open(&h);
		binder_host_add(&h, &d);
		if (ask_detect(&h, agreements[i].line, &detect_why))
			detect_why = NULL;
		if (ask_binder(&h, agreements[i].line, &binder_why))
			binder_why = NULL;
		CHECK_STR(detect_why, agreements[i].why);
		CHECK_STR(binder_why, agreements[i].why);
	}
}

TEST(the_binder_and_detect_read_the_same_lines)
{
#define REST " subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0"
	static const struct {
		const char *line;
		bool is_good;
	} lines[] = {
		{ WITH_PCIE_SERIAL, true },
		{ "05:00.0 bind=ids id=144d:a80a" REST, true },
		{ "10000:05:1f.7 bind=none id=144D:A80A" REST, true },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " unknown=word", true },
		{ "0000:05:20.0 bind=address id=144d:a80a" REST, false },
		{ "0000:05:00.8 bind=address id=144d:a80a" REST, false },
		{ "../0000:05:00.0 bind=address id=144d:a80a" REST, false },
		{ "0000:05:00.0x bind=address id=144d:a80a" REST, false },
		{ "0000:05:00 bind=address id=144d:a80a" REST, false },
		{ "0000:05:00.0 bind=maybe id=144d:a80a" REST, false },
		{ "0000:05:00.0 id=144d:a80a" REST, false },
		{ "0000:05:00.0 bind=address" REST, false },
		{ "0000:05:00.0 bind=address id=144d:a80" REST, false },
		{ "0000:05:00.0 bind=address id=144d:a80ag" REST, false },
		{ "0000:05:00.0 bind=address id=144da80a:" REST, false },
		{ "0000:05:00.0 bind=address id=144d:+80a" REST, false },
		{ "0000:05:00.0 bind=address id=-44d:0x0a" REST, false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " pcie-serial=00253x", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " pcie-serial=10025385b81b0aa01", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " serial=%4", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " serial=%00", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " serial", false },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=1010802 path=x", false },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802", false },
		{ "0000:05:00.0 bind=address id=144d:a80a class=010802 path=x", false },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_(identity_done) struct identity id = {};
		_cleanup_free_ char *a = strdup(lines[i].line), *b = strdup(lines[i].line);
		struct wanted wanted;

		CHECK((identity_parse(a, &id) == 1) == lines[i].is_good);
		CHECK((wanted_parse(b, &wanted) == 1) == lines[i].is_good);
	}
}

TEST_MAIN()
