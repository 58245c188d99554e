/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, their places and groups, and the identity by which they are known again. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define LINE "0000:05:00.0 bind=address id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/06.0/00.0"

TEST(the_path_of_a_device_is_free_of_bus_numbers)
{
	_cleanup_tree_ struct tree t;
	struct device *d;

	tree_new(&t);
	tree_pci(&t, "0000:00:06.0", "060400", "1b36:000c", 3);
	tree_nvme(&t, A, 0, 1);
	tree_pci(&t, "0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0", "010802", "144d:a80a", 2);
	tree_put(&t, "sys/bus/pci/slots/4/address", "0000:05:00\n");
	tree_mounts(&t, (const char *const[]){ "0:1 none / tmpfs", NULL });
	CHECK(tree_read(&t) == 0);
	d = tree_device(&t, "05:00.0");
	CHECK_STR(d->path, "0000:00/06.0/00.0");
	CHECK_STR(d->parent, "0000:00:06.0");
	CHECK_STR(d->slot, "4");
	CHECK_STR(d->serial, "data0");
	CHECK_STR(d->driver, "nvme");
	d = tree_device(&t, "10000:e1:00.0");
	CHECK(d->domain == 0x10000 && d->bus == 0xe1);
	CHECK_STR(d->path, "0000:00/0e.0/06.0/00.0");
	CHECK(t.host.iommu.n_groups == 3 && iommu_is_on(&t.host.iommu));
	CHECK(iommu_find(&t.host.iommu, 1) && !iommu_find(&t.host.iommu, 9));
}

TEST(an_empty_folder_of_groups_is_off)
{
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "sys/kernel/iommu_groups/.gitkeep", "%s", "");
	CHECK(tree_read(&t) == 0);
	CHECK(!iommu_is_on(&t.host.iommu) && t.host.iommu.n_groups == 0);
}

TEST(a_device_that_cannot_be_read_is_left_out_and_named)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_nvme(&t, A, 0, -1);
	tree_pci(&t, "0000:00:02.0", "030000", "8086:3e92", -1);
	tree_remove(&t, "sys/devices/pci0000:00/0000:00:02.0/class");
	CHECK(tree_read(&t) == 0);
	CHECK(t.host.devices.n == 1);
	said = stderr_caught();
	CHECK_HAS(said, "0000:00:02.0 is left out");
}

TEST(addresses)
{
	static const struct {
		const char *text;
		int r;
	} rows[] = {
		{ "0000:05:00.0", 0 },    { "05:00.0", 0 },         { "10000:e1:1f.7", 0 },     { "0000:05:20.0", -EINVAL },
		{ "0000:05:00.8", -EINVAL }, { "0000:05:00", -EINVAL }, { "0000:05:00.0 ", -EINVAL }, { "", -EINVAL },
		{ "0000:05:00.00", -EINVAL }, { "05:00.0x", -EINVAL },  { "0000:+5:00.0", -EINVAL },  { "..:..:...", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned a, b, c, d;

		CHECK_ROW(rows[i].text, address_parse(rows[i].text, &a, &b, &c, &d) == rows[i].r);
	}
}

TEST(an_identity_comes_back_from_its_line)
{
	_cleanup_(identity_done) struct identity id = {}, back = {};
	_cleanup_free_ char *line = NULL, *again = NULL;
	struct device d = { .address = (char *)"10000:e1:00.0", .vendor = 0x144d, .product = 0xa80a, .class = 0x010802,
			    .path = (char *)"0000:00/06.0/00.0", .slot = (char *)"4 a", .serial = (char *)"\xff %\"=\033",
			    .model = (char *)"Größe 1", .capabilities = { .has_serial = true, .serial = 0x25385b81b0aa01 } };
	struct text t = {};

	CHECK(identity_of(&d, BIND_IDS, &id) == 0);
	identity_format(&id, &t);
	line = text_take(&t);
	again = strdup(line);
	line[strlen(line) - 1] = '\0';
	CHECK(identity_parse(line, &back) == 1);
	CHECK_STR(back.serial, d.serial);
	CHECK_STR(back.model, d.model);
	CHECK_STR(back.slot, d.slot);
	CHECK(back.bind == BIND_IDS && back.pcie_serial == 0x25385b81b0aa01);
	identity_format(&back, &t);
	free(line);
	line = text_take(&t);
	CHECK_STR(line, again);
}

TEST(an_identity_agrees_only_with_its_own_device)
{
	static const struct {
		const char *more, *why;
	} rows[] = {
		{ LINE, NULL },
		{ LINE " serial=data0", NULL },
		{ LINE " serial=other", "serial" },
		{ LINE " slot=4", NULL },
		{ LINE " slot=5", "slot" },
		{ LINE " pcie-serial=1", NULL }, /* its configuration space could not be read */
		{ "0000:05:00.0 bind=address id=144d:a80b subsystem=0000:0000 class=010802 path=0000:00/06.0/00.0", "vendor and device id" },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=1:2 class=010802 path=0000:00/06.0/00.0", "?" },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=0001:0000 class=010802 path=0000:00/06.0/00.0", "subsystem id" },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=0000:0000 class=010600 path=0000:00/06.0/00.0", "class" },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/07.0/00.0", "chain of bridges" },
	};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_nvme(&t, A, 0, 1);
	tree_put(&t, "sys/bus/pci/slots/4/address", "0000:05:00\n");
	CHECK(tree_read(&t) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(identity_done) struct identity id = {};
		_cleanup_free_ char *line = strdup(rows[i].more);
		const char *why = NULL;
		int r = identity_parse(line, &id);

		if (str_eq(rows[i].why, "?")) {
			CHECK_ROW(rows[i].more, r == -EINVAL);
			continue;
		}
		CHECK_ROW(rows[i].more, r == 1);
		CHECK_ROW(rows[i].more, identity_agrees(&id, tree_device(&t, "0000:05:00.0"), &why) == !rows[i].why);
		if (rows[i].why)
			CHECK_STR(why, rows[i].why);
	}
}

TEST(a_bad_line_is_named_with_its_number)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, IDENTITY_FILE, "# comment\n\n" LINE "\nnonsense\n");
	CHECK(tree_read(&t) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/slipway/devices.conf:4:");
}

TEST_MAIN()
