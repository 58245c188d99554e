/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which firmware a guest gets. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/qemu_host.h"

static int choose(struct tree *t, struct guest_firmware *ret, char **ret_said)
{
	int r;

	qemu_host_read(t);
	stderr_catch();
	r = guest_firmware_choose(&t->host, platform_q35.firmware, ret);
	*ret_said = stderr_caught();
	return r;
}

#define NULL_LINK "/dev/null"

TEST(the_first_descriptor_by_file_name_that_fits_is_taken_and_etc_hides_usr)
{
	static const struct {
		const char *path, *text; /* text NULL_LINK: a link there */
	} rows[][3] = {
		/* The last of a row is the one that is taken. */
		{ { LOW "/40-a.json", WITH_FEATURES("\"enrolled-keys\", \"requires-smm\", \"secure-boot\"") },
		  { LOW "/50-b.json", WITH_FEATURES("\"secure-boot\"") }, { LOW "/60-c.json", PLAIN } },
		{ { LOW "/60-c.json", PLAIN }, { LOW "/70-d.json", PLAIN }, { HIGH "/60-c.json", PLAIN } },
		{ { HIGH "/70-mine.json", PLAIN }, { LOW "/80-d.json", PLAIN }, { LOW "/60-c.json", PLAIN } },
		{ { LOW "/60-c.json", PLAIN }, { HIGH "/60-c.json", "" }, { LOW "/70-d.json", PLAIN } },
		{ { LOW "/60-c.json", PLAIN }, { HIGH "/60-c.json", NULL_LINK }, { LOW "/70-d.json", PLAIN } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(guest_firmware_done) struct guest_firmware f = {};
		_cleanup_tree_ struct tree t;
		_cleanup_free_ char *said = NULL;

		qemu_host_new(&t);
		for (size_t j = 0; j < ARRAY_SIZE(rows[i]); j++) {
			if (str_eq(rows[i][j].text, NULL_LINK))
				tree_link(&t, rows[i][j].path, NULL_LINK);
			else
				tree_put(&t, rows[i][j].path, "%s", rows[i][j].text);
		}
		CHECK_ROW(rows[i][2].path, choose(&t, &f, &said) == 0 && str_eq(f.descriptor + 1, rows[i][2].path));
		CHECK_STR(f.code, "/" FILES "/code.fd");
		CHECK_STR(f.code_format, "raw");
		CHECK_STR(f.nvram, "/" FILES "/vars.fd");
		CHECK_STR(f.nvram_format, "raw");
		CHECK_STR(said, "");
	}
}

TEST(a_malformed_descriptor_is_named_with_its_reason_and_passed_over)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "{ \"interface-types\": [\"uefi\"", "it is no JSON document" },
		{ "\xff\xfe", "it is no JSON document" },
		{ "[]", "it is no JSON object" },
		{ "null", "it is no JSON " },
		{ "{}", "'interface-types' is no list of strings" },
		{ "{ \"interface-types\": [1], \"features\": [] }", "'interface-types' is no list of strings" },
		{ "{ \"interface-types\": [\"uefi\"] }", "'features' is no list of strings" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [null] }", "'features' is no list of strings" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [\"x86_64\"] }", "'targets' is no list of objects" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [{}] }", "a target has no 'architecture'" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [] }", "'mapping' is no object" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [], \"mapping\": { \"device\": \"flash\" } }",
		  "no absolute 'filename'" },
		{ DESCRIPTOR("uefi", "flash", "", "OVMF/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no absolute 'filename'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(guest_firmware_done) struct guest_firmware f = {};
		_cleanup_tree_ struct tree t;
		_cleanup_free_ char *said = NULL;

		qemu_host_new(&t);
		tree_put(&t, LOW "/10-bad.json", "%s", cases[i].text);
		tree_put(&t, LOW "/60-c.json", "%s", PLAIN);
		CHECK(choose(&t, &f, &said) == 0);
		CHECK_STR(f.descriptor, "/" LOW "/60-c.json");
		CHECK(strstr(said, "/" LOW "/10-bad.json: "));
		if (!strstr(said, cases[i].reason))
			CHECK_STR(said, cases[i].reason);
	}
}

