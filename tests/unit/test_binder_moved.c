/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that are no longer at their address: which of them the early binder finds again, and which it leaves alone. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/sighting.h"
#include "tests/unit/binder_cases.h"
#include "tests/unit/check.h"

#define LINE(at, place, more) \
	at " bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=" place " " more "\n"
/* A drive of the id `product`, behind the bridges below pci0000:00. */
#define DRIVE(at, behind, id, ...)                                                                                          \
	{ .address = at, .bridges = "pci0000:00/" behind, .vendor = 0x144d, .product = id, .subsystem_vendor = 0x144d,         \
	  .subsystem_product = 0xa801, .class = 0x010802, __VA_ARGS__ }
#define OURS 0xa80a
#define OTHER 0xa80b
#define ON_NVME(number) .driver = "nvme", .serial = (number), .model = "SSD", .state = "live"

#define P5 "0000:00:05.0"
#define P6 "0000:00:06.0"
#define P7 "0000:00:07.0"
#define P8 "0000:00:08.0"
#define AT(n) "0000:0" #n ":00.0"
#define Z(n) "000" #n ":00:00.0"
#define ZPCI_HEX(fid) 0x##fid
#define FUNCTION(n, fid)                                                                                                    \
	{ .address = Z(n), .bridges = "pci000" #n ":00", .vendor = 0x144d, .product = OURS, .subsystem_vendor = 0x144d,       \
	  .subsystem_product = 0xa801, .class = 0x010802, .slot = "000000" #fid, .function_id = ZPCI_HEX(fid) }
#define BOUND(at) at " result=bound\n"
#define FOUND(at, now) at " result=bound found=" now "\n"

static const struct moved {
	const char *name, *conf;
	struct binder_device devices[5];
	const char *on_vfio; /* the addresses of those, in the order of the table */
	const char *early;   /* what the running system is told; the blanks of reasons as they are */
	const char *seen;    /* where detect sees the device of each line; NULL: where the binder has found it */
} rows[] = {
	{ "nothing moved", LINE(AT(5), "0000:00/06.0/00.0", ""), { DRIVE(AT(5), P6, OURS) }, AT(5), BOUND(AT(5)) },
	{ "an added card of another kind renumbers the buses",
	  LINE(AT(5), "0000:00/06.0/00.0", "slot=4 pcie-serial=aa"),
	  { DRIVE(AT(5), P5, OTHER), DRIVE(AT(6), P6, OURS, .slot = "4", .pcie_serial = 0xaa) }, AT(6), FOUND(AT(5), AT(6)) },
	{ "an added twin renumbers the buses", LINE(AT(5), "0000:00/06.0/00.0", "pcie-serial=aa"),
	  { DRIVE(AT(5), P5, OURS, .pcie_serial = 0xbb), DRIVE(AT(6), P6, OURS, .pcie_serial = 0xaa) }, AT(6), FOUND(AT(5), AT(6)) },
	{ "an added twin, where no serial is known", LINE(AT(5), "0000:00/06.0/00.0", ""),
	  { DRIVE(AT(5), P5, OURS), DRIVE(AT(6), P6, OURS) }, AT(6), FOUND(AT(5), AT(6)) },
	{ "a removed card leaves the address empty", LINE(AT(6), "0000:00/06.0/00.0", ""), { DRIVE(AT(5), P6, OURS) }, AT(5),
	  FOUND(AT(6), AT(5)) },
	{ "three in a row move up, each into the next one's address",
	  LINE(AT(5), "0000:00/06.0/00.0", "") LINE(AT(6), "0000:00/07.0/00.0", "") LINE(AT(7), "0000:00/08.0/00.0", ""),
	  { DRIVE(AT(5), P5, OURS), DRIVE(AT(6), P6, OURS), DRIVE(AT(7), P7, OURS), DRIVE("0000:08:00.0", P8, OURS) },
	  AT(6) " " AT(7) " 0000:08:00.0", FOUND(AT(5), AT(6)) FOUND(AT(6), AT(7)) FOUND(AT(7), "0000:08:00.0") },
	{ "the functions of a card move together",
	  LINE(AT(5), "0000:00/06.0/00.0", "") LINE("0000:05:00.1", "0000:00/06.0/00.1", ""),
	  { DRIVE("0000:06:00.1", P6, OURS), DRIVE(AT(6), P6, OURS) }, "0000:06:00.1 " AT(6),
	  FOUND(AT(5), AT(6)) FOUND("0000:05:00.1", "0000:06:00.1") },
	{ "numbers change places: each to its own", LINE(AT(5), "0000:00/06.0/00.0", "") LINE(AT(6), "0000:00/07.0/00.0", ""),
	  { DRIVE(AT(6), P6, OURS), DRIVE(AT(5), P7, OURS) }, AT(6) " " AT(5), FOUND(AT(5), AT(6)) FOUND(AT(6), AT(5)) },
	{ "drives change places: both are left",
	  LINE(AT(5), "0000:00/06.0/00.0", "pcie-serial=aa") LINE(AT(6), "0000:00/07.0/00.0", "pcie-serial=bb"),
	  { DRIVE(AT(5), P6, OURS, .pcie_serial = 0xbb), DRIVE(AT(6), P7, OURS, .pcie_serial = 0xaa) }, "",
	  AT(5) " result=left reason=PCIe serial number: recorded 00000000000000aa, found 00000000000000bb\n"
	  AT(6) " result=left reason=PCIe serial number: recorded 00000000000000bb, found 00000000000000aa\n" },
	{ "drives change places, and the buses have other numbers",
	  LINE(AT(5), "0000:00/06.0/00.0", "serial=A") LINE(AT(6), "0000:00/07.0/00.0", "serial=B"),
	  { DRIVE(AT(6), P6, OURS, ON_NVME("B")), DRIVE(AT(7), P7, OURS, ON_NVME("A")) }, "",
	  AT(5) " result=left reason=no device is there; " AT(6) ", behind the same bridges, is another: serial: recorded A, found B\n"
	  AT(6) " result=left reason=chain of bridges: recorded 0000:00/07.0/00.0, found 0000:00/06.0/00.0; " AT(7)
	  ", behind the same bridges, is another: serial: recorded B, found A\n" },
	{ "a card in another slot is the host's, whatever its serial",
	  LINE(AT(5), "0000:00/06.0/00.0", "pcie-serial=aa"), { DRIVE(AT(6), P7, OURS, .pcie_serial = 0xaa) }, "",
	  AT(5) " result=left reason=no device is there\n" },
	{ "a bridge that was added in between makes another place", LINE(AT(5), "0000:00/06.0/00.0", ""),
	  { DRIVE(AT(6), P6 "/0000:05:00.0", OURS) }, "", AT(5) " result=left reason=no device is there\n" },
	{ "another domain is another place", LINE(AT(5), "0001:00/06.0/00.0", ""), { DRIVE(AT(5), P6, OURS) }, "",
	  AT(5) " result=left reason=chain of bridges: recorded 0001:00/06.0/00.0, found 0000:00/06.0/00.0\n" },
	{ "s390x without unique UIDs counts its domains anew: the function id is the place",
	  LINE(Z(1), "zpci/00000021", "slot=00000021") LINE(Z(2), "zpci/00000022", "slot=00000022"),
	  { FUNCTION(1, 22), FUNCTION(2, 23), FUNCTION(3, 21) }, Z(1) " " Z(3), FOUND(Z(1), Z(3)) FOUND(Z(2), Z(1)) },
	{ "a function of s390x that is gone leaves its address to another, which is the host's", LINE(Z(1), "zpci/00000021", "slot=00000021"),
	  { FUNCTION(1, 22) }, "", Z(1) " result=left reason=function id: recorded zpci/00000021, found zpci/00000022\n" },
	{ "the domain that VMD makes may have another number", LINE("10001:e1:00.0", "0000:00/0e.0/01.0/00.0", ""),
	  { DRIVE("10000:e2:00.0", "0000:00:0e.0/pci10000:e0/10000:e0:01.0", OURS) }, "10000:e2:00.0",
	  FOUND("10001:e1:00.0", "10000:e2:00.0") },
	{ "another id", LINE(AT(5), "0000:00/06.0/00.0", ""), { DRIVE(AT(6), P6, OTHER) }, "",
	  AT(5) " result=left reason=no device is there; " AT(6)
	  ", behind the same bridges, is another: vendor and device id: recorded 144d:a80a, found 144d:a80b\n" },
	{ "another slot", LINE(AT(5), "0000:00/06.0/00.0", "slot=4"), { DRIVE(AT(6), P6, OURS, .slot = "5") }, "",
	  AT(5) " result=left reason=no device is there; " AT(6) ", behind the same bridges, is another: slot: recorded 4, found 5\n" },
	{ "another NVMe serial", LINE(AT(5), "0000:00/06.0/00.0", "serial=A"), { DRIVE(AT(6), P6, OURS, ON_NVME("B")) }, "",
	  AT(5) " result=left reason=no device is there; " AT(6)
	  ", behind the same bridges, is another: serial: recorded A, found B\n" },
	{ "its NVMe serial", LINE(AT(5), "0000:00/06.0/00.0", "serial=A"), { DRIVE(AT(6), P6, OURS, ON_NVME("A")) }, AT(6),
	  FOUND(AT(5), AT(6)) },
	{ "a PCIe serial number that cannot be read", LINE(AT(5), "0000:00/06.0/00.0", "pcie-serial=aa"),
	  { DRIVE(AT(6), P6, OURS, .is_short = true) }, "",
	  AT(5) " result=left reason=found again at " AT(6) ": its PCIe serial number cannot be read\n" },
	{ "a controller that shows no serial",
	  LINE(AT(5), "0000:00/06.0/00.0", "serial=A"), { DRIVE(AT(6), P6, OURS, .driver = "nvme", .serial = "", .state = "live") }, "",
	  AT(5) " result=left reason=the nvme driver showed no serial within 20 ms\n", AT(6) " " },
	{ "a serial that nothing can show", LINE(AT(5), "0000:00/06.0/00.0", "serial=A"),
	  { DRIVE(AT(6), P6, OURS, .driver = "vfio-pci") }, AT(6),
	  AT(5) " result=left reason=found again at " AT(6) ": its serial cannot be read\n" },
	{ "two lines mean one device: both are left",
	  LINE(AT(5), "0000:00/06.0/00.0", "") LINE(AT(7), "0000:00/06.0/00.0", ""), { DRIVE(AT(6), P6, OURS) }, "",
	  AT(5) " result=left reason=no device is there; it may be " AT(6) ", which the line of " AT(7) " means, too\n"
	  AT(7) " result=left reason=no device is there; it may be " AT(6) ", which the line of " AT(5) " means, too\n" },
	{ "the line of its address comes before one that seeks it",
	  LINE(AT(5), "0000:00/06.0/00.0", "") LINE(AT(6), "0000:00/06.0/00.0", ""), { DRIVE(AT(6), P6, OURS) }, AT(6),
	  AT(5) " result=left reason=no device is there; it may be " AT(6) ", which the line of " AT(6) " means, too\n" BOUND(AT(6)) },
	{ "also where it stands first",
	  LINE(AT(6), "0000:00/06.0/00.0", "") LINE(AT(7), "0000:00/06.0/00.0", ""), { DRIVE(AT(6), P6, OURS) }, AT(6),
	  BOUND(AT(6)) AT(7) " result=left reason=no device is there; it may be " AT(6) ", which the line of " AT(6) " means, too\n" },
	{ "a line that does not agree is no rival",
	  LINE(AT(5), "0000:00/06.0/00.0", "serial=A") LINE(AT(7), "0000:00/06.0/00.0", "serial=B"),
	  { DRIVE(AT(6), P6, OURS, ON_NVME("B")) }, AT(6),
	  AT(5) " result=left reason=no device is there; " AT(6) ", behind the same bridges, is another: serial: recorded A, found B\n"
	  FOUND(AT(7), AT(6)) },
	{ "a line that must not be bound is a rival",
	  LINE(AT(5), "0000:00/06.0/00.0", "") AT(6) " bind=none id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0\n",
	  { DRIVE(AT(6), P6, OURS) }, "",
	  AT(5) " result=left reason=no device is there; it may be " AT(6) ", which the line of " AT(6) " means, too\n"
	  AT(6) " result=left reason=not asked for\n", "- " AT(6) " " },
	{ "what is not asked for is not looked for",
	  AT(5) " bind=none id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0\n", { DRIVE(AT(6), P6, OURS) }, "",
	  AT(5) " result=left reason=not asked for\n", AT(6) " " },
	{ "virtual functions on two buses have one chain: either could be it", LINE("0000:05:10.0", "0000:00/06.0/10.0", ""),
	  { DRIVE("0000:06:10.0", P6, OURS), DRIVE("0000:07:10.0", P6, OURS) }, "",
	  "0000:05:10.0 result=left reason=no device is there, and 2 devices behind the same bridges could be it\n" },
	{ "of which a serial can tell one", LINE("0000:05:10.0", "0000:00/06.0/10.0", "serial=B"),
	  { DRIVE("0000:06:10.0", P6, OURS, ON_NVME("A")), DRIVE("0000:07:10.0", P6, OURS, ON_NVME("B")) }, "0000:07:10.0",
	  "0000:05:10.0 result=bound found=0000:07:10.0\n" },
	{ "a serial that two of them claim tells nothing", LINE("0000:05:10.0", "0000:00/06.0/10.0", "serial=A"),
	  { DRIVE("0000:06:10.0", P6, OURS, ON_NVME("A")), DRIVE("0000:07:10.0", P6, OURS, ON_NVME("A")) }, "",
	  "0000:05:10.0 result=left reason=no device is there, and 2 devices behind the same bridges could be it\n" },
	{ "the one at its address is it", LINE("0000:05:10.0", "0000:00/06.0/10.0", ""),
	  { DRIVE("0000:05:10.0", P6, OURS), DRIVE("0000:06:10.0", P6, OURS) }, "0000:05:10.0", BOUND("0000:05:10.0") },
	{ "what vfio-pci.ids= has bound is found again",
	  AT(5) " bind=ids id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0\n",
	  { DRIVE(AT(6), P6, OURS, .driver = "vfio-pci") }, AT(6), FOUND(AT(5), AT(6)) },
	{ "and what it has not bound is left",
	  AT(5) " bind=ids id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0\n",
	  { DRIVE(AT(6), P6, OURS, .driver = "nvme") }, "",
	  AT(5) " result=left reason=found again at " AT(6) ": vfio-pci.ids= did not bind it (driver: nvme)\n" },
};

static void boot(struct binder_host *h, const struct binder_device *devices, const char *conf)
{
	binder_host_open(h);
	for (const struct binder_device *d = devices; d->address; d++)
		binder_host_add(h, d);
	binder_host_write(h, CONF, conf);
	if (early_first(h->root_fd))
		early_second(h->root_fd, WAIT_MS);
}

static void find_bound(struct binder_host *h, const struct binder_device *devices, char on_vfio[256])
{
	*on_vfio = '\0';
	for (const struct binder_device *d = devices; d->address; d++)
		if (str_eq(binder_host_driver(h, d->address), "vfio-pci")) {
			strcat(on_vfio, *on_vfio ? " " : "");
			strcat(on_vfio, d->address);
		}
}

/* With its reasons as text. */
static char *read_early(struct binder_host *h)
{
	char *early = strdup(binder_host_read(h, EARLY));

	for (char *p; early && (p = strstr(early, "%20"));) {
		*p = ' ';
		memmove(p + 1, p + 3, strlen(p + 3) + 1);
	}
	return early;
}

TEST(what_moved_is_found_again_or_left_alone)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		_cleanup_free_ char *early = NULL;
		char on_vfio[256];

		boot(&h, rows[i].devices, rows[i].conf);
		find_bound(&h, rows[i].devices, on_vfio);
		early = read_early(&h);
		CHECK_ROW(rows[i].name, str_eq(on_vfio, rows[i].on_vfio));
		if (!str_eq(early, rows[i].early))
			printf("# row '%s'\n", rows[i].name);
		CHECK_STR(early, rows[i].early);
	}
}

