/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec: what it says, and every way to get it wrong, with line and column. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/spec.h"
#include "tests/unit/check.h"
#include "tests/unit/spec_errors.h"

TEST(a_spec_says_what_it_wishes)
{
	_cleanup_(wishes_done) struct wishes w = {};

	CHECK(spec_parse("version: 1\n"
			 "kernel:\n  iommu: on\n  arguments: [kvm.nested=1, \"hugepages=4\"]\n"
			 "passthrough:\n  - device: class=nvme,model=*PM9A1*\n    count: 3\n    bind: address\n"
			 "  - { device: \"0000:05:00.0\" }\n", "f", &w) == 0);
	CHECK(w.iommu_on && strv_length(w.arguments) == 2 && w.n_passthrough == 2);
	CHECK_STR(w.arguments[1], "hugepages=4");
	CHECK_STR(w.passthrough[0].selector, "class=nvme,model=*PM9A1*");
	CHECK(w.passthrough[0].count == 3 && w.passthrough[0].bind == BIND_WISH_ADDRESS);
	CHECK_STR(w.passthrough[1].selector, "0000:05:00.0");
	CHECK(w.passthrough[1].count == 0 && w.passthrough[1].bind == BIND_WISH_AUTO);
}

TEST(a_spec_has_guests)
{
	_cleanup_(wishes_done) struct wishes w = {};

	CHECK(spec_parse("version: 1\nguests:\n  - { name: a, profile: uefi, memory: 8G, devices: [serial=x, \"05:00.0\"] }\n  - { name: b, profile: own }\n", "f",
			 &w) == 0);
	CHECK(w.guests.n == 2);
	CHECK_STR(guest_settings_find(&w.guests.list[0], "name"), "a");
	CHECK_STR(guest_settings_find(&w.guests.list[0], "memory"), "8G");
	CHECK_STR(w.guests.list[0].devices[1], "05:00.0");
	CHECK_STR(w.guests.list[1].profile, "own");
	CHECK(!guest_settings_find(&w.guests.list[1], "memory"));
}

