/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder: two passes over the list of devices. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "early/agree.h"
#include "early/bind.h"
#include "early/early.h"
#include "early/report.h"
#include "early/search.h"
#include "early/sysfs.h"
#include "early/use.h"

#define CONF_MAX 262144
#define REASON_MAX 768
#define POLL_NS 2000000

struct early {
	int root_fd;
	const char *list; /* of devices, for this boot */
	struct slots slots;
	struct places places; /* read when the first device is not at its address */
	struct lines lines;
};

/* What is decided about a line. */
enum outcome { LEFT, BOUND, WAITS };

static void leave_line(struct early *e, unsigned number, const char *reason)
{
	char name[24];

	snprintf(name, sizeof(name), "line:%u", number);
	report_log(e->root_fd, SEVERITY_WARNING, "/%s:%u: skipped: %s", e->list, number, reason);
	report_left(e->root_fd, name, reason);
}

static bool is_named(const struct early *e, const char *address)
{
	for (size_t i = 0; i < e->lines.n; i++)
		if (strcmp(e->lines.list[i].wanted.address, address) == 0)
			return true;
	return false;
}

static void add_line(struct early *e, char *line, unsigned number, bool is_loud)
{
	struct wanted wanted;
	const char *reason = NULL;
	int r = wanted_parse(line, &wanted);

	if (r == 0)
		return;
	if (r < 0)
		reason = "malformed line";
	else if (is_named(e, wanted.address))
		reason = "an earlier line has the same address";
	else if (e->lines.n == LINES_MAX)
		reason = "too many lines";
	if (!reason)
		e->lines.list[e->lines.n++] = (struct line){ .wanted = wanted };
	else if (is_loud)
		leave_line(e, number, reason);
}

static int read_lines(struct early *e, bool is_loud)
{
	char text[CONF_MAX], *next = text;
	unsigned number = 0;
	int r;

	r = table_read(e->root_fd, text, sizeof(text), "%s", e->list);
	if (r < 0)
		return r;
	while (next)
		add_line(e, strsep(&next, "\n"), ++number, is_loud);
	return 0;
}

static void tell_bound(struct early *e, const struct wanted *w, const struct seen *s)
{
	bool is_moved = strcmp(w->address, s->address) != 0;
	char where[64] = "";

	if (is_moved)
		snprintf(where, sizeof(where), "found again at %s, and ", s->address);
	if (*s->traits.serial)
		report_log(e->root_fd, SEVERITY_NOTICE, "%s: %sbound to " VFIO_DRIVER " (%s, serial %s)", w->address, where, s->traits.model,
			   s->traits.serial);
	else
		report_log(e->root_fd, SEVERITY_NOTICE, "%s: %sbound to " VFIO_DRIVER, w->address, where);
	report_bound(e->root_fd, w->address, s->address);
}

static void tell_left(struct early *e, const struct wanted *w, const char *reason)
{
	report_log(e->root_fd, SEVERITY_WARNING, "%s: left to the host: %s", w->address, reason);
	report_left(e->root_fd, w->address, reason);
}

static void keep_seen(struct early *e, const struct wanted *w, struct seen *s)
{
	int r;

	if (!*s->traits.serial && wanted_is_vouched_for(w, s)) {
		strcpy(s->traits.serial, w->traits.serial);
		strcpy(s->traits.model, w->traits.model);
	}
	r = report_seen(e->root_fd, s);
	if (r < 0)
		report_log(e->root_fd, SEVERITY_WARNING, "%s: cannot write down what it is: %s", s->address, strerror(-r));
}

static enum outcome take(struct early *e, const struct wanted *w, struct seen *s, char *reason)
{
	char evidence[512];
	int r;

	r = use_find(e->root_fd, s->address, evidence, sizeof(evidence));
	if (r) {
		if (r < 0)
			snprintf(evidence, sizeof(evidence), "cannot tell (%s)", strerror(-r));
		snprintf(reason, REASON_MAX, "in use by the host: %s", evidence);
		return LEFT;
	}
	/* Before the driver lets go: whatever happens to this program afterwards, what the driver knew is not lost. */
	keep_seen(e, w, s);
	return device_bind(e->root_fd, s, reason, REASON_MAX) < 0 ? LEFT : BOUND;
}

static enum outcome decide_address(struct early *e, const struct wanted *w, struct seen *s, char *reason)
{
	if (!vfio_is_there(e->root_fd)) {
		strcpy(reason, VFIO_DRIVER " is not loaded");
		return LEFT;
	}
	if (!device_has_group(e->root_fd, s->address)) {
		strcpy(reason, "it has no IOMMU group: the IOMMU is off");
		return LEFT;
	}
	if (w->traits.pcie_serial && !s->has_config && !*w->traits.serial) {
		strcpy(reason, "its PCIe serial number cannot be read");
		return LEFT;
	}
	if (wanted_will_settle(w, s))
		return WAITS;
	if (wanted_is_unsettled(w, s)) {
		strcpy(reason, "its serial cannot be read");
		return LEFT;
	}
	if (strcmp(s->driver, VFIO_DRIVER) != 0)
		return take(e, w, s, reason);
	keep_seen(e, w, s);
	return BOUND;
}