/* Where the binder has found the device of that line: 0000:06:00.0, or "-". */
static void add_found(struct text *t, const char *early, const char *address)
{
	_cleanup_free_ char *start = text_format("%s result=", address);
	const char *record = strstr(early, start), *end = strchr(record, '\n'), *found = strstr(record, "found=");
	size_t n;

	if (!found || found > end)
		found = strstr(record, "found again at ");
	if (found && found < end) {
		found += found[5] == '=' ? strlen("found=") : strlen("found again at ");
		n = strcspn(found, " \n");
		text_printf(t, "%.*s ", (int)(n - (found[n - 1] == ':')), found);
	} else {
		text_printf(t, "%s ", str_starts(record + strlen(start), "bound") ? address : "-");
	}
}

/* detect has no second pass: it comes when the drivers have their devices. */
TEST(detect_sees_a_device_where_the_binder_finds_it)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(sightings_done) struct sightings sightings = {};
		_cleanup_(identities_done) struct identities ids = {};
		_cleanup_(devices_done) struct devices devices = {};
		_cleanup_(binder_host_close) struct binder_host h;
		_cleanup_free_ char *found = NULL, *seen = NULL;
		struct text t = {}, u = {};

		binder_host_open(&h);
		for (const struct binder_device *d = rows[i].devices; d->address; d++)
			binder_host_add(&h, d);
		CHECK(identities_parse(rows[i].conf, "test", &ids) == 0 && devices_read(h.root_fd, &devices) == 0);
		CHECK(identities_fill(h.root_fd, &ids, &devices) == 0 && sightings_find(&ids, &devices, &sightings) == 0);
		for (size_t j = 0; j < sightings.n; j++) {
			const struct sighting *s = &sightings.list[j];

			add_found(&t, rows[i].early, ids.list[j].address);
			text_printf(&u, "%s ", s->kind == SIGHTING_HERE || s->kind == SIGHTING_MOVED ? s->device->address : "-");
		}
		found = text_take(&t);
		seen = text_take(&u);
		if (!str_eq(seen, rows[i].seen ? rows[i].seen : found))
			printf("# row '%s'\n", rows[i].name);
		CHECK_STR(seen, rows[i].seen ? rows[i].seen : found);
	}
}

