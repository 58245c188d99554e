/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which device a line means, as the early binder finds it and as slipway sees it: each byte is a line of devices.conf. */

#include <fcntl.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/record.h"
#include "common/text.h"
#include "detect/sighting.h"
#include "early/early.h"
#include "early/report.h"
#include "tests/fuzz/fuzz.h"

#define COUNT 4

/* Two drives, and two virtual functions that share a chain of bridges; one of them shows another's serial. */
static const struct {
	const char *address, *bridge, *serial;
} drives[COUNT] = {
	{ "0000:05:00.0", "0000:00:06.0", "A" },
	{ "0000:06:00.0", "0000:00:07.0", "B" },
	{ "0000:05:10.0", "0000:00:06.0", "A" },
	{ "0000:06:10.0", "0000:00:06.0", "C" },
};
static const char *const addresses[COUNT] = { "0000:05:00.0", "0000:06:00.0", "0000:05:10.0", "0000:09:00.0" };
static const char *const paths[COUNT] = { "06.0/00.0", "07.0/00.0", "06.0/10.0", "08.0/00.0" };
static const char *const serials[COUNT] = { "", " serial=A", " serial=B", " serial=C" };
static const char *const modes[COUNT] = { "address", "address", "ids", "none" };

static void put(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = text_format("%s/%s", folder, name);

	CHECK(path);
	fuzz_file(path, text, strlen(text));
}

static void join(const char *path, const char *target)
{
	CHECK(symlinkat(target, fuzz_root(), path) == 0);
}

static void add_drive(size_t i)
{
	_cleanup_free_ char *folder = text_format("sys/devices/pci0000:00/%s/%s", drives[i].bridge, drives[i].address);
	_cleanup_free_ char *link = text_format("sys/bus/pci/devices/%s", drives[i].address), *target = text_format("../../../%s", folder + 4);
	_cleanup_free_ char *driver = text_format("%s/driver", folder), *group = text_format("%s/iommu_group", folder);

	put(folder, "vendor", "0x144d\n");
	put(folder, "device", "0xa80a\n");
	put(folder, "subsystem_vendor", "0x0000\n");
	put(folder, "subsystem_device", "0x0000\n");
	put(folder, "class", "0x010802\n");
	put(folder, "driver_override", "(null)\n");
	put(folder, "nvme/nvme0/serial", drives[i].serial);
	join(link, target);
	join(driver, "../../../../bus/pci/drivers/nvme");
	join(group, "../../../../kernel/iommu_groups/1");
}

/* The devices of the host, read once. */
static struct devices *host_make(void)
{
	static struct devices devices;
	struct identities none = {};

	if (devices.n)
		return &devices;
	fuzz_file("sys/bus/pci/devices/x", "", 0);
	unlinkat(fuzz_root(), "sys/bus/pci/devices/x", 0);
	fuzz_file("sys/bus/pci/drivers/vfio-pci/bind", "", 0);
	fuzz_file("sys/bus/pci/drivers_probe", "", 0);
	fuzz_file("proc/cmdline", "slipway.bind=1", strlen("slipway.bind=1"));
	fuzz_file("proc/self/mountinfo", "", 0);
	fuzz_file("run/x", "", 0);
	for (size_t i = 0; i < COUNT; i++)
		add_drive(i);
	CHECK(devices_read(fuzz_root(), &devices) == 0 && identities_fill(fuzz_root(), &none, &devices) == 0);
	return &devices;
}

/* No two lines have one address: the binder takes the first, and slipway writes no others. */
static char *make_lines(const uint8_t *data, size_t size)
{
	struct text t = {};
	unsigned used = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned b = data[i], address = b & 3;

		if (used & 1u << address)
			continue;
		used |= 1u << address;
		text_printf(&t, "%s bind=%s id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/%s%s\n", addresses[address],
			    modes[b >> 6], paths[b >> 2 & 3], serials[b >> 4 & 3]);
	}
	text_append(&t, "");
	return text_take(&t);
}

/* The address that the binder has found for this line, or NULL. That nobody takes the device here comes after that. */
static const char *find_answer(const char *reason, const char *address, char found[32])
{
	static const char again[] = "found again at ";

	if (str_starts(reason, again)) {
		snprintf(found, 32, "%.12s", reason + strlen(again));
		return found;
	}
	return strstr(reason, "vfio-pci did not take it") || strstr(reason, "vfio-pci.ids= did not bind it") ? address : NULL;
}

static void compare(const struct identities *ids, const struct sightings *sightings)
{
	for (size_t i = 0; i < ids->n; i++) {
		const struct sighting *s = &sightings->list[i];
		const char *seen = s->kind == SIGHTING_HERE || s->kind == SIGHTING_MOVED ? s->device->address : NULL, *answer;
		char found[32];

		if (ids->list[i].bind == BIND_NONE)
			continue;
		CHECK(s->left);
		answer = find_answer(s->left, ids->list[i].address, found);
		CHECK(str_eq(answer, seen));
	}
}

FUZZ(data, size)
{
	_cleanup_(sightings_done) struct sightings sightings = {};
	_cleanup_(identities_done) struct identities ids = {};
	struct devices *devices = host_make();
	_cleanup_free_ char *lines = make_lines(data, size);

	CHECK(lines);
	fuzz_file(IDENTITY_FILE, lines, strlen(lines));
	fuzz_file("dev/kmsg", "", 0);
	unlinkat(fuzz_root(), REPORT_FILE, 0);
	CHECK(early_first(fuzz_root()) == 0);
	CHECK(identities_parse(lines, "fuzz", &ids) == 0 && sightings_find(&ids, devices, &sightings) == 0);
	CHECK(sightings_read_left(fuzz_root(), &ids, &sightings) == 0);
	compare(&ids, &sightings);
	return 0;
}