/* The kernel binds these by itself, from vfio-pci.ids=. */
static enum outcome decide_ids(struct early *e, const struct wanted *w, struct seen *s, char *reason)
{
	if (strcmp(s->driver, VFIO_DRIVER) != 0) {
		snprintf(reason, REASON_MAX, VFIO_DRIVER ".ids= did not bind it (driver: %s)", *s->driver ? s->driver : "none");
		return LEFT;
	}
	keep_seen(e, w, s);
	return BOUND;
}

static enum outcome decide_device(struct early *e, const struct wanted *w, struct seen *s, char *reason)
{
	return w->bind == BY_IDS ? decide_ids(e, w, s, reason) : decide_address(e, w, s, reason);
}

static void say_before(const char *words, char *reason)
{
	size_t n = strlen(words), rest = strnlen(reason, REASON_MAX - 1 - n);

	memmove(reason + n, reason, rest);
	memcpy(reason, words, n);
	reason[n + rest] = '\0';
}

/* It is not at its address, and `reason` says what is. */
static enum outcome decide_moved(struct early *e, const struct wanted *w, struct seen *s, char *reason)
{
	enum outcome outcome;
	char where[64];

	if (!e->places.is_read)
		places_read(e->root_fd, &e->places);
	switch (search(e->root_fd, &e->slots, &e->places, &e->lines, w, s, reason, REASON_MAX)) {
	case FOUND_NOT:
		return LEFT;
	case FOUND_LATER:
		return WAITS;
	default:
		outcome = decide_device(e, w, s, reason);
		snprintf(where, sizeof(where), "found again at %s: ", s->address);
		say_before(where, reason);
		return outcome;
	}
}

static enum outcome decide(struct early *e, const struct wanted *w, struct seen *s, char *reason)
{
	struct difference d;
	int r;

	if (w->bind == BY_NOTHING) {
		strcpy(reason, "not asked for");
		return LEFT;
	}
	r = wanted_look(e->root_fd, &e->slots, w->address, w, s, &d);
	if (r < 0 && r != -ENOENT) {
		snprintf(reason, REASON_MAX, "its attributes cannot be read: %s", strerror(-r));
		return LEFT;
	}
	if (r > 0)
		return decide_device(e, w, s, reason);
	if (r < 0)
		strcpy(reason, "no device is there");
	else
		snprintf(reason, REASON_MAX, "%s: recorded %s, found %s%s", d.what, d.wanted, d.found,
			 strcmp(s->driver, VFIO_DRIVER) == 0 ? " (although " VFIO_DRIVER " has it)" : "");
	return decide_moved(e, w, s, reason);
}

/* Decides and reports: false while the line waits. */
static bool settle(struct early *e, struct line *line)
{
	char reason[REASON_MAX] = "";
	struct seen s = {};

	switch (decide(e, &line->wanted, &s, reason)) {
	case BOUND:
		tell_bound(e, &line->wanted, &s);
		break;
	case LEFT:
		tell_left(e, &line->wanted, reason);
		break;
	default:
		return false;
	}
	return line->is_settled = true;
}

/* Static: zeros that are touched only as far as there are lines and devices. */
static struct early *early_begin(int root_fd, bool is_loud)
{
	static struct early early;
	int r;

	early.root_fd = root_fd;
	early.list = early_list(root_fd);
	early.lines.n = 0;
	early.places.is_read = false;
	r = read_lines(&early, is_loud);
	if (r < 0 && is_loud)
		report_log(root_fd, SEVERITY_WARNING, "cannot read /%s: %s; no device is bound", early.list, strerror(-r));
	if (early.lines.n)
		slots_read(root_fd, &early.slots);
	return &early;
}

unsigned early_first(int root_fd)
{
	unsigned waiting = 0;
	struct early *e;

	if (!early_is_asked(root_fd) || report_begin(root_fd) == -EEXIST)
		return 0;
	e = early_begin(root_fd, true);
	for (size_t i = 0; i < e->lines.n; i++)
		waiting += !settle(e, &e->lines.list[i]);
	return waiting;
}

/* All lines stay, settled or not: a search must know whom it may rival. */
static void mark_settled(struct early *e)
{
	for (size_t i = 0; i < e->lines.n; i++)
		e->lines.list[i].is_settled = report_has(e->root_fd, e->lines.list[i].wanted.address);
}

/* How many lines still wait. */
static unsigned settle_all(struct early *e)
{
	unsigned waiting = 0;

	for (size_t i = 0; i < e->lines.n; i++)
		waiting += !e->lines.list[i].is_settled && !settle(e, &e->lines.list[i]);
	return waiting;
}

static uint64_t now_ms(void)
{
	struct timespec t = {};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void early_second(int root_fd, unsigned wait_ms)
{
	uint64_t deadline = now_ms() + wait_ms;
	char reason[64];
	struct early *e;

	if (!early_is_asked(root_fd))
		return;
	e = early_begin(root_fd, false);
	mark_settled(e);
	while (settle_all(e) && now_ms() < deadline)
		nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
	snprintf(reason, sizeof(reason), "the nvme driver showed no serial within %u ms", wait_ms);
	for (size_t i = 0; i < e->lines.n; i++)
		if (!e->lines.list[i].is_settled)
			tell_left(e, &e->lines.list[i].wanted, reason);
}