/* The last line first. */
static char *turn_around(const char *conf)
{
	_cleanup_(strv_freep) char **lines = NULL;
	struct text t = {};

	if (strv_split(conf, "\n", &lines) < 0)
		return NULL;
	for (size_t n = strv_length(lines); n > 0; n--)
		text_printf(&t, "%s\n", lines[n - 1]);
	return text_take(&t);
}

TEST(the_order_of_the_lines_decides_nothing)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *conf = turn_around(rows[i].conf);
		_cleanup_(binder_host_close) struct binder_host h;
		char on_vfio[256];

		boot(&h, rows[i].devices, conf);
		find_bound(&h, rows[i].devices, on_vfio);
		CHECK_ROW(rows[i].name, str_eq(on_vfio, rows[i].on_vfio));
	}
}

#define WANTED LINE(AT(5), "0000:00/06.0/00.0", "serial=A")
#define DEVICE "sys/bus/pci/devices/" AT(6)

TEST(what_was_found_again_obeys_the_other_rules)
{
	static const struct {
		const char *path, *text, *why; /* text NULL: the file is not there */
	} hosts[] = {
		{ "proc/self/mountinfo", "25 1 259:0 / /data rw,relatime - xfs /dev/nvme0n1 rw\n",
		  "found again at " AT(6) ": in use by the host: nvme0n1 is mounted at /data" },
		{ DEVICE "/iommu_group", NULL, "found again at " AT(6) ": it has no IOMMU group: the IOMMU is off" },
		{ DEVICE "/class", NULL, "no device is there; " AT(6) ", behind the same bridges, cannot be read: No such file or directory" },
		{ DEVICE "/vendor", "no number\n", "no device is there; " AT(6) ", behind the same bridges, cannot be read: Invalid argument" },
		{ "sys/bus/pci/devices/0000:07:00.0", "no link\n", "no device is there, and not every device can be looked at" },
		{ "sys/bus/pci/devices/" AT(5) "/vendor", "0x144d\n", "its attributes cannot be read: Invalid argument" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = DRIVE(AT(6), P6, OURS, ON_NVME("A"));

		prepare(&h, WANTED, &d);
		binder_host_add_block(&h, &d, "nvme0n1", "259:0");
		if (hosts[i].text)
			binder_host_write(&h, hosts[i].path, hosts[i].text);
		else
			CHECK_ROW(hosts[i].why, unlinkat(h.root_fd, hosts[i].path, 0) == 0);
		CHECK_ROW(hosts[i].why, early_first(h.root_fd) == 0);
		CHECK_STR(kernel_log, "");
		CHECK_STR(binder_host_read(&h, KMSG), left_log(hosts[i].why));
	}
}

TEST(a_drive_found_again_without_its_serial_waits_for_nvme)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = DRIVE(AT(6), P6, OURS);

	prepare(&h, WANTED, &d);
	CHECK(early_first(h.root_fd) == 1);
	CHECK_STR(kernel_log, "");
	CHECK_STR(binder_host_read(&h, EARLY), "");
	binder_host_write(&h, DEVICE "/native", "nvme");
	binder_host_link(&h, DEVICE "/driver", "../../../../bus/pci/drivers/nvme");
	binder_host_write(&h, DEVICE "/nvme/nvme0/serial", "A\n");
	early_second(h.root_fd, WAIT_MS);
	CHECK_STR(binder_host_read(&h, EARLY), FOUND(AT(5), AT(6)));
	CHECK_STR(binder_host_read(&h, KMSG), "<5>slipway: " AT(5) ": found again at " AT(6) ", and bound to vfio-pci (, serial A)\n");
	/* What was seen of it stands under the address that it has. */
	CHECK_HAS(binder_host_read(&h, "run/slipway/devices/" AT(6)), AT(6) " bind=none ");
}

TEST(a_line_that_was_settled_first_is_a_rival_in_the_second_pass)
{
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = DRIVE(AT(6), P6, OURS);

	prepare(&h, WANTED LINE(AT(6), "0000:00/06.0/00.0", ""), &d);
	CHECK(early_first(h.root_fd) == 1);
	CHECK_STR(binder_host_read(&h, EARLY), BOUND(AT(6)));
	kernel_log[0] = '\0';
	early_second(h.root_fd, WAIT_MS);
	CHECK_STR(kernel_log, "");
	CHECK_STR(binder_host_driver(&h, AT(6)), "vfio-pci");
	CHECK(has_log(&h, AT(5) ": left to the host: "));
}

TEST_MAIN()
