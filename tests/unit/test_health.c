/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Health: what a host had before a trial boot, and what is missing after it. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/health.h"
#include "tests/unit/check.h"
#include "tests/unit/debian.h"

static void make(struct tree *t)
{
	debian_new(t);
	debian_add_drives(t);
}

TEST(health_is_what_the_ports_had)
{
	_cleanup_(health_done) struct health wanted = {}, parsed = {};
	_cleanup_(strv_freep) char **well = NULL, **ill = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_tree_ struct tree t, later;

	make(&t);
	tree_pci(&t, "0000:00:09.0", "020000", "8086:1533", 9);
	tree_netif(&t, "0000:00:09.0", "", "eno1");
	tree_put(&t, "proc/net/if_inet6", "20010db8000000000000000000000007 02 40 00 80 eno1\n");
	CHECK(tree_read(&t) == 0 && health_of(&t.host, &wanted) == 0);
	CHECK(strv_length(wanted.ports) == 1);
	CHECK_STR(wanted.ports[0], "eno1 ipv6");
	text = health_format(&wanted);
	CHECK(health_parse(text, strlen(text), &parsed) == 0);
	CHECK(strv_eq(parsed.ports, wanted.ports) && !parsed.command);
	CHECK(health_check(&t.host, &parsed, &well) == 0 && !well);
	make(&later);
	tree_put(&later, "proc/self/mounts", "/dev/nvme0n1p2 / ext4 ro,relatime 0 0\n");
	CHECK(tree_read(&later) == 0 && health_check(&later.host, &parsed, &ill) == 0);
	CHECK(strv_length(ill) == 2);
	CHECK_HAS(ill[0], "not mounted read-write");
	CHECK_HAS(ill[1], "eno1 ipv6 address is missing");
}

TEST(a_port_whose_addresses_are_at_its_bridge_is_well)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(health_done) struct health wanted = {};
	_cleanup_(strv_freep) char **well = NULL, **ill = NULL;

	make(&t);
	tree_pci(&t, "0000:00:1f.0", "020000", "8086:15b7", -1);
	tree_netif(&t, "0000:00:1f.0", "", "eno1");
	tree_netif(&t, NULL, "", "br0");
	tree_folder(&t, "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/upper_br0");
	tree_put(&t, "proc/self/mounts", "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n");
	tree_put(&t, "proc/net/if_inet6", "20010db8000000000000000000000007 02 40 00 80      br0\n");
	CHECK(strv_add(&wanted.ports, "eno1 ipv6") == 0);
	CHECK(tree_read(&t) == 0 && health_check(&t.host, &wanted, &well) == 0 && !well);
	CHECK(strv_add(&wanted.ports, "eno1 ipv4") == 0);
	CHECK(health_check(&t.host, &wanted, &ill) == 0 && strv_length(ill) == 1);
	CHECK_HAS(ill[0], "eno1 ipv4 address is missing");
}

TEST(a_file_that_tells_no_health_is_refused)
{
	static const char *const texts[] = { "", "{", "[]", "{}", "{\"ports\": 1}", "{\"ports\":[],\"routes\":[]}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct health h = {};

		CHECK_ROW(texts[i], health_parse(texts[i], strlen(texts[i]), &h) == -EINVAL);
	}
}

TEST_MAIN()
