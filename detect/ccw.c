/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CCW devices: what s390x reaches through its channel subsystem. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/ccw.h"
#include "detect/ccw_id.h"

#define SUBCHANNELS "sys/bus/css/devices"
#define RULES "etc/udev/rules.d"

static const struct {
	const char *word, *name;
} kinds[CCW_KINDS] = {
	[CCW_DASD] = { "dasd", "DASD" },           [CCW_FBA] = { "fba", "FBA disk" },
	[CCW_ZFCP] = { "zfcp", "FCP adapter" },    [CCW_QETH] = { "qeth", "qeth network port" },
	[CCW_CTC] = { "ctc", "channel connection" }, [CCW_TAPE] = { "tape", "tape" },
	[CCW_CONSOLE] = { "console", "console" },  [CCW_VIRTIO] = { "virtio", "virtio device" },
	[CCW_OTHER] = { "other", "CCW device" },
};

static void device_done(struct ccw_device *d)
{
	free(d->id);
	free(d->subchannel);
	free(d->cutype);
	free(d->devtype);
	free(d->driver);
	free(d->subchannel_driver);
	free(d->override);
	free(d->group);
	free(d->configured);
	strv_free(d->luns);
	strv_free(d->blocks);
	strv_free(d->netifs);
}

void ccws_done(struct ccws *c)
{
	for (size_t i = 0; i < c->n; i++)
		device_done(&c->list[i]);
	free(c->list);
	free(c->ipl);
	free(c->reipl);
	free(c->dump);
	*c = (struct ccws){};
}

const char *ccw_kind_name(enum ccw_kind kind)
{
	return kinds[kind].name;
}

const char *ccw_kind_word(enum ccw_kind kind)
{
	return kinds[kind].word;
}

bool ccw_id_is(const char *text)
{
	return ccw_id_is_at(text, strlen(text));
}

bool ccw_is_on_vfio(const struct ccw_device *d)
{
	return str_eq(d->subchannel_driver, "vfio_ccw");
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct ccw_device *)a)->id, ((const struct ccw_device *)b)->id);
}

const struct ccw_device *ccws_find(const struct ccws *c, const char *id)
{
	struct ccw_device key = { .id = (char *)id };

	return id && c->n ? bsearch(&key, c->list, c->n, sizeof(*c->list), compare) : NULL;
}

const struct ccw_device *ccws_find_subchannel(const struct ccws *c, const char *subchannel)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->list[i].subchannel, subchannel))
			return &c->list[i];
	return NULL;
}

/* By its driver; where none has it, by its control unit (the tables of ids in drivers/s390/{block,net,scsi,char}). */
static enum ccw_kind kind_of(const char *driver, const char *cutype)
{
	static const struct {
		const char *driver, *cutype;
		enum ccw_kind kind;
	} table[] = {
		{ "dasd-eckd", NULL, CCW_DASD },    { "dasd-fba", NULL, CCW_FBA },      { "zfcp", NULL, CCW_ZFCP },
		{ "qeth", NULL, CCW_QETH },         { "lcs", NULL, CCW_CTC },           { "ctcm", NULL, CCW_CTC },
		{ "tape_", NULL, CCW_TAPE },        { "virtio_ccw", NULL, CCW_VIRTIO }, { "3215", NULL, CCW_CONSOLE },
		{ "3270", NULL, CCW_CONSOLE },      { NULL, "3990/", CCW_DASD },        { NULL, "2105/", CCW_DASD },
		{ NULL, "2107/", CCW_DASD },        { NULL, "1750/", CCW_DASD },        { NULL, "9343/", CCW_DASD },
		{ NULL, "6310/", CCW_FBA },         { NULL, "3880/", CCW_FBA },         { NULL, "1731/03", CCW_ZFCP },
		{ NULL, "1731/", CCW_QETH },        { NULL, "1732/", CCW_QETH },        { NULL, "3088/", CCW_CTC },
		{ NULL, "3480/", CCW_TAPE },        { NULL, "3490/", CCW_TAPE },        { NULL, "3590/", CCW_TAPE },
		{ NULL, "3832/", CCW_VIRTIO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].driver ? driver && str_starts(driver, table[i].driver) : cutype && str_starts(cutype, table[i].cutype))
			return table[i].kind;
	return CCW_OTHER;
}

