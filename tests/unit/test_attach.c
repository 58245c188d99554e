/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving devices to guests and taking them back. */

#include <errno.h>

#include "common/cleanup.h"
#include "passthrough/guest.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_fake.h"
#include "tests/unit/guest_xml.h"

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

#define HAS HOSTDEV("0x05")
#define OWN "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">" SOURCE("0x05") "<boot order=\"3\"/></hostdev>"
#define INTERFACE "<interface type='hostdev'>" SOURCE("0x05") "</interface>"
#define AS_IT_WAS "the saved definition of guest 'guest' is as it was"

/* What fails on the way is taken back, and where that fails, too, it is said. */
static const struct row {
	const char *name;
	bool is_detach;
	const char *live, *saved;             /* before */
	unsigned fail;
	int polls_to_leave;
	bool stops;
	int r;
	const char *live_after, *saved_after; /* a part of it; NULL: the device is not there */
	const char *said[2];
} rows[] = {
	{ "attach, the running guest refuses", false, NULL, NULL, ATTACH_LIVE, 0, false, -EIO, NULL, NULL,
	  { "cannot give " DRIVE " to the running guest 'guest'", AS_IT_WAS } },
	{ "attach, saved before, the running guest refuses", false, NULL, HAS, ATTACH_LIVE, 0, false, -EIO, NULL, HAS,
	  { "cannot give " DRIVE " to the running guest 'guest'" } },
	{ "attach, cannot be taken back", false, NULL, NULL, ATTACH_LIVE | DETACH_SAVED, 0, false, -ENOTRECOVERABLE, NULL, "bus=\"0x05\"",
	  { "the saved definition of guest 'guest' could not be put back: look for " DRIVE } },
	{ "attach, the first step fails", false, NULL, NULL, ATTACH_SAVED, 0, false, -EIO, NULL, NULL,
	  { "cannot give " DRIVE " to the saved definition of guest 'guest'" } },
	{ "attach, an interface already", false, NULL, INTERFACE, 0, 0, false, -EEXIST, NULL, INTERFACE,
	  { "guest 'guest' has " DRIVE " as a network interface" } },
	{ "detach, the running guest refuses", true, HAS, OWN, DETACH_LIVE, 0, false, -EIO, HAS, "managed=\"no\"",
	  { "cannot take " DRIVE " from the running guest 'guest'", AS_IT_WAS } },
	{ "detach, with all options put back", true, HAS, OWN, DETACH_LIVE, 0, false, -EIO, HAS, "<boot order=\"3\"/>", { AS_IT_WAS } },
	{ "detach, the first step fails", true, HAS, HAS, DETACH_SAVED, 0, false, -EIO, HAS, HAS,
	  { "cannot take " DRIVE " from the saved definition of guest 'guest'" } },
	{ "detach, an interface", true, NULL, INTERFACE, 0, 0, false, -EOPNOTSUPP, NULL, INTERFACE,
	  { "guest 'guest' has " DRIVE " as a network interface" } },
	{ "detach, the guest does not let go", true, HAS, HAS, 0, -1, false, -ETIMEDOUT, HAS, "bus=\"0x05\"",
	  { "has not let go of " DRIVE " within 1 seconds", AS_IT_WAS } },
	{ "detach, the guest stops instead", true, HAS, NULL, 0, 1, true, 1, NULL, NULL, {} },
};

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static bool has(const char *xml, const char *part)
{
	return part ? xml && strstr(xml, part) : !xml;
}

TEST(what_fails_on_the_way_is_taken_back)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		_cleanup_fake_ struct guest_connection c;
		_cleanup_free_ char *said = NULL;
		int r;

		fake_connect(&c);
		fake.live = copy(row->live);
		fake.saved = copy(row->saved);
		fake.fail = row->fail;
		fake.polls_to_leave = row->polls_to_leave;
		fake.stops_instead = row->stops;
		stderr_catch();
		r = row->is_detach ? guest_detach(&c, "guest", DRIVE, true, true) : guest_attach(&c, "guest", DRIVE, true, true, true);
		said = stderr_caught();
		CHECK_ROW(row->name, r == row->r);
		CHECK_ROW(row->name, has(fake.live, row->live_after) && has(fake.saved, row->saved_after));
		for (size_t j = 0; j < ARRAY_SIZE(row->said); j++)
			CHECK_HAS(said, row->said[j] ? row->said[j] : "");
		/* Nothing is changed where the first step fails, or is not taken. */
		if (row->fail & (ATTACH_SAVED | DETACH_SAVED) && !(row->fail & ATTACH_LIVE))
			CHECK_ROW(row->name, fake.n_changes == 0);
		if (r == -EEXIST || r == -EOPNOTSUPP)
			CHECK_ROW(row->name, fake.n_changes == 0);
	}
}

TEST_MAIN()
