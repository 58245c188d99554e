/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests: definitions through libvirt's test driver; giving devices, through a fake of the calls that this driver lacks. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/text.h"
#include "passthrough/guest.h"
#include "passthrough/guest_libvirt.h"
#include "passthrough/hostdev.h"
#include "tests/unit/check.h"

#define DRIVE "0000:05:00.0"

/* Host devices in XML */

#define GUEST_XML(type, name, devices)                                                                              \
	"<domain type='" type "'><name>" name "</name><memory unit='MiB'>64</memory><os><type>hvm</type></os>"       \
	"<devices>" devices "</devices></domain>"
#define SOURCE(bus) "<source><address domain='0x0000' bus='" bus "' slot='0x00' function='0x0'/></source>"
#define HOSTDEV(bus) "<hostdev mode='subsystem' type='pci' managed='yes'>" SOURCE(bus) "</hostdev>"

TEST(a_host_device_comes_back_from_its_xml)
{
	static const char *const addresses[] = { "0000:05:00.0", "0000:ff:1f.7", "10000:01:00.0", "ffffffff:00:00.1" };

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		for (int managed = 0; managed < 2; managed++) {
			_cleanup_(hostdevs_done) struct hostdevs h = {};
			_cleanup_free_ char *xml = NULL, *domain = NULL, *again = NULL;

			CHECK(hostdev_format(addresses[i], managed, &xml) == 0);
			domain = text_format("<domain><devices>%s</devices></domain>", xml);
			CHECK(hostdevs_parse(domain, &h) == 0);
			CHECK(h.n == 1);
			CHECK_STR(h.list[0].address, addresses[i]);
			CHECK(h.list[0].managed == managed && h.list[0].kind == HOSTDEV_PLAIN);
			CHECK(hostdev_extract(domain, addresses[i], &again) == 0);
			CHECK_STR(again, xml);
		}
}

TEST(a_host_device_needs_an_address)
{
	static const char *const bad[] = { "", "05:00", "0000:05:20.0", "0000:05:00.8", "0000:05:00.0'/>", "nvme0" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *xml = NULL;

		CHECK(hostdev_format(bad[i], true, &xml) == -EINVAL);
		CHECK(!xml);
	}
}

TEST(the_host_device_validates_inside_a_domain)
{
	_cleanup_free_ char *device = NULL, *xml = NULL, *output = NULL;
	char name[] = "/tmp/slipway-xml-XXXXXX";
	char *argv[] = { "virt-xml-validate", name, "domain", NULL };
	int fd = mkstemp(name), r;

	CHECK(hostdev_format(DRIVE, false, &device) == 0);
	xml = text_format(GUEST_XML("kvm", "guest", "%s"), device);
	CHECK(write(fd, xml, strlen(xml)) == (ssize_t)strlen(xml));
	close(fd);
	r = process_run(argv, &output);
	unlink(name);
	CHECK(r == 0);
}

TEST(every_way_to_have_a_pci_function_is_seen)
{
	static const char xml[] =
		"<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><devices>"
		HOSTDEV("0x05")
		"<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>"
		"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
		"<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>"
		"<interface type='hostdev' managed='no'><mac address='52:54:00:6d:90:02'/>"
		"<source><address type='pci' domain='0' bus='6' slot='7' function='1'/></source>"
		"<address type='pci' domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></interface>"
		"<interface type='network'><source network='default'/><address type='pci' bus='0x01'/></interface>"
		"<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'>"
		"<address domain='0x0001' bus='0x0a' slot='0x00' function='0x0'/></source><target dev='vdb'/></disk>"
		"<disk type='file'><source file='/a'/><address type='pci' bus='0x02'/></disk>"
		"</devices></domain>";
	_cleanup_(hostdevs_done) struct hostdevs h = {};

	CHECK(hostdevs_parse(xml, &h) == 0);
	CHECK(h.n == 3);
	CHECK_STR(h.list[0].address, DRIVE);
	CHECK_STR(h.list[1].address, "0000:06:07.1");
	CHECK(h.list[1].kind == HOSTDEV_INTERFACE && !h.list[1].managed);
	CHECK_STR(h.list[2].address, "0001:0a:00.0");
	CHECK(h.list[2].kind == HOSTDEV_DISK && h.list[2].managed);
	CHECK(hostdevs_find(&h, "05:00.0") == &h.list[0]);
	CHECK(!hostdevs_find(&h, "0000:09:00.0") && !hostdevs_find(&h, "0000:02:00.0") && !hostdevs_find(&h, "nonsense"));
}

