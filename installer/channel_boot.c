/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of s390x's channel devices slipway has set aside for guests, kept over reboots by rules of udev. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/ccw.h"
#include "installer/channel_boot.h"

#define CARDS "# cards "
#define DOMAINS "# domains "
#define CCW "# ccw "
/* Whoever boots with slipway.bind=0 has the host as it was. */
#define SWITCH "IMPORT{cmdline}=\"slipway.bind\"\nENV{slipway.bind}==\"0\", GOTO=\"slipway_end\"\n"
#define END "LABEL=\"slipway_end\"\n"

void channel_boot_done(struct channel_boot *b)
{
	strv_free(b->ccws);
	strv_free(b->online);
	*b = (struct channel_boot){};
}

static void read_ids(const char *line, struct ap_mask *m)
{
	_cleanup_(strv_freep) char **words = NULL;
	uint64_t id;

	if (strv_split(line, " ", &words) < 0)
		return;
	for (char **word = words; word && *word; word++)
		if (parse_hex(*word, &id) == 0 && id < AP_IDS)
			ap_mask_set(m, (unsigned)id, true);
}

/* "0.0.1234", "0.0.1234 online" */
static int read_ccw(const char *line, struct channel_boot *b)
{
	_cleanup_(strv_freep) char **words = NULL;
	int r;

	r = strv_split(line, " ", &words);
	if (r < 0 || !words || !ccw_id_is(words[0]))
		return r;
	r = strv_add_new(&b->ccws, words[0]);
	return r >= 0 && str_eq(words[1], "online") ? strv_add_new(&b->online, words[0]) : r;
}

static int read_lines(int root_fd, const char *path, char ***ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	*ret = NULL;
	r = fs_read(root_fd, &text, NULL, "%s", path);
	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = strv_split(text, "\n", ret);
	return r < 0 ? log_errno(r, "cannot read /%s", path) : 0;
}

int channel_boot_read(int root_fd, struct channel_boot *ret)
{
	_cleanup_(channel_boot_done) struct channel_boot b = {};
	_cleanup_(strv_freep) char **ap = NULL, **ccw = NULL;
	int r;

	r = read_lines(root_fd, AP_RULES, &ap);
	if (r >= 0)
		r = read_lines(root_fd, CCW_RULES, &ccw);
	for (char **line = ap; line && *line && r >= 0; line++) {
		if (str_starts(*line, CARDS))
			read_ids(*line + strlen(CARDS), &b.cards);
		else if (str_starts(*line, DOMAINS))
			read_ids(*line + strlen(DOMAINS), &b.domains);
	}
	for (char **line = ccw; line && *line && r >= 0; line++)
		if (str_starts(*line, CCW) && read_ccw(*line + strlen(CCW), &b) < 0)
			r = log_oom();
	if (r < 0)
		return r;
	if (b.ccws)
		strv_sort(b.ccws);
	*ret = TAKE(b);
	return 0;
}

static bool is_empty(const struct ap_mask *m)
{
	static const struct ap_mask none;

	return memcmp(m, &none, sizeof(none)) == 0;
}

static void list_ids(struct text *t, const struct ap_mask *m, const char *format_first, const char *format)
{
	bool is_first = true;

	for (unsigned id = 0; id < AP_IDS; id++)
		if (ap_mask_has(m, id)) {
			text_printf(t, "%s%02x", is_first ? format_first : format, id);
			is_first = false;
		}
}

static void add_mask_rule(struct text *t, const struct ap_mask *m, const char *file)
{
	if (is_empty(m))
		return;
	text_append(t, "ACTION==\"add\", DEVPATH==\"/devices/vfio_ap/matrix\", RUN+=\"/bin/sh -c 'echo ");
	list_ids(t, m, "-0x", ",-0x");
	text_printf(t, " > /sys/bus/ap/%s'\"\n", file);
}

/* Before mdevctl's own rule (60-mdevctl.rules) makes the devices for which they are: the kernel assigns no queue that is the host's. */
static char *format_ap(const struct channel_boot *b)
{
	struct text t = {};

	if (is_empty(&b->cards) && is_empty(&b->domains))
		return NULL;
	text_append(&t, "# Made by slipway: crypto cards and domains that are for guests, and not the host's.\n");
	if (!is_empty(&b->cards)) {
		list_ids(&t, &b->cards, CARDS, " ");
		text_append(&t, "\n");
	}
	if (!is_empty(&b->domains)) {
		list_ids(&t, &b->domains, DOMAINS, " ");
		text_append(&t, "\n");
	}
	text_append(&t, SWITCH);
	add_mask_rule(&t, &b->cards, "apmask");
	add_mask_rule(&t, &b->domains, "aqmask");
	text_append(&t, END);
	return text_take(&t);
}

/* By the number of the device, and not of the subchannel, which may be another one's after the next IPL. */
static char *format_ccw(const struct channel_boot *b)
{
	struct text t = {};

	if (!b->ccws)
		return NULL;
	text_append(&t, "# Made by slipway: DASDs that are for guests, and not the host's.\n");
	for (char **id = b->ccws; *id; id++)
		text_printf(&t, CCW "%s%s\n", *id, strv_contains(b->online, *id) ? " online" : "");
	text_append(&t, SWITCH);
	for (char **id = b->ccws; *id; id++)
		text_printf(&t, "ACTION==\"add\", SUBSYSTEM==\"css\", ATTR{dev_busid}==\"%s\", ATTR{driver_override}=\"vfio_ccw\", RUN{builtin}+=\"kmod load vfio_ccw\", "
			    "RUN+=\"/bin/sh -c 'echo %%k > /sys/bus/css/devices/%%k/driver/unbind; echo %%k > /sys/bus/css/drivers_probe'\"\n", *id);
	text_append(&t, END);
	return text_take(&t);
}

static int want(int root_fd, const char *path, const char *text, bool is_wanted, const char *summary, struct plan *plan)
{
	if (is_wanted && !text)
		return log_oom();
	return plan_want_file(plan, root_fd, path, text, 0644, summary);
}

int channel_boot_plan(int root_fd, const struct channel_boot *b, struct plan *plan)
{
	bool has_ap = !is_empty(&b->cards) || !is_empty(&b->domains);
	_cleanup_free_ char *ap = format_ap(b), *ccw = format_ccw(b), *modules = NULL;
	int r;

	if (b->ccws)
		strv_sort(b->ccws);
	if (has_ap || b->ccws)
		modules = text_format("# Made by slipway: what gives crypto queues and DASDs to guests.\n%s%s", has_ap ? "vfio_ap\n" : "", b->ccws ? "vfio_ccw\n" : "");
	r = want(root_fd, AP_RULES, ap, has_ap, "the same crypto queues for guests at each boot", plan);
	if (r >= 0)
		r = want(root_fd, CCW_RULES, ccw, b->ccws, "the same DASDs for guests at each boot", plan);
	if (r >= 0)
		r = want(root_fd, CHANNEL_MODULES, modules, has_ap || b->ccws, "and the drivers for it", plan);
	return r < 0 ? r : 0;
}
