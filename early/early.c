/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder: two passes over devices.conf. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "early/agree.h"
#include "early/bind.h"
#include "early/early.h"
#include "early/report.h"
#include "early/sysfs.h"
#include "early/use.h"
#include "early/wanted.h"

#define CONF "etc/slipway/devices.conf"
#define CONF_MAX 262144
#define LINES_MAX 512
#define REASON_MAX 768
#define POLL_NS 2000000
#define SWITCH "slipway.bind"

struct early {
	int root_fd;
	struct slots slots;
	struct wanted lines[LINES_MAX];
	size_t n;
};

/* What is decided about a line. */
enum outcome { LEFT, BOUND, WAITS };

/* Quotes hide blanks, and what stands behind "--" is init's (Documentation/admin-guide/kernel-parameters.rst). */
bool early_is_asked(int root_fd)
{
	char text[8192], *s = text;
	bool is_asked = false;

	if (attribute_read(root_fd, text, sizeof(text), "proc/cmdline") < 0)
		return false;
	while (*s) {
		bool is_quoted = false;
		char *word = s, end;

		for (; *s && (is_quoted || !isspace((unsigned char)*s)); s++)
			if (*s == '"')
				is_quoted = !is_quoted;
		end = *s;
		*s = '\0';
		if (strcmp(word, "--") == 0)
			break;
		/* The last one counts, so that whoever edits the line in the boot menu can append a 0. */
		if (strncmp(word, SWITCH, strlen(SWITCH)) == 0 && strchr("=", word[strlen(SWITCH)]))
			is_asked = strcmp(word + strlen(SWITCH), "=1") == 0;
		s += end != '\0';
	}
	return is_asked;
}

static void leave_line(struct early *e, unsigned number, const char *reason)
{
	char name[24];

	snprintf(name, sizeof(name), "line:%u", number);
	report_log(e->root_fd, SEVERITY_WARNING, "/" CONF ":%u: skipped: %s", number, reason);
	report_result(e->root_fd, name, reason);
}

static bool is_named(const struct early *e, const char *address)
{
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->lines[i].address, address) == 0)
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
	else if (e->n == LINES_MAX)
		reason = "too many lines";
	if (!reason)
		e->lines[e->n++] = wanted;
	else if (is_loud)
		leave_line(e, number, reason);
}

static int read_lines(struct early *e, bool is_loud)
{
	char text[CONF_MAX], *next = text;
	unsigned number = 0;
	int r;

	r = table_read(e->root_fd, text, sizeof(text), CONF);
	if (r < 0)
		return r;
	while (next)
		add_line(e, strsep(&next, "\n"), ++number, is_loud);
	return 0;
}

static void report_bound(struct early *e, const struct seen *s)
{
	if (*s->traits.serial)
		report_log(e->root_fd, SEVERITY_NOTICE, "%s: bound to " VFIO_DRIVER " (%s, serial %s)", s->address, s->traits.model,
			   s->traits.serial);
	else
		report_log(e->root_fd, SEVERITY_NOTICE, "%s: bound to " VFIO_DRIVER, s->address);
	report_result(e->root_fd, s->address, NULL);
}

static void report_left(struct early *e, const struct wanted *w, const char *reason)
{
	report_log(e->root_fd, SEVERITY_WARNING, "%s: left to the host: %s", w->address, reason);
	report_result(e->root_fd, w->address, reason);
}

/* A PCIe serial number that agreed vouches for the NVMe serial that was once read from the same device. */
static bool is_vouched_for(const struct wanted *w, const struct seen *s)
{
	return w->traits.pcie_serial && s->has_config;
}

static void keep_seen(struct early *e, const struct wanted *w, struct seen *s)
{
	int r;

	if (!*s->traits.serial && is_vouched_for(w, s)) {
		strcpy(s->traits.serial, w->traits.serial);
		strcpy(s->traits.model, w->traits.model);
	}
	r = report_seen(e->root_fd, s);
	if (r < 0)
		report_log(e->root_fd, SEVERITY_WARNING, "%s: cannot write down what it is: %s", s->address, strerror(-r));
}

/* Is the serial the only thing that could tell this device from a twin, and not known yet? */
static bool is_unsettled(const struct wanted *w, const struct seen *s)
{
	return *w->traits.serial && !*s->traits.serial && !is_vouched_for(w, s);
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
	if (is_unsettled(w, s) && (s->traits.class != CLASS_NVME || strcmp(s->driver, VFIO_DRIVER) == 0)) {
		strcpy(reason, "its serial cannot be read");
		return LEFT;
	}
	if (is_unsettled(w, s))
		return WAITS;
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

static enum outcome decide(struct early *e, const struct wanted *w, struct seen *s, char *reason)
{
	struct difference d;
	int r;

	if (w->bind == BY_NOTHING) {
		strcpy(reason, "not asked for");
		return LEFT;
	}
	r = seen_read(e->root_fd, &e->slots, w->address, s);
	if (r == -ENOENT) {
		strcpy(reason, "no device is there");
		return LEFT;
	}
	if (r < 0) {
		snprintf(reason, REASON_MAX, "its attributes cannot be read: %s", strerror(-r));
		return LEFT;
	}
	if (!wanted_agrees(w, s, &d)) {
		snprintf(reason, REASON_MAX, "%s: recorded %s, found %s%s", d.what, d.wanted, d.found,
			 strcmp(s->driver, VFIO_DRIVER) == 0 ? " (although " VFIO_DRIVER " has it)" : "");
		return LEFT;
	}
	return w->bind == BY_IDS ? decide_ids(e, w, s, reason) : decide_address(e, w, s, reason);
}

/* Decides and reports: false while the line waits. */
static bool settle(struct early *e, const struct wanted *w)
{
	char reason[REASON_MAX] = "";
	struct seen s = {};

	switch (decide(e, w, &s, reason)) {
	case BOUND:
		report_bound(e, &s);
		return true;
	case LEFT:
		report_left(e, w, reason);
		return true;
	default:
		return false;
	}
}

/* Static: 500 KiB of zeros that are touched only as far as there are lines. */
static struct early *early_begin(int root_fd, bool is_loud)
{
	static struct early early;
	int r;

	early.root_fd = root_fd;
	early.n = 0;
	r = read_lines(&early, is_loud);
	if (r < 0 && is_loud)
		report_log(root_fd, SEVERITY_WARNING, "cannot read /" CONF ": %s; no device is bound", strerror(-r));
	if (early.n)
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
	for (size_t i = 0; i < e->n; i++)
		waiting += !settle(e, &e->lines[i]);
	return waiting;
}

static size_t drop_settled(struct early *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n; i++)
		if (!report_has(e->root_fd, e->lines[i].address))
			e->lines[n++] = e->lines[i];
	return n;
}

/* Keeps the lines that still wait, in their order. */
static size_t settle_all(struct early *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n; i++)
		if (!settle(e, &e->lines[i]))
			e->lines[n++] = e->lines[i];
	return n;
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
	e->n = drop_settled(e);
	while ((e->n = settle_all(e)) && now_ms() < deadline)
		nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
	snprintf(reason, sizeof(reason), "the nvme driver showed no serial within %u ms", wait_ms);
	for (size_t i = 0; i < e->n; i++)
		report_left(e, &e->lines[i], reason);
}