TEST(what_is_no_domain_is_an_error_and_loads_nothing)
{
	static const char *const bad[] = {
		"", "<domain", "<network/>", "text",
		"<domain><devices>" HOSTDEV("0x100") "</devices></domain>", "<domain><devices>" HOSTDEV("five") "</devices></domain>",
		"<domain><devices>" HOSTDEV("-1") "</devices></domain>",
		"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><devices>&e;</devices>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct hostdevs h = {};

		CHECK(hostdevs_parse(bad[i], &h) == -EINVAL);
		CHECK(!h.n && !h.list);
	}
}

TEST(the_extracted_element_keeps_all_it_had)
{
	static const char device[] =
		"<hostdev mode='subsystem' type='pci' managed='no'>" SOURCE("0x05") "<boot order='2'/><rom bar='off'/>"
		"<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/></hostdev>";
	_cleanup_free_ char *domain = text_format("<domain><devices>%s%s</devices></domain>", HOSTDEV("0x04"), device), *got = NULL;

	CHECK(hostdev_extract(domain, DRIVE, &got) == 0);
	CHECK(strstr(got, "managed=\"no\"") && strstr(got, "<boot order=\"2\"/>") && strstr(got, "<rom bar=\"off\"/>"));
	CHECK(strstr(got, "bus=\"0x07\"") && !strstr(got, "0x04"));
	CHECK(hostdev_extract(domain, "0000:07:00.0", &got) == -ENOENT);
}

/* Definitions, through libvirt's own driver for tests */

#define _cleanup_connection_ _cleanup_(guest_connection_freep)

TEST(a_guest_is_defined_read_and_undefined)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *xml = NULL, *again = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_exists(c, "new") == 0);
	CHECK(guest_define(c, GUEST_XML("test", "new", HOSTDEV("0x05"))) == 0);
	CHECK(guest_exists(c, "new") == 1);
	CHECK(guest_is_active(c, "new") == 0);
	CHECK(guest_is_persistent(c, "new") == 1);
	CHECK(guest_definition(c, "new", &xml) == 0);
	CHECK(strstr(xml, "<name>new</name>") && strstr(xml, "bus='0x05'"));
	CHECK(guest_undefine(c, "new") == 0);
	CHECK(guest_exists(c, "new") == 0);
	/* What was read makes the same guest again. */
	CHECK(guest_define(c, xml) == 0);
	CHECK(guest_definition(c, "new", &again) == 0);
	CHECK_STR(again, xml);
}

TEST(a_running_guest_is_known_as_one)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *xml = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_is_active(c, "test") == 1);
	/* The saved definition, and not that of the running guest, which has a number. */
	CHECK(guest_definition(c, "test", &xml) == 0);
	CHECK(str_starts(xml, "<domain type='test'>"));
	/* Undefined, it runs on without a saved definition. */
	CHECK(guest_undefine(c, "test") == 0);
	CHECK(guest_is_active(c, "test") == 1);
	CHECK(guest_is_persistent(c, "test") == 0);
}

TEST(hostile_names_are_just_names)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *xml = NULL;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_define(c, GUEST_XML("test", "a&lt;b&gt;&amp;&quot;$(x)%s", "")) == 0);
	CHECK(guest_exists(c, "a<b>&\"$(x)%s") == 1);
	CHECK(guest_exists(c, "") == 0);
	CHECK(guest_definition(c, "a<b>&\"$(x)%s", &xml) == 0);
	CHECK(strstr(xml, "<name>a&lt;b&gt;&amp;"));
}