TEST(every_error_has_its_line_and_column)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "", "f: the spec is empty" },
		{ "kernel: {}\n", "f:1:1: the spec needs 'version: 1'" },
		{ "version: 2\n", "f:1:10: version must be 1" },
		{ "version: [1]\n", "f:1:10: version must be 1" },
		{ "version: 1\ncolour: red\n", "f:2:1: unknown key 'colour'" },
		{ "version: 1\nversion: 1\n", "f:2:1: key 'version' stands twice" },
		{ "- version\n", "f:1:1: the spec must hold keys" },
		{ "version: 1\nkernel: on\n", "f:2:9: kernel must hold keys" },
		{ "version: 1\nkernel:\n  iommu: off\n", "f:3:10: iommu must be 'on'" },
		{ "version: 1\nkernel:\n  iommu: [on]\n", "f:3:10: iommu must be 'on'" },
		{ "version: 1\nkernel:\n  arguments: a\n", "f:3:14: arguments must be a list" },
		{ "version: 1\nkernel:\n  arguments: [a, [b]]\n", "f:3:18: a kernel argument must be a text" },
		{ "version: 1\nkernel:\n  arguments: [\"\"]\n", "f:3:15: a kernel argument must be a text" },
		{ "version: 1\nkernel:\n  args: []\n", "f:3:3: unknown key 'args' in kernel" },
		{ "version: 1\npassthrough: x\n", "f:2:14: passthrough must be a list" },
		{ "version: 1\npassthrough:\n  - x\n", "f:3:5: an entry of passthrough must hold keys" },
		{ "version: 1\npassthrough:\n  - count: 3\n", "f:3:5: an entry of passthrough needs device" },
		{ "version: 1\npassthrough:\n  - device: [a]\n", "f:3:13: device must be a selector" },
		{ "version: 1\npassthrough:\n  - { device: a, count: 0 }\n", "f:3:25: count must be a number" },
		{ "version: 1\npassthrough:\n  - { device: a, count: -1 }\n", "f:3:25: count must be a number" },
		{ "version: 1\npassthrough:\n  - { device: a, count: 5000 }\n", "f:3:25: count must be a number" },
		{ "version: 1\npassthrough:\n  - { device: a, count: three }\n", "f:3:25: count must be a number" },
		{ "version: 1\npassthrough:\n  - { device: a, bind: never }\n", "f:3:24: bind must be" },
		{ "version: 1\npassthrough:\n  - { device: a, device: b }\n", "f:3:18: key 'device' stands twice" },
		{ "version: 1\npassthrough: [{ device: klass=net }]\n", "f:2:25: selector 'klass=net': unknown key 'klass'" },
		{ "version: 1\n---\nversion: 1\n", "f:3:1: a second document begins here" },
		{ "version: 1\n--- [\n", "f:3:1: " },
		{ "version: 1\nkernle: {}\n", "did you mean 'kernel'?" },
		{ "version: 1\nbridges: x\n", "f:2:10: bridges must be a list" },
		{ "version: 1\nguests: x\n", "f:2:9: guests must be a list" },
		{ "version: 1\nguests: [x]\n", "f:2:10: an entry of guests must hold keys" },
		{ "version: 1\nguests: [{ profile: uefi }]\n", "f:2:10: an entry of guests needs name" },
		{ "version: 1\nguests: [{ name: a }]\n", "f:2:10: an entry of guests needs profile" },
		{ "version: 1\nguests:\n  - { name: a, profile: uefi }\n  - { name: a, profile: bios }\n", "f:4:5: guest a is in the list twice" },
		{ "version: 1\nguests: [{ name: a, profile: uefi, memory: 1 }]\n", "f:2:44: memory in MiB must be between" },
		{ "version: 1\nguests: [{ name: a/b, profile: uefi }]\n", "f:2:18: guest name 'a/b' cannot be used" },
		{ "version: 1\nguests: [{ name: a, profile: uefi, devices: [serail=x] }]\n", "f:2:46: selector 'serail=x': unknown key 'serail'" },
		{ "version: 1\nguests: [{ name: a, profil: uefi }]\n", "did you mean 'profile'?" },
		{ "version: 1\nremote: on\n", "f:2:9: remote must hold keys" },
		{ "version: 1\nremote: { tls: maybe }\n", "f:2:16: tls must be on or off" },
		{ "version: 1\nremote: { tcp: on }\n", "f:2:16: tcp must be off" },
		{ "version: 1\npools: x\n", "f:2:8: pools must be a list" },
		{ "version: 1\npools: [{ path: /a }]\n", "f:2:9: an entry of pools needs name" },
		{ "version: 1\npools: [{ name: a }]\n", "f:2:9: an entry of pools needs path, or lvm" },
		{ "version: 1\npools: [{ name: a, path: /a, lvm: vg }]\n", "f:2:9: an entry of pools is either lvm" },
		{ "version: 1\npools: [{ name: a, nfs: \"n:/x\" }]\n", "f:2:9: a pool over nfs needs path" },
		{ "version: 1\npools: [{ name: a, path: a/b }]\n", "f:2:26: path must be an absolute path" },
		{ "version: 1\npools: [{ name: a, path: /a/../b }]\n", "f:2:26: path must be an absolute path" },
		{ "version: 1\npools: [{ name: a, path: /a, nfs: nas1 }]\n", "f:2:35: nfs must be HOST:/PATH" },
		{ "version: 1\npools: [{ name: a, path: /a, nfs: \"-o:/x\" }]\n", "f:2:35: nfs must be HOST:/PATH" },
		{ "version: 1\npools: [{ name: a, lvm: -f }]\n", "f:2:25: lvm must be the name of a volume group" },
		{ "version: 1\npools: [{ name: -a, path: /a }]\n", "f:2:17: the name of a pool must be" },
		{ "version: 1\npools: [{ name: a, path: /a, autostart: yes }]\n", "f:2:41: autostart must be on or off" },
		{ "version: 1\npools: [{ name: a, path: /a }, { name: a, lvm: b }]\n", "f:2:32: pool a is in the list twice" },
		{ "version: 1\nnetworks: [{ active: on }]\n", "f:2:12: an entry of networks needs name" },
		{ "version: 1\nnetworks: [{ name: a }, { name: a }]\n", "f:2:25: network a is in the list twice" },
		{ "version: 1\nnetworks: [{ name: a, bridge: a/b }]\n", "f:2:31: bridge must be a bridge" },
		{ "version: 1\nnetworks: [{ name: a, activ: on }]\n", "did you mean 'active'?" },
		{ "version: 1\nkernel: {\n", "f:3:1: " },
		{ "version: 1\n\tkernel: x\n", "f:2:1: " },
		{ "version: \033[31m\n", "f:1:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *said = spec_errors(rows[i].text);

		CHECK_HAS(said, rows[i].said);
		CHECK(!strchr(said, '\033'));
	}
}

TEST(all_errors_are_said_not_only_the_first)
{
	_cleanup_(wishes_done) struct wishes w = {};
	_cleanup_free_ char *said = NULL;

	CHECK(spec_parse("version: 3\nkernel: x\ncolour: y\n", "f", &w) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "f:1:10:");
	CHECK_HAS(said, "f:2:9:");
	CHECK_HAS(said, "f:3:1:");
}

TEST(what_is_wrong_comes_in_the_file_s_order_and_silently)
{
	static const char text[] = "kernel: x\ncolour: y\npassthrough: [{ count: 0, device: [] }]\n";
	_cleanup_(complaints_done) struct complaints c = {};
	_cleanup_free_ char *said = NULL;

	CHECK(spec_check(text, &c) == -EINVAL);
	said = stderr_caught();
	CHECK_STR(said, "");
	CHECK(c.n == 5);
	/* That the version is missing is found last, and told of the file's first place. */
	CHECK(c.n && c.list[0].line == 1 && c.list[0].column == 1);
	for (size_t i = 1; i < c.n; i++)
		CHECK(c.list[i - 1].line < c.list[i].line || (c.list[i - 1].line == c.list[i].line && c.list[i - 1].column <= c.list[i].column));
	complaints_done(&c);
	CHECK(spec_check("version: 1\n", &c) == 0 && c.n == 0);
}

TEST_MAIN()
