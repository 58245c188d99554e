/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space: what is read of it, and what capabilities are found there, is what the whole file would tell. */

#include <fcntl.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/capabilities.h"
#include "detect/config_space.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

static void put32(unsigned char *config, size_t at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		config[at + i] = (unsigned char)(value >> (8 * i));
}

/* A PCIe function with a chain of extended capabilities that lies across the whole space, up to the last one. */
static void make_config(unsigned char config[CONFIG_SIZE])
{
	memset(config, 0, CONFIG_SIZE);
	put32(config, 0x04, 0x00100000); /* there is a capability list */
	config[0x34] = 0x40;
	put32(config, 0x40, 0x00020010);
	put32(config, 0x44, 0x10000000);
	put32(config, 0x100, 0x7fc10001);  /* AER → 0x7fc: its body begins another block */
	put32(config, 0x7fc, 0x2001000d);  /* ACS → 0x200 */
	put32(config, 0x800, 0x001d001f);
	put32(config, 0x200, 0xfe810010);  /* SR-IOV → 0xfe8 */
	put32(config, 0x20c, 0x00100008);
	put32(config, 0xfe8, 0x00010003);  /* serial number, the last one */
	put32(config, 0xfec, 0x55667788);
	put32(config, 0xff0, 0x11223344);
	put32(config, 0x600, 0xdeadbeef);  /* belongs to nothing */
}

static size_t read_back(struct tree *t, const unsigned char *config, size_t size, unsigned char got[CONFIG_SIZE])
{
	_cleanup_close_ int fd = -1;

	tree_put_bytes(t, "device/config", config, size);
	fd = fs_open(t->fd, O_PATH | O_DIRECTORY, "device");
	return config_read(fd, got);
}

static struct capabilities parse(unsigned char *config, size_t size)
{
	struct capabilities c;

	capabilities_parse(config, size, 0, 5, 0, 0, &c);
	return c;
}

TEST(the_capabilities_are_those_of_the_whole_file)
{
	unsigned char config[CONFIG_SIZE], got[CONFIG_SIZE];
	struct capabilities whole, sparse;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	make_config(config);
	CHECK(read_back(&t, config, sizeof(config), got) == CONFIG_SIZE);
	whole = parse(config, sizeof(config));
	sparse = parse(got, sizeof(got));
	CHECK(whole.is_complete && whole.has_acs && whole.acs_enabled == 0x1d && whole.acs_supported == 0x1f);
	CHECK(whole.sriov_vfs == 16 && whole.has_serial && whole.serial == 0x1122334455667788);
	CHECK(sparse.is_complete && sparse.has_acs && sparse.acs_enabled == 0x1d && sparse.acs_supported == 0x1f);
	CHECK(sparse.sriov_vfs == 16 && sparse.has_serial && sparse.serial == whole.serial);
	CHECK(sparse.is_pcie && sparse.has_flr == whole.has_flr && sparse.pcie_type == whole.pcie_type);
}

TEST(what_belongs_to_no_capability_is_not_read)
{
	unsigned char config[CONFIG_SIZE], got[CONFIG_SIZE];
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	make_config(config);
	memset(got, 0xaa, sizeof(got));
	CHECK(read_back(&t, config, sizeof(config), got) == CONFIG_SIZE);
	CHECK(memcmp(got, config, CONFIG_PCI_SIZE) == 0);
	CHECK(memcmp(got + 0x600, (const char[4]){}, 4) == 0);
	CHECK(memcmp(got + 0x7c0, config + 0x7c0, 0x80) == 0);
}

TEST(a_short_file_is_no_more_than_it_is)
{
	static const struct { size_t size, wanted; } rows[] = {
		{ 0, 0 }, { 1, 1 }, { 64, 64 }, { 255, 255 }, { 256, 256 }, { 257, 256 }, { 0x140, 256 }, { 0x7fc, 256 }, { 0xfec, 256 },
		{ 4095, 256 }, { 4096, 4096 },
	};
	unsigned char config[CONFIG_SIZE], got[CONFIG_SIZE];
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	make_config(config);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("%zu bytes", rows[i].size);
		size_t size = read_back(&t, config, rows[i].size, got);
		struct capabilities c = parse(got, size);

		CHECK_ROW(row, size == rows[i].wanted);
		CHECK_ROW(row, c.is_complete == (size == CONFIG_SIZE));
		CHECK_ROW(row, c.has_serial == (size == CONFIG_SIZE));
	}
}

TEST(a_missing_file_and_a_link_out_are_empty)
{
	_cleanup_close_ int fd = -1;
	unsigned char got[CONFIG_SIZE];
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_folder(&t, "device");
	fd = fs_open(t.fd, O_PATH | O_DIRECTORY, "device");
	CHECK(config_read(fd, got) == 0);
	tree_link(&t, "device/config", "/proc/self/exe");
	CHECK(config_read(fd, got) == 0);
	CHECK(got[0] == 0 && got[CONFIG_SIZE - 1] == 0);
}

TEST(a_chain_that_runs_in_a_ring_comes_to_an_end)
{
	static const uint32_t headers[] = { 0x10010001, 0x10410001, 0xffffffff, 0xfff10001, 0x00010001, 0x0ff10001 };
	unsigned char config[CONFIG_SIZE], got[CONFIG_SIZE];
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		make_config(config);
		put32(config, 0x100, headers[i]);
		put32(config, 0x104, 0x10010001);
		put32(config, 0xffc, 0x10010001);
		CHECK(read_back(&t, config, sizeof(config), got) == CONFIG_SIZE);
		CHECK(!parse(got, sizeof(got)).has_acs);
	}
}

TEST_MAIN()
