/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder on pretended hosts. */

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "detect/identity.h"
#include "tests/unit/binder_cases.h"
#include "tests/unit/check.h"

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
	prepare(&h, WITH_PCIE_SERIAL, &d);
	kernel_refuses_vfio = true;
	CHECK(early_first(h.root_fd) == 0);
	CHECK_STR(binder_host_driver(&h, ADDRESS), "nvme");
	CHECK_STR(binder_host_read(&h, "sys/bus/pci/devices/" ADDRESS "/driver_override"), "(null)\n");
	CHECK_STR(binder_host_read(&h, KMSG), "<4>slipway: " ADDRESS ": left to the host: vfio-pci did not take it (drivers_probe: "
					      "Invalid argument)\n");
}

TEST(a_device_that_nobody_takes_is_told_so)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.driver = "nvme";
	prepare(&h, WITH_PCIE_SERIAL, &d);
	kernel_refuses_vfio = true;
	CHECK(unlinkat(h.root_fd, "sys/bus/pci/devices/" ADDRESS "/native", 0) == 0);
	CHECK(early_first(h.root_fd) == 0);
	CHECK(has_log(&h, "vfio-pci did not take it (drivers_probe: Invalid argument), and it did not go back to nvme\n"));
}

TEST(a_device_that_vfio_pci_has_already_stays_there)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();

	d.driver = "vfio-pci";
	run(&h, WITH_PCIE_SERIAL, &d);
	CHECK_STR(kernel_log, "");
	CHECK_STR(binder_host_read(&h, EARLY), ADDRESS " result=bound\n");
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

		prepare(&h, WITH_PCIE_SERIAL, &d);
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

/* One image for all boot entries: the old one finds its own list, whatever a trial has beside it. */
TEST(a_trial_boot_has_a_list_of_its_own)
{
	static const struct {
		const char *cmdline, *trial; /* NULL: no list of a trial's is in the image */
		bool is_bound;
	} rows[] = {
		{ "slipway.bind=1 slipway.trial=1", WITH_PCIE_SERIAL, true },
		{ "slipway.bind=1", WITH_PCIE_SERIAL, false },
		{ "slipway.bind=1 slipway.trial=1 slipway.trial=0", WITH_PCIE_SERIAL, false },
		{ "slipway.bind=1 -- slipway.trial=1", WITH_PCIE_SERIAL, false },
		{ "slipway.trial=1", WITH_PCIE_SERIAL, false },
		{ "slipway.bind=1 slipway.trial=1", NULL, false },
		{ "slipway.bind=1 slipway.trial=1", "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = good_drive();

		prepare(&h, "# none\n", &d);
		binder_host_write(&h, "proc/cmdline", rows[i].cmdline);
		if (rows[i].trial)
			binder_host_write(&h, EARLY_TRIAL_LIST, rows[i].trial);
		CHECK(early_first(h.root_fd) == 0);
		early_second(h.root_fd, WAIT_MS);
		CHECK_ROW(rows[i].cmdline, (strcmp(binder_host_driver(&h, ADDRESS), "vfio-pci") == 0) == rows[i].is_bound);
	}
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
	CHECK_LEFT(&h, "its PCIe serial number cannot be read");
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
		CHECK_LEFT(&h, "the nvme driver showed no serial within 20 ms");
		CHECK(after.tv_sec - before.tv_sec < 3);
	}
}

TEST(an_absent_device_is_reported_and_no_more)
{
	_cleanup_(binder_host_close) struct binder_host h;

	run(&h, WITH_PCIE_SERIAL, NULL);
	CHECK_LEFT(&h, "no device is there");
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
	CHECK_STR(kernel_log, "");
	CHECK_STR(binder_host_read(&h, KMSG), left_log("serial: recorded S4EVNX0R1, found x\\x0a<0>y"));
	CHECK_STR(binder_host_read(&h, EARLY), ADDRESS " result=left reason=serial:%20recorded%20S4EVNX0R1,%20found%20x%0a<0>y\n");
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
	prepare(&h, WITH_PCIE_SERIAL, &d);
	CHECK(unlinkat(h.root_fd, "sys/bus/pci/drivers/vfio-pci/bind", 0) == 0);
	CHECK(unlinkat(h.root_fd, "sys/bus/pci/drivers/vfio-pci", AT_REMOVEDIR) == 0);
	CHECK(early_first(h.root_fd) == 0);
	CHECK_LEFT(&h, "vfio-pci is not loaded");
}