static char *read_text(int root_fd, const char *subchannel, const char *id, const char *name)
{
	char *text = NULL;

	return fs_read_line(root_fd, &text, SUBCHANNELS "/%s/%s%s%s", subchannel, id, *id ? "/" : "", name) < 0 ? NULL : text;
}

/* Below an FCP adapter a folder for each port at the other end, and in it one for each LUN (drivers/s390/scsi/zfcp_sysfs.c). */
static int read_luns(int root_fd, struct ccw_device *d)
{
	_cleanup_(strv_freep) char **ports = NULL;
	int r = 0;

	if (d->kind != CCW_ZFCP || dir_list(root_fd, &ports, SUBCHANNELS "/%s/%s", d->subchannel, d->id) < 0)
		return 0;
	for (char **port = ports; port && *port && r >= 0; port++) {
		_cleanup_(strv_freep) char **luns = NULL;

		if (!str_starts(*port, "0x") || dir_list(root_fd, &luns, SUBCHANNELS "/%s/%s/%s", d->subchannel, d->id, *port) < 0)
			continue;
		for (char **lun = luns; lun && *lun && r >= 0; lun++)
			if (str_starts(*lun, "0x"))
				r = strv_consume(&d->luns, text_format("%s/%s", *port, *lun));
	}
	return r;
}

/* Its own folder below the subchannel's. */
static int read_device(int root_fd, struct ccw_device *d)
{
	_cleanup_free_ char *online = read_text(root_fd, d->subchannel, d->id, "online"), *alias = read_text(root_fd, d->subchannel, d->id, "alias");

	d->cutype = read_text(root_fd, d->subchannel, d->id, "cutype");
	d->devtype = read_text(root_fd, d->subchannel, d->id, "devtype");
	if (fs_read_link_base(root_fd, &d->driver, SUBCHANNELS "/%s/%s/driver", d->subchannel, d->id) < 0)
		d->driver = NULL;
	if (fs_read_link_base(root_fd, &d->group, SUBCHANNELS "/%s/%s/group_device", d->subchannel, d->id) < 0)
		d->group = NULL;
	d->kind = kind_of(d->driver, d->cutype);
	d->is_online = str_eq(online, "1") ? TRUTH_YES : str_eq(online, "0") ? TRUTH_NO : TRUTH_UNKNOWN;
	d->is_alias = str_eq(alias, "1");
	return read_luns(root_fd, d);
}

static char *find_child(int root_fd, const char *subchannel)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, SUBCHANNELS "/%s", subchannel) < 0)
		return NULL;
	for (char **name = names; name && *name; name++)
		if (ccw_id_is(*name))
			return strdup(*name);
	return NULL;
}

/*
 * 1: there is a device. What vfio_ccw has no longer stands below its subchannel, which tells the number since Linux 5.8 (dev_busid); vfio_ccw
 * is for DASDs (Documentation/arch/s390/vfio-ccw.rst, "Limitations").
 */
static int read_subchannel(int root_fd, const char *subchannel, struct ccw_device *d)
{
	d->subchannel = strdup(subchannel);
	if (!d->subchannel)
		return -ENOMEM;
	if (fs_read_link_base(root_fd, &d->subchannel_driver, SUBCHANNELS "/%s/driver", subchannel) < 0)
		d->subchannel_driver = NULL;
	d->override = read_text(root_fd, subchannel, "", "driver_override");
	if (d->override && (!*d->override || str_eq(d->override, "(null)"))) {
		free(d->override);
		d->override = NULL;
	}
	d->id = find_child(root_fd, subchannel);
	if (d->id) {
		int r = read_device(root_fd, d);

		return r < 0 ? r : 1;
	}
	if (!ccw_is_on_vfio(d))
		return 0;
	d->id = read_text(root_fd, subchannel, "", "dev_busid");
	if (d->id && !ccw_id_is(d->id)) {
		free(d->id);
		d->id = NULL;
	}
	d->kind = CCW_DASD;
	return d->id != NULL;
}

