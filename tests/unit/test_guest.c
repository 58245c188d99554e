/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests: definitions, through libvirt's own driver for tests. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/guest_host.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_xml.h"

#define _cleanup_connection_ _cleanup_(guest_connection_freep)

/* A new string; NULL: it has none. */
static char *saved_definition(struct guest_connection *c, const char *name)
{
	_cleanup_free_ char *live = NULL;
	char *saved = NULL;

	if (guest_definitions(c, name, &live, &saved) < 0)
		abort();
	return saved;
}

TEST(a_guest_is_defined_read_and_undefined)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *xml = NULL, *again = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_exists(c, "new") == 0);
	CHECK(guest_define(c, GUEST_XML("test", "new", HOSTDEV("0x05"))) == 0);
	CHECK(guest_exists(c, "new") == 1);
	CHECK(guest_is_active(c, "new") == 0);
	xml = saved_definition(c, "new");
	CHECK(xml && strstr(xml, "<name>new</name>") && strstr(xml, "bus='0x05'"));
	CHECK(guest_undefine(c, "new") == 0);
	CHECK(guest_exists(c, "new") == 0);
	/* What was read makes the same guest again. */
	CHECK(guest_define(c, xml) == 0);
	again = saved_definition(c, "new");
	CHECK_STR(again, xml);
}

TEST(a_running_guest_is_known_as_one)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *live = NULL, *saved = NULL, *none = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_is_active(c, "test") == 1);
	CHECK(guest_definitions(c, "test", &live, &saved) == 0);
	CHECK(str_starts(saved, "<domain type='test'>"));
	/* A running guest has a number. */
	CHECK(str_starts(live, "<domain type='test' id="));
	/* Undefined, it runs on without a saved definition. */
	CHECK(guest_undefine(c, "test") == 0);
	CHECK(guest_is_active(c, "test") == 1);
	none = saved_definition(c, "test");
	CHECK(!none);
}

TEST(hostile_names_are_just_names)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *xml = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_define(c, GUEST_XML("test", "a&lt;b&gt;&amp;&quot;$(x)%s", "")) == 0);
	CHECK(guest_exists(c, "a<b>&\"$(x)%s") == 1);
	CHECK(guest_exists(c, "") == 0);
	xml = saved_definition(c, "a<b>&\"$(x)%s");
	CHECK(xml && strstr(xml, "<name>a&lt;b&gt;&amp;"));
}

TEST(what_fails_is_said_with_the_words_of_libvirt)
{
	_cleanup_connection_ struct guest_connection *c = NULL, *nowhere = NULL;
	_cleanup_free_ char *said = NULL, *running = NULL, *xml = NULL;
	bool live = true, saved = true;
	int results[7];

	CHECK(guest_connect("test:///default", &c) == 0);
	stderr_catch();
	results[0] = guest_definitions(c, "missing", &running, &xml);
	results[1] = guest_define(c, "<domain type='test'><name>x</name></domain>");
	results[2] = guest_define(c, "<domain type='test'><wrong/></domain>");
	results[3] = guest_undefine(c, "missing");
	results[4] = guest_is_active(c, "missing");
	results[5] = guest_has(c, "missing", DRIVE, HOSTDEV("0x05"), NULL, &live, &saved);
	results[6] = guest_connect("qemu+unix:///system?socket=/nonexistent/libvirt-sock", &nowhere);
	said = stderr_caught();
	CHECK(results[0] == -ENOENT && results[3] == -ENOENT && results[4] == -ENOENT && results[5] == -ENOENT);
	CHECK(results[1] == -EINVAL && results[2] == -EINVAL);
	CHECK(results[6] == -ECONNREFUSED);
	CHECK(!running && !xml && !nowhere && live && saved);
	CHECK(strstr(said, "error: cannot find guest 'missing': Domain not found"));
	CHECK(strstr(said, "error: cannot define the guest: "));
	CHECK(strstr(said, "error: cannot reach libvirt at qemu+unix:///system?socket=/nonexistent/libvirt-sock: "));
}

TEST(the_uri_comes_from_the_environment_where_none_is_given)
{
	_cleanup_connection_ struct guest_connection *c = NULL;

	CHECK(setenv("LIBVIRT_DEFAULT_URI", "test:///default", 1) == 0);
	CHECK(guest_connect(NULL, &c) == 0);
	unsetenv("LIBVIRT_DEFAULT_URI");
	CHECK(guest_exists(c, "test") == 1);
}