TEST(without_an_iommu_the_host_keeps_its_driver)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = cheap_drive();

	prepare(&h, WITH_SERIAL, &d);
	CHECK(unlinkat(h.root_fd, "sys/bus/pci/devices/" ADDRESS "/iommu_group", 0) == 0);
	CHECK(early_first(h.root_fd) == 0);
	CHECK_LEFT(&h, "it has no IOMMU group: the IOMMU is off");
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

		prepare(&h, WITH_PCIE_SERIAL, &d);
		fd = openat(h.root_fd, "sys/bus/pci/devices/" ADDRESS "/config", O_WRONLY);
		CHECK(pwrite(fd, loops[i].bytes, strlen(loops[i].bytes), loops[i].at) > 0);
		CHECK(early_first(h.root_fd) == 0);
		CHECK(has_log(&h, "PCIe serial number: recorded 0025385b81b0aa01, found none"));
	}
}

#define BY_ITS_IDS                                                                                 \
	ADDRESS " bind=ids id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0 " \
		"pcie-serial=0025385b81b0aa01 slot=4 serial=S4EVNX0R1 model=Samsung%20SSD\n"

TEST(the_running_system_learns_the_serial_of_a_bound_drive)
{
	struct binder_device drives[] = { good_drive(), cheap_drive(), cheap_drive(), good_drive(), good_drive() };
	static const char *const lines[] = { WITH_PCIE_SERIAL, WITH_SERIAL, WITH_SERIAL, WITH_PCIE_SERIAL, BY_ITS_IDS };

	drives[2].pcie_serial = UINT64_MAX; /* never programmed: none */
	drives[3].driver = drives[4].driver = "vfio-pci"; /* before the binder */
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

/* After a hot-unplug there may be another drive at the address: its folder in sysfs is a new one. */
TEST(what_was_learnt_is_of_that_very_drive)
{
	static const struct {
		const char *word, *other;
		bool is_known;
	} changes[] = {
		{ " inode=", " inode=", true }, { " inode=", " inode=9", false }, { " inode=", " node=", false }, { " id=144d:", " id=144e:", false },
		{ " serial=", " cereal=", false },
	};
	struct binder_device drive = good_drive();
	_cleanup_(binder_host_close) struct binder_host h;
	_cleanup_free_ char *seen = NULL;

	run(&h, WITH_PCIE_SERIAL, &drive);
	seen = strdup(binder_host_read(&h, IDENTITY_SEEN "/" ADDRESS));
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		_cleanup_(devices_done) struct devices devices = {};
		const char *at = seen ? strstr(seen, changes[i].word) : NULL;
		struct identities none = {};
		char text[1024];

		CHECK_ROW(changes[i].other, at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - seen), seen, changes[i].other, at + strlen(changes[i].word));
		binder_host_write(&h, IDENTITY_SEEN "/" ADDRESS, text);
		CHECK(devices_read(h.root_fd, &devices) == 0);
		CHECK(identities_fill(h.root_fd, &none, &devices) == 0);
		CHECK_ROW(changes[i].other, !devices_find(&devices, ADDRESS)->serial == !changes[i].is_known);
	}
}

TEST(what_the_first_pass_decided_the_second_leaves)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device a = good_drive(), b = cheap_drive();

	b.address = "0000:06:00.0";
	b.bridges = "pci0000:00/0000:00:07.0";
	b.slot = b.serial = NULL;
	b.state = "connecting";
	binder_host_open(&h);
	binder_host_add(&h, &a);
	binder_host_add(&h, &b);
	binder_host_write(&h, CONF, WITH_PCIE_SERIAL
		"0000:06:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/07.0/00.0 serial=S4EVNX0R2\n"
		"0000:07:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/08.0/00.0 serial=S4EVNX0R3\n");
	CHECK(early_first(h.root_fd) == 1);
	kernel_log[0] = '\0';
	binder_host_write(&h, KMSG, "");
	early_second(h.root_fd, 0);
	CHECK_STR(kernel_log, "");
	CHECK_STR(binder_host_read(&h, KMSG), "<4>slipway: 0000:06:00.0: left to the host: the nvme driver showed no serial within 0 ms\n");
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

TEST_MAIN()
