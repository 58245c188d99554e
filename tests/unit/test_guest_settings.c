/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of a guest in YAML: what is taken, and where what is not stands. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/profile.h"
#include "profiles/settings_guest.h"
#include "tests/unit/check.h"

static int parse(const char *text, struct guest_settings *ret, char **ret_said)
{
	int r;

	stderr_catch();
	r = guest_settings_parse(text, "mine.yaml", ret);
	*ret_said = stderr_caught();
	return r;
}

TEST(a_file_lays_its_options_over_those_of_the_profile)
{
	_cleanup_(guest_settings_done) struct guest_settings g = {};
	struct guest_options o = profile_find("ceph-osd")->defaults;
	_cleanup_free_ char *said = NULL;

	CHECK(parse("profile: ceph-osd\nmemory: 16G\nvcpus: 8\nmacvtap: eno1\ntpm: 2.0\nsecure-boot: on\nhugepages: 1G\nnuma-node: 1\n"
		    "devices: [\"serial=A\", 'class=nvme,model=B*']\n", &g, &said) == 0);
	CHECK_STR(said, "");
	CHECK_STR(g.profile, "ceph-osd");
	CHECK(strv_length(g.devices) == 2);
	CHECK_STR(g.devices[1], "class=nvme,model=B*");
	CHECK(guest_settings_apply(&g, &o) == 0);
	CHECK(o.memory == 16384 && o.vcpus == 8 && o.tpm && o.secure_boot && o.hugepages == HUGEPAGES_1G && o.numa_node == 1);
	CHECK_STR(o.macvtap, "eno1");
	CHECK(!o.bridge);
	CHECK(o.spare_ports == 8); /* as the profile has it */
}

TEST(every_option_of_the_command_line_is_a_key)
{
	for (const struct guest_option *option = guest_options; option->name; option++) {
		_cleanup_(guest_settings_done) struct guest_settings g = {};
		_cleanup_free_ char *text = text_format("%s: []\n", option->name), *said = NULL, *wanted = text_format("is no value for %s (", option->name);

		CHECK_ROW(option->name, parse(text, &g, &said) == -EINVAL);
		CHECK_HAS(said, wanted);
	}
}

TEST(every_error_has_its_place_and_one_does_not_hide_the_next)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "", "mine.yaml: the profile is empty" },
		{ "memory: 8G\nvcpu: 4\n", "mine.yaml:2:1: unknown key 'vcpu' in the profile; did you mean 'vcpus'?" },
		{ "memory: 8G\nmemory: 9G\n", "mine.yaml:2:1: key 'memory' stands twice" },
		{ "memory:   lots\n", "mine.yaml:1:11: 'lots' is no value for memory (memory in MiB, or with M, G or T behind it)" },
		{ "memory: 64M\n", "mine.yaml:1:9: memory in MiB must be between 128 and 16777216, not 64" },
		{ "vcpus: 256\n", "mine.yaml:1:8: the number of virtual CPUs must be between 1 and 255, not 256" },
		{ "vcpus:\n", "'' is no value for vcpus" },
		{ "name: a/b\n", "mine.yaml:1:7: guest name 'a/b' cannot be used" },
		{ "disk: guest.raw\n", "mine.yaml:1:7: disk 'guest.raw' cannot be used: it is no absolute path" },
		{ "bridge: br0\nnetwork: none\n", "mine.yaml:2:10: bridge, macvtap and network exclude each other" },
		{ "devices: serial=A\n", "mine.yaml:1:10: devices must be a list of selectors" },
		{ "devices: [[a]]\n", "mine.yaml:1:11: a device must be a selector" },
		{ "profile: [uefi]\n", "mine.yaml:1:10: profile must be the name of one" },
		{ "- uefi\n", "mine.yaml:1:1: the profile must hold keys with values" },
		{ "memory: {\n", "mine.yaml:2:1: " },
		{ "type: xen\nvcpus: 0\n", "mine.yaml:2:8: the number of virtual CPUs must be" },
		{ "type: xen\nvcpus: 0\n", "mine.yaml:1:7: 'xen' is no value for type" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(guest_settings_done) struct guest_settings g = {};
		_cleanup_free_ char *said = NULL;

		CHECK_ROW(rows[i].text, parse(rows[i].text, &g, &said) == -EINVAL);
		CHECK_HAS(said, rows[i].said);
		CHECK(!g.n && !g.profile);
	}
}

TEST_MAIN()