TEST(what_fails_is_said_with_the_words_of_libvirt)
{
	_cleanup_connection_ struct guest_connection *c = NULL, *nowhere = NULL;
	_cleanup_free_ char *said = NULL, *xml = NULL;
	bool live = true, saved = true;
	int results[7];

	CHECK(guest_connect("test:///default", &c) == 0);
	stderr_catch();
	results[0] = guest_definition(c, "missing", &xml);
	results[1] = guest_define(c, "<domain type='test'><name>x</name></domain>");
	results[2] = guest_define(c, "<domain type='test'><wrong/></domain>");
	results[3] = guest_undefine(c, "missing");
	results[4] = guest_is_active(c, "missing");
	results[5] = guest_has_device(c, "missing", DRIVE, &live, &saved);
	results[6] = guest_connect("qemu+unix:///system?socket=/nonexistent/libvirt-sock", &nowhere);
	said = stderr_caught();
	CHECK(results[0] == -ENOENT && results[3] == -ENOENT && results[4] == -ENOENT && results[5] == -ENOENT);
	CHECK(results[1] == -EINVAL && results[2] == -EINVAL);
	CHECK(results[6] == -ECONNREFUSED);
	CHECK(!xml && !nowhere && live && saved);
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

TEST(a_driver_that_cannot_attach_changes_nothing)
{
	_cleanup_connection_ struct guest_connection *c = NULL;
	_cleanup_free_ char *before = NULL, *after = NULL, *said = NULL;
	int r;

	CHECK(guest_connect("test:///default", &c) == 0);
	CHECK(guest_definition(c, "test", &before) == 0);
	stderr_catch();
	r = guest_attach(c, "test", DRIVE, true, true, true);
	said = stderr_caught();
	CHECK(r == -EOPNOTSUPP);
	CHECK(strstr(said, "cannot give " DRIVE " to the saved definition of guest 'test': this function is not supported"));
	CHECK(guest_definition(c, "test", &after) == 0);
	CHECK_STR(after, before);
}

/* A guest of our own behind the same function pointers: what it has where, and which step is to fail */

static struct fake {
	bool active, persistent;
	char *live, *saved;         /* the device's XML, or NULL */
	unsigned fail;              /* bits of STEP() */
	int polls_to_leave;         /* a detached device stays for so many looks; -1: for ever */
	bool leaving, stops_instead;
	unsigned n_changes;
} fake;

#define STEP(attach, flags) (1u << ((attach) ? 0 : 2) << ((flags) == VIR_DOMAIN_AFFECT_LIVE ? 1 : 0))
#define ATTACH_SAVED STEP(true, VIR_DOMAIN_AFFECT_CONFIG)
#define ATTACH_LIVE STEP(true, VIR_DOMAIN_AFFECT_LIVE)
#define DETACH_SAVED STEP(false, VIR_DOMAIN_AFFECT_CONFIG)
#define DETACH_LIVE STEP(false, VIR_DOMAIN_AFFECT_LIVE)

static virDomainPtr fake_lookup(virConnectPtr connection, const char *name)
{
	(void)connection;
	return strcmp(name, "guest") == 0 ? (virDomainPtr)&fake : NULL;
}

static int fake_free(virDomainPtr domain)
{
	(void)domain;
	return 0;
}

static int fake_is_active(virDomainPtr domain)
{
	(void)domain;
	return fake.active;
}

static int fake_is_persistent(virDomainPtr domain)
{
	(void)domain;
	return fake.persistent;
}

static char *fake_xml(virDomainPtr domain, unsigned flags)
{
	const char *device;

	(void)domain;
	if (flags & VIR_DOMAIN_XML_INACTIVE) {
		device = fake.saved;
	} else {
		if (fake.leaving && fake.polls_to_leave >= 0 && fake.polls_to_leave-- == 0) {
			freep(&fake.live);
			fake.live = NULL;
			fake.leaving = false;
			if (fake.stops_instead) {
				fake.active = false;
				return NULL;
			}
		}
		device = fake.live;
	}
	return text_format("<domain><devices>%s</devices></domain>", device ? device : "");
}

static int fake_attach(virDomainPtr domain, const char *xml, unsigned flags)
{
	char **place = flags == VIR_DOMAIN_AFFECT_LIVE ? &fake.live : &fake.saved;

	(void)domain;
	if (*place || fake.fail & STEP(true, flags))
		return -1;
	*place = strdup(xml);
	fake.n_changes++;
	return 0;
}

static int fake_detach(virDomainPtr domain, const char *xml, unsigned flags)
{
	char **place = flags == VIR_DOMAIN_AFFECT_LIVE ? &fake.live : &fake.saved;

	(void)domain;
	(void)xml;
	if (!*place || fake.fail & STEP(false, flags))
		return -1;
	fake.n_changes++;
	if (flags == VIR_DOMAIN_AFFECT_LIVE) {
		fake.leaving = true;
		return 0;
	}
	freep(place);
	*place = NULL;
	return 0;
}

static void fake_connection_done(struct guest_connection *c)
{
	libvirt_done(&c->api);
	free(fake.live);
	free(fake.saved);
	fake = (struct fake){};
}

static void fake_connect(struct guest_connection *c)
{
	*c = (struct guest_connection){};
	if (libvirt_load(&c->api) < 0)
		abort();
	c->api.virDomainLookupByName = fake_lookup;
	c->api.virDomainFree = fake_free;
	c->api.virDomainIsActive = fake_is_active;
	c->api.virDomainIsPersistent = fake_is_persistent;
	c->api.virDomainGetXMLDesc = fake_xml;
	c->api.virDomainAttachDeviceFlags = fake_attach;
	c->api.virDomainDetachDeviceFlags = fake_detach;
	c->detach_ms = 1000;
	fake = (struct fake){ .active = true, .persistent = true };
}

#define _cleanup_fake_ _cleanup_(fake_connection_done)

TEST(attach_and_detach_change_both_definitions_once)
{
	_cleanup_fake_ struct guest_connection c;
	bool live = false, saved = false;

	fake_connect(&c);
	fake.polls_to_leave = 3;
	CHECK(guest_attach(&c, "guest", "05:00.0", false, true, true) == 1);
	CHECK(fake.live && strstr(fake.live, "managed=\"no\"") && strstr(fake.live, "bus=\"0x05\""));
	CHECK_STR(fake.saved, fake.live);
	CHECK(guest_has_device(&c, "guest", DRIVE, &live, &saved) == 0 && live && saved);
	CHECK(fake.n_changes == 2);
	CHECK(guest_attach(&c, "guest", DRIVE, false, true, true) == 0);
	CHECK(fake.n_changes == 2);

	CHECK(guest_detach(&c, "guest", DRIVE, true, true) == 1);
	CHECK(!fake.live && !fake.saved);
	CHECK(guest_detach(&c, "guest", DRIVE, true, true) == 0);
	CHECK(fake.n_changes == 4);
	CHECK(guest_has_device(&c, "guest", DRIVE, &live, &saved) == 0 && !live && !saved);
}

TEST(live_and_saved_can_be_changed_apart)
{
	_cleanup_fake_ struct guest_connection c;

	fake_connect(&c);
	CHECK(guest_attach(&c, "guest", DRIVE, true, false, true) == 1);
	CHECK(!fake.live && strstr(fake.saved, "managed=\"yes\""));
	/* What is missing is added, what is there stays. */
	CHECK(guest_attach(&c, "guest", DRIVE, true, true, true) == 1);
	CHECK(fake.live && fake.n_changes == 2);
	CHECK(guest_detach(&c, "guest", DRIVE, true, false) == 1);
	CHECK(!fake.live && fake.saved);
}

TEST(an_attach_that_fails_in_the_running_guest_is_taken_back)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int r;

	fake_connect(&c);
	fake.fail = ATTACH_LIVE;
	stderr_catch();
	r = guest_attach(&c, "guest", DRIVE, true, true, true);
	said = stderr_caught();
	CHECK(r == -EIO);
	CHECK(!fake.live && !fake.saved);
	CHECK(strstr(said, "cannot give " DRIVE " to the running guest 'guest'"));
	CHECK(strstr(said, "the saved definition of guest 'guest' is as it was"));
}