TEST(the_users_of_devices_are_found_in_all_guests)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_(guest_uses_done) struct guest_uses u = {};

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_define(c, GUEST_XML("test", "b", HOSTDEV("0x06") HOSTDEV("0x05"))) == 0);
	CHECK(guest_define(c, GUEST_XML("test", "a", HOSTDEV("0x05"))) == 0);
	CHECK(guest_users(c, &u) == 0);
	CHECK(u.n == 3);
	CHECK_STR(u.list[0].guest, "a");
	CHECK_STR(u.list[0].address, DRIVE);
	CHECK(u.list[0].saved && !u.list[0].live);
	CHECK_STR(u.list[1].guest, "b");
	CHECK_STR(u.list[1].address, DRIVE);
	CHECK_STR(u.list[2].address, "0000:06:00.0");
	CHECK_STR(guest_uses_find(&u, DRIVE, NULL)->guest, "a");
	CHECK_STR(guest_uses_find(&u, DRIVE, "a")->guest, "b");
	CHECK(!guest_uses_find(&u, "0000:06:00.0", "b"));
	CHECK(!guest_uses_find(&u, "0000:07:00.0", NULL));
}

TEST(a_guest_that_runs_with_a_device_comes_before_one_that_would)
{
	struct guest_use list[] = {
		{ .guest = (char *)"a", .address = (char *)DRIVE, .saved = true },
		{ .guest = (char *)"b", .address = (char *)DRIVE, .live = true },
	};
	const struct guest_uses u = { .list = list, .n = ARRAY_SIZE(list) };

	CHECK(guest_uses_find(&u, DRIVE, NULL) == &list[1]);
	CHECK(guest_uses_find(&u, DRIVE, "b") == &list[0]);
}

TEST(a_guest_is_started_where_it_does_not_run)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *said = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_define(c, GUEST_XML("test", "new", "")) == 0 && guest_is_active(c, "new") == 0);
	CHECK(guest_start(c, "new") == 0 && guest_is_active(c, "new") == 1);
	CHECK(guest_start(c, "new") == 0 && guest_is_active(c, "new") == 1);
	stderr_catch();
	CHECK(guest_start(c, "missing") == -ENOENT);
	said = stderr_caught();
	CHECK_HAS(said, "cannot find guest 'missing'");
}

TEST(a_driver_that_cannot_attach_changes_nothing)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *before = NULL, *after = NULL, *said = NULL;
	int r;

	CHECK(guest_connect("test:///default", &c) == 0);
	before = saved_definition(c, "test");
	stderr_catch();
	r = guest_give(c, "test", DRIVE, HOSTDEV("0x05"), HOSTDEV("0x05"));
	said = stderr_caught();
	CHECK(r == -EOPNOTSUPP);
	CHECK(strstr(said, "cannot give " DRIVE " to the saved definition of guest 'test': this function is not supported"));
	after = saved_definition(c, "test");
	CHECK_STR(after, before);
}

TEST(a_driver_without_capabilities_says_nothing_and_a_volume_that_is_not_there_is_named)
{
	_cleanup_free_ char *xml = NULL, *format = NULL, *said = NULL;
	_cleanup_connection_ struct guest_connection *c = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_capabilities(c, "/usr/bin/qemu", "x86_64", "q35", "kvm", &xml) == -EOPNOTSUPP && !xml);
	stderr_catch();
	CHECK(guest_volume_format(c, "default-pool", "gone", &format) == -ENOENT);
	CHECK(guest_volume_format(c, "no-pool", "gone", &format) == -ENOENT && !format);
	said = stderr_caught();
	CHECK_HAS(said, "cannot use the volume gone of pool default-pool as disk");
	CHECK_HAS(said, "cannot use the volume gone of pool no-pool as disk");
	CHECK(guest_set_autostart(c, "test", true) == 0);
	stderr_catch();
	CHECK(guest_set_autostart(c, "nobody", true) == -ENOENT);
	free(said);
	said = stderr_caught();
	CHECK_HAS(said, "cannot find guest 'nobody'");
}

TEST_MAIN()