/* dasd.conf and zfcp.conf: a device or a range at the beginning of a line. */
static bool line_names(const char *text, const char *id)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (ccw_list_names(line + strspn(line, " \t"), id))
			return true;
	return false;
}

/* rd.znet= and rd.zfcp= have other things in their lists, which are no bus ids. */
static const char *find_argument(const struct cmdline *cmdline, const char *id)
{
	static const char *const names[] = { "rd.dasd=", "rd.zfcp=", "rd.znet=", "dasd=", "dasd_mod.dasd=" };

	for (char **argument = cmdline->arguments; argument && *argument; argument++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (str_starts(*argument, names[i]) && ccw_list_names(*argument + strlen(names[i]), id))
				return "/proc/cmdline";
	return NULL;
}

static bool is_hidden(const struct cmdline *cmdline, const char *id, const char *ipl)
{
	_cleanup_free_ char *list = NULL;
	struct text t = {};

	/* Each cio_ignore= goes on where the one before ended. */
	text_append(&t, "");
	for (char **argument = cmdline->arguments; argument && *argument; argument++)
		if (str_starts(*argument, "cio_ignore="))
			text_printf(&t, "%s,", *argument + strlen("cio_ignore="));
	list = text_take(&t);
	return list && ccw_list_hides(list, id, ipl);
}

/*
 * chzdev keeps a rule file for each device, 41-dasd-eckd-0.0.1234.rules, and RHEL a line in dasd.conf or zfcp.conf; they make the next boot
 * set it online.
 */
static int read_configured(char *const *rules, const char *const *texts, const struct cmdline *cmdline, struct ccw_device *d)
{
	static const char *const files[] = { "/etc/dasd.conf", "/etc/zfcp.conf" };
	const char *found = find_argument(cmdline, d->id);
	_cleanup_free_ char *ending = text_format("-%s.rules", d->id);

	if (!ending)
		return -ENOMEM;
	for (char *const *rule = rules; rule && *rule && !found; rule++)
		if (str_starts(*rule, "41-") && str_ends(*rule, ending)) {
			d->configured = text_format("/" RULES "/%s", *rule);
			return d->configured ? 0 : -ENOMEM;
		}
	for (size_t i = 0; i < ARRAY_SIZE(files) && !found; i++)
		if (texts[i] && line_names(texts[i], d->id))
			found = files[i];
	d->configured = found ? strdup(found) : NULL;
	return !found || d->configured ? 0 : -ENOMEM;
}

static int read_all_configured(int root_fd, const struct cmdline *cmdline, struct ccws *c)
{
	_cleanup_free_ char *dasd = NULL, *zfcp = NULL;
	_cleanup_(strv_freep) char **rules = NULL;
	int r = 0;

	if (dir_list(root_fd, &rules, RULES) < 0)
		rules = NULL;
	if (fs_read(root_fd, &dasd, NULL, "etc/dasd.conf") < 0)
		dasd = NULL;
	if (fs_read(root_fd, &zfcp, NULL, "etc/zfcp.conf") < 0)
		zfcp = NULL;
	for (size_t i = 0; i < c->n && r >= 0; i++)
		r = read_configured(rules, (const char *const[]){ dasd, zfcp }, cmdline, &c->list[i]);
	return r;
}

static void read_function(int root_fd, const char *path, struct ipl_function *ret)
{
	_cleanup_free_ char *text = NULL;
	uint64_t fid;

	if (fs_read_line(root_fd, &text, "%s", path) < 0 || parse_hex(text, &fid) < 0)
		return;
	*ret = (struct ipl_function){ true, (unsigned)fid };
}

/* sys/firmware/{ipl,reipl}/...: of disks and FCP adapters "device" is the CCW device (arch/s390/kernel/ipl.c). */
static void read_ipl(int root_fd, struct ccws *c)
{
	static const char *const kinds_of_ipl[] = { "ccw", "eckd", "fcp" };
	_cleanup_free_ char *kind = NULL, *next = NULL, *dump = NULL;

	if (fs_read_line(root_fd, &kind, "sys/firmware/ipl/ipl_type") < 0 || fs_read_line(root_fd, &c->ipl, "sys/firmware/ipl/device") < 0)
		c->ipl = NULL;
	if (fs_read_line(root_fd, &next, "sys/firmware/reipl/reipl_type") < 0)
		next = NULL;
	if (fs_read_line(root_fd, &dump, "sys/firmware/dump/dump_type") < 0)
		dump = NULL;
	if (str_eq(kind, "nvme"))
		read_function(root_fd, "sys/firmware/ipl/fid", &c->ipl_nvme);
	if (str_eq(next, "nvme"))
		read_function(root_fd, "sys/firmware/reipl/nvme/fid", &c->reipl_nvme);
	if (str_eq(dump, "nvme"))
		read_function(root_fd, "sys/firmware/dump/nvme/fid", &c->dump_nvme);
	for (size_t i = 0; i < ARRAY_SIZE(kinds_of_ipl); i++) {
		if (str_eq(next, kinds_of_ipl[i]) && fs_read_line(root_fd, &c->reipl, "sys/firmware/reipl/%s/device", next) < 0)
			c->reipl = NULL;
		if (str_eq(dump, kinds_of_ipl[i]) && fs_read_line(root_fd, &c->dump, "sys/firmware/dump/%s/device", dump) < 0)
			c->dump = NULL;
	}
}

int ccws_read(int root_fd, const struct cmdline *cmdline, struct ccws *ret)
{
	_cleanup_(ccws_done) struct ccws c = {};
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, SUBCHANNELS) < 0)
		return *ret = (struct ccws){}, 0;
	c.list = calloc(strv_length(names) + 1, sizeof(*c.list));
	if (!c.list)
		return -ENOMEM;
	for (char **name = names; name && *name && r >= 0; name++) {
		r = ccw_id_is(*name) ? read_subchannel(root_fd, *name, &c.list[c.n]) : 0;
		if (r > 0) {
			c.n++;
		} else {
			device_done(&c.list[c.n]);
			c.list[c.n] = (struct ccw_device){};
		}
	}
	if (c.n)
		qsort(c.list, c.n, sizeof(*c.list), compare);
	if (r >= 0)
		r = read_all_configured(root_fd, cmdline, &c);
	if (r < 0)
		return r;
	read_ipl(root_fd, &c);
	for (size_t i = 0; i < c.n; i++)
		c.list[i].is_hidden = is_hidden(cmdline, c.list[i].id, c.ipl);
	*ret = TAKE(c);
	return 0;
}

static int note_netif(const struct netif *n, struct ccws *c)
{
	int r = 0;

	for (size_t i = 0; i < c->n && r >= 0; i++)
		if (str_eq(c->list[i].group ? c->list[i].group : c->list[i].id, n->ccw))
			r = strv_add(&c->list[i].netifs, n->name);
	return r;
}

int ccws_fill(const struct blocks *blocks, const struct netifs *netifs, struct ccws *ccws)
{
	int r = 0;

	for (size_t i = 0; i < blocks->n && ccws->n && r >= 0; i++) {
		struct ccw_device *d = (struct ccw_device *)ccws_find(ccws, blocks->list[i].ccw);

		r = d ? strv_add(&d->blocks, blocks->list[i].name) : 0;
	}
	for (size_t i = 0; i < netifs->n && ccws->n && r >= 0; i++)
		r = netifs->list[i].ccw ? note_netif(&netifs->list[i], ccws) : 0;
	return r;
}