TEST(an_attach_that_fails_leaves_what_was_saved_before)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int r;

	fake_connect(&c);
	fake.saved = strdup(HOSTDEV("0x05"));
	fake.fail = ATTACH_LIVE;
	stderr_catch();
	r = guest_attach(&c, "guest", DRIVE, true, true, true);
	said = stderr_caught();
	CHECK(r == -EIO);
	CHECK_STR(fake.saved, HOSTDEV("0x05"));
}

TEST(an_attach_that_cannot_be_taken_back_says_so)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int r;

	fake_connect(&c);
	fake.fail = ATTACH_LIVE | DETACH_SAVED;
	stderr_catch();
	r = guest_attach(&c, "guest", DRIVE, true, true, true);
	said = stderr_caught();
	CHECK(r == -ENOTRECOVERABLE);
	CHECK(fake.saved);
	CHECK(strstr(said, "the saved definition of guest 'guest' could not be put back: look for " DRIVE));
}

TEST(a_detach_that_fails_in_the_running_guest_restores_the_saved_element)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int r;

	fake_connect(&c);
	fake.live = strdup(HOSTDEV("0x05"));
	fake.saved = strdup("<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">" SOURCE("0x05") "<boot order=\"3\"/></hostdev>");
	fake.fail = DETACH_LIVE;
	stderr_catch();
	r = guest_detach(&c, "guest", DRIVE, true, true);
	said = stderr_caught();
	CHECK(r == -EIO);
	CHECK(fake.live);
	CHECK(fake.saved && strstr(fake.saved, "<boot order=\"3\"/>") && strstr(fake.saved, "managed=\"no\""));
	CHECK(strstr(said, "cannot take " DRIVE " from the running guest 'guest'") && strstr(said, "is as it was"));
}