TEST(firmware_that_does_not_fit_is_passed_over)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ DESCRIPTOR("bios", "flash", "", "/" FILES "/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no UEFI" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/code.fd", "raw", "aarch64", "pc-q35-*", ""), "not for x86_64" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/code.fd", "raw", "x86_64", "pc-i440fx-*", ""), "not for x86_64" },
		{ DESCRIPTOR("uefi", "memory", "", "/" FILES "/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no pair of flash" },
		{ DESCRIPTOR("uefi", "flash", "\"mode\": \"stateless\",", "/" FILES "/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no pair" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/code.fd", "qcow2", "x86_64", "pc-q35-*", ""), "not raw" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/gone.fd", "raw", "x86_64", "pc-q35-*", ""), "/gone.fd is missing" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES, "raw", "x86_64", "pc-q35-*", ""), "/" FILES " is missing" },
		{ WITH_FEATURES("\"requires-smm\""), "has requires-smm" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [ { \"architecture\": \"x86_64\", \"machines\": [\"pc-q35-*\"] } ],"
		  "  \"mapping\": { \"device\": \"flash\", \"executable\": { \"filename\": \"/" FILES "/code.fd\", \"format\": \"raw\" },"
		  "  \"nvram-template\": { \"filename\": \"/" FILES "/vars.fd\", \"format\": \"qcow2\" } } }", "not raw" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(guest_firmware_done) struct guest_firmware f = {};
		_cleanup_tree_ struct tree t;
		_cleanup_free_ char *said = NULL, *alone = NULL;

		qemu_host_new(&t);
		tree_put(&t, LOW "/10-odd.json", "%s", cases[i].text);
		CHECK(choose(&t, &f, &alone) == -ENOENT);
		if (!strstr(alone, cases[i].reason))
			CHECK_STR(alone, cases[i].reason);
		tree_put(&t, LOW "/60-c.json", "%s", PLAIN);
		CHECK(choose(&t, &f, &said) == 0);
		CHECK_STR(f.descriptor, "/" LOW "/60-c.json");
		CHECK_STR(said, "");
	}
}

TEST(a_wish_can_need_features)
{
	static const char *const needs[] = { "secure-boot", "enrolled-keys", NULL };
	const struct firmware_wish wish = { .architecture = "x86_64", .machine = "pc-q35-", .needs = needs, .package = "ovmf" };
	_cleanup_(guest_firmware_done) struct guest_firmware f = {}, good = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	qemu_host_new(&t);
	tree_put(&t, LOW "/50-b.json", "%s", WITH_FEATURES("\"secure-boot\""));
	qemu_host_read(&t);
	CHECK(guest_firmware_choose(&t.host, &wish, &f) == -ENOENT);
	said = stderr_caught();
	CHECK_HAS(said, "50-b.json: lacks enrolled-keys");
	tree_put(&t, LOW "/60-c.json", "%s", WITH_FEATURES("\"enrolled-keys\", \"secure-boot\""));
	qemu_host_read(&t);
	CHECK(guest_firmware_choose(&t.host, &wish, &good) == 0);
	CHECK_STR(good.descriptor, "/" LOW "/60-c.json");
}

TEST(a_host_without_firmware_is_told_what_to_install)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {};
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	qemu_host_new(&t);
	CHECK(choose(&t, &f, &said) == -ENOENT);
	CHECK(!f.code);
	CHECK_STR(said, "error: no UEFI firmware for x86_64 guests (pc-q35-*) in /etc/qemu/firmware or /usr/share/qemu/firmware: "
			"install the package ovmf\n");
}

TEST_MAIN()
