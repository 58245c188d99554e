/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts of sysfs and udev; the first letter chooses the parser. */

#include "common/text.h"
#include "detect/bars.h"
#include "detect/iommu.h"
#include "detect/link.h"
#include "detect/place.h"
#include "detect/signature.h"
#include "tests/fuzz/fuzz.h"

static void regions(char *text)
{
	struct iommu_group group = {};

	CHECK(reserved_regions_parse(text, &group) == 0);
	for (size_t i = 0; i < group.n_regions; i++) {
		CHECK(group.regions[i].type && *group.regions[i].type);
		free(group.regions[i].type);
	}
	free(group.regions);
}

static void resource(char *text)
{
	struct bar bars[6] = {}, rom = {};

	bars_parse(text, bars, &rom);
	for (size_t i = 0; i < 6; i++)
		CHECK(bars[i].start + (bars[i].size ? bars[i].size - 1 : 0) >= bars[i].start);
}

static void udev(char *text)
{
	_cleanup_(blocks_done) struct blocks blocks = { .list = calloc(1, sizeof(*blocks.list)), .n = 1 };

	CHECK(blocks.list);
	signature_parse_udev(text, blocks.list);
	CHECK(!blocks.list->signature || *blocks.list->signature);
}

static void address(char *text)
{
	unsigned domain, bus, device, function;
	char again[32];

	if (address_parse(text, &domain, &bus, &device, &function) < 0)
		return;
	CHECK(bus < 256 && device < 32 && function < 8);
	snprintf(again, sizeof(again), "%04x:%02x:%02x.%x", domain, bus, device, function);
	CHECK(strlen(again) + 1 >= strlen(text) - 4);
	CHECK(address_parse(again, &domain, &bus, &device, &function) == 0);
}

static void path(char *text)
{
	_cleanup_free_ char *found = address_in_path(text);
	unsigned domain, bus, device, function;

	if (found)
		CHECK(strstr(text, found) && address_parse(found, &domain, &bus, &device, &function) == 0);
}

static void place(char *text)
{
	struct device d = {};
	unsigned domain, bus, device, function;

	CHECK(place_parse(text, &d) == 0);
	CHECK(d.sysfs && d.path && strlen(d.path) <= strlen(text));
	CHECK(!d.parent || address_parse(d.parent, &domain, &bus, &device, &function) == 0);
	free(d.sysfs);
	free(d.path);
	free(d.parent);
}

static void speed(char *text)
{
	CHECK(link_speed_parse(text) < 100000);
	CHECK(link_width_parse(text) < 255);
}

FUZZ(data, size)
{
	static const struct {
		char letter;
		void (*parse)(char *text);
	} parsers[] = { { 'g', regions }, { 'r', resource }, { 'u', udev }, { 'a', address }, { 'p', path },
		      { 'l', place }, { 's', speed } };
	_cleanup_free_ char *text = fuzz_text(data + (size > 0), size - (size > 0));

	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++)
		if (size && (char)data[0] == parsers[i].letter)
			parsers[i].parse(text);
	return 0;
}