TEST(a_first_step_that_fails_is_the_only_one)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int attached, detached;

	fake_connect(&c);
	fake.fail = ATTACH_SAVED | DETACH_SAVED;
	stderr_catch();
	attached = guest_attach(&c, "guest", DRIVE, true, true, true);
	fake.live = strdup(HOSTDEV("0x05"));
	fake.saved = strdup(HOSTDEV("0x05"));
	detached = guest_detach(&c, "guest", DRIVE, true, true);
	said = stderr_caught();
	CHECK(attached == -EIO && detached == -EIO);
	CHECK(fake.n_changes == 0 && fake.live && fake.saved);
}

TEST(a_guest_that_stops_while_it_is_asked_has_let_go)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int r;

	fake_connect(&c);
	fake.live = strdup(HOSTDEV("0x05"));
	fake.polls_to_leave = 1;
	fake.stops_instead = true;
	stderr_catch();
	r = guest_detach(&c, "guest", DRIVE, true, true);
	said = stderr_caught();
	CHECK(r == 1);
}

TEST(a_guest_that_does_not_let_go_keeps_its_saved_definition)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int r;

	fake_connect(&c);
	fake.live = strdup(HOSTDEV("0x05"));
	fake.saved = strdup(HOSTDEV("0x05"));
	fake.polls_to_leave = -1;
	stderr_catch();
	r = guest_detach(&c, "guest", DRIVE, true, true);
	said = stderr_caught();
	CHECK(r == -ETIMEDOUT);
	CHECK(fake.live && fake.saved);
	CHECK(strstr(said, "has not let go of " DRIVE " within 1 seconds") && strstr(said, "is as it was"));
}

TEST(a_device_in_another_form_is_left_alone)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int attached, detached;

	fake_connect(&c);
	fake.saved = strdup("<interface type='hostdev'>" SOURCE("0x05") "</interface>");
	stderr_catch();
	attached = guest_attach(&c, "guest", DRIVE, true, true, true);
	detached = guest_detach(&c, "guest", DRIVE, true, true);
	said = stderr_caught();
	CHECK(attached == -EEXIST && detached == -EOPNOTSUPP);
	CHECK(fake.n_changes == 0);
	CHECK(strstr(said, "guest 'guest' has " DRIVE " as a network interface"));
}

TEST_MAIN()
