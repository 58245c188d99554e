/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving devices to guests and taking them back. */

#include <errno.h>

#include "common/cleanup.h"
#include "passthrough/guest.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_fake.h"
#include "tests/unit/guest_xml.h"

#define HAS HOSTDEV("0x05")
#define OWN "<hostdev mode=\"subsystem\" type=\"pci\" managed=\"no\">" SOURCE("0x05") "<boot order=\"3\"/></hostdev>"
#define INTERFACE "<interface type='hostdev'>" SOURCE("0x05") "</interface>"

TEST(giving_and_taking_change_both_definitions_once)
{
	_cleanup_fake_ struct guest_connection c;
	bool live = false, saved = false;

	fake_connect(&c);
	fake.polls_to_leave = 3;
	CHECK(guest_give(&c, "guest", DRIVE, HAS, OWN) == 1);
	CHECK_STR(fake.live, HAS);
	CHECK_STR(fake.saved, OWN);
	CHECK(guest_has(&c, "guest", DRIVE, HAS, HAS, &live, &saved) == 0 && live && saved);
	CHECK(fake.n_changes == 2);
	/* A call that broke off can be made again. */
	CHECK(guest_give(&c, "guest", DRIVE, HAS, OWN) == 0);
	CHECK(fake.n_changes == 2);

	CHECK(guest_take(&c, "guest", DRIVE, HAS, HAS) == 1);
	CHECK(!fake.live && !fake.saved);
	CHECK(guest_take(&c, "guest", DRIVE, HAS, HAS) == 0);
	CHECK(fake.n_changes == 4);
	CHECK(guest_has(&c, "guest", DRIVE, HAS, HAS, &live, &saved) == 0 && !live && !saved);
}

TEST(live_and_saved_can_be_changed_apart)
{
	_cleanup_fake_ struct guest_connection c;

	fake_connect(&c);
	CHECK(guest_give(&c, "guest", DRIVE, NULL, HAS) == 1);
	CHECK(!fake.live && strstr(fake.saved, "managed='yes'"));
	/* What is missing is added, what is there stays. */
	CHECK(guest_give(&c, "guest", DRIVE, HAS, OWN) == 1);
	CHECK(fake.live && fake.n_changes == 2 && !strstr(fake.saved, "boot"));
	CHECK(guest_take(&c, "guest", DRIVE, HAS, NULL) == 1);
	CHECK(!fake.live && fake.saved);
}

/* What fails says so, and does no further step; what is done by then is for the transaction to take back. */
static const struct row {
	const char *name;
	bool is_take;
	const char *live, *saved;             /* before */
	unsigned fail;
	int polls_to_leave;
	bool stops;
	int r;
	const char *live_after, *saved_after; /* a part of it; NULL: the device is not there */
	const char *said;
	unsigned n_changes;
} rows[] = {
	{ "give, the running guest refuses", false, NULL, NULL, ATTACH_LIVE, 0, false, -EIO, NULL, HAS, "cannot give " DRIVE " to the running guest 'guest'", 1 },
	{ "give, the first step fails", false, NULL, NULL, ATTACH_SAVED, 0, false, -EIO, NULL, NULL,
	  "cannot give " DRIVE " to the saved definition of guest 'guest'", 0 },
	{ "give, an interface already", false, NULL, INTERFACE, 0, 0, false, -EEXIST, NULL, INTERFACE, "guest 'guest' has " DRIVE " as a network interface", 0 },
	{ "take, the running guest refuses", true, HAS, OWN, DETACH_LIVE, 0, false, -EIO, HAS, NULL, "cannot take " DRIVE " from the running guest 'guest'", 1 },
	{ "take, the first step fails", true, HAS, HAS, DETACH_SAVED, 0, false, -EIO, HAS, HAS,
	  "cannot take " DRIVE " from the saved definition of guest 'guest'", 0 },
	{ "take, an interface", true, NULL, INTERFACE, 0, 0, false, 1, NULL, NULL, NULL, 1 },
	{ "take, the guest does not let go", true, HAS, HAS, 0, -1, false, -ETIMEDOUT, HAS, NULL, "has not let go of " DRIVE " within 1 seconds", 2 },
	{ "take, the guest stops instead", true, HAS, NULL, 0, 1, true, 1, NULL, NULL, NULL, 1 },
	{ "take, the guest stops at the request", true, HAS, HAS, DETACH_LIVE, 0, true, 1, HAS, NULL, NULL, 1 },
};

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static bool has(const char *xml, const char *part)
{
	return part ? xml && strstr(xml, part) : !xml;
}

TEST(what_fails_says_so_and_goes_no_further)
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
		r = row->is_take ? guest_take(&c, "guest", DRIVE, HAS, HAS) : guest_give(&c, "guest", DRIVE, HAS, HAS);
		said = stderr_caught();
		CHECK_ROW(row->name, r == row->r);
		CHECK_ROW(row->name, has(fake.live, row->live_after) && has(fake.saved, row->saved_after));
		CHECK_ROW(row->name, fake.n_changes == row->n_changes);
		if (row->said)
			CHECK_HAS(said, row->said);
		else
			CHECK_STR(said, "");
	}
}

static bool yes(void)
{
	return true;
}

TEST(a_wait_ends_when_somebody_asks_for_it)
{
	_cleanup_fake_ struct guest_connection c;
	_cleanup_free_ char *said = NULL;
	int r;

	fake_connect(&c);
	fake.live = copy(HAS);
	fake.polls_to_leave = -1;
	guest_connection_heed(&c, yes);
	stderr_catch();
	r = guest_take(&c, "guest", DRIVE, HAS, NULL);
	said = stderr_caught();
	CHECK(r == -EINTR && fake.live);
	CHECK_HAS(said, "the wait for it was interrupted");
}

TEST_MAIN()
