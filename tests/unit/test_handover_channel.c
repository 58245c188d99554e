/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handovers of DASDs and crypto queues: what is planned, done and taken back. On trees made by hand, with a pretended mdevctl and a thread in the
 * place of the kernel: emulation has neither vfio-ap nor vfio-ccw.
 */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/channel_boot.h"
#include "installer/handover.h"
#include "passthrough/guest_libvirt.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define TWO "c2177883-f1bb-47f0-914d-32a22e3a8804"
#define NO_CARD_5 "0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ELEMENT(uuid, model) "<hostdev mode='subsystem' type='mdev' managed='no' model='" model "'><source><address uuid='" uuid "'/></source></hostdev>"
#define DOMAIN(devices) "<domain><devices>" devices "</devices></domain>"

/* mdevctl as far as slipway needs it; $TREE is the host. */
#define MDEVCTL                                                                                                                                     \
	"#!/bin/sh\necho \"$@\" >>\"$TREE/mdevctl.log\"\nword=$1 uuid=$3 parent=$5 file=$7\n[ ! -e \"$TREE/fail-$word\" ] || { echo 'it was to fail'; exit 1; }\n"         \
	"folder=$TREE/sys/devices/vfio_ap/$parent\n[ \"$parent\" = matrix ] || folder=$TREE/sys/devices/css0/$parent\n"                            \
	"case $word in\ndefine) mkdir -p \"$TREE/etc/mdevctl.d/$parent\" && cat \"$TREE$file\" >\"$TREE/etc/mdevctl.d/$parent/$uuid\" ;;\n"                 \
	"start) mkdir -p \"$folder/$uuid\" \"$TREE/sys/bus/mdev/devices\" && ln -s \"../../../${folder#$TREE/sys/}/$uuid\" \"$TREE/sys/bus/mdev/devices/$uuid\" ;;\n"          \
	"stop) rm \"$TREE/sys/bus/mdev/devices/$uuid\" && rm -r \"${folder:?}/$uuid\" ;;\nundefine) rm \"$TREE/etc/mdevctl.d/$parent/$uuid\" ;;\nesac\n"

struct scene {
	struct tree t;
	struct channel_selection chosen;
	struct handover h;
	struct guest_state guest;
	struct plan plan;
	struct refusals refusals;
};

static void scene_done(struct scene *s)
{
	guest_state_done(&s->guest);
	channel_selection_done(&s->chosen);
	plan_done(&s->plan);
	refusals_done(&s->refusals);
	tree_done(&s->t);
}

static void mainframe_with_mdevctl(struct tree *t)
{
	_cleanup_free_ char *program = NULL, *path = NULL;

	static const char *const folders[] = { "run/slipway", "etc/udev/rules.d", "etc/modules-load.d", "etc/mdevctl.d/matrix", "sys/bus/mdev/devices" };

	mainframe_new(t);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		tree_folder(t, folders[i]);
	tree_put(t, "bin/mdevctl", "%s", MDEVCTL);
	program = text_format("%s/bin/mdevctl", t->folder);
	path = text_format("%s/bin:/usr/bin:/bin", t->folder);
	if (chmod(program, 0755) < 0 || setenv("PATH", path, 1) < 0 || setenv("TREE", t->folder, 1) < 0)
		abort();
}

/* A guest with these devices, as text of their elements; `live` NULL: it does not run. */
static void guest_is(struct scene *s, const char *live, const char *saved)
{
	guest_state_done(&s->guest);
	s->guest = (struct guest_state){ .name = "guest", .live = live, .saved = saved };
	s->guest.live_xml = live ? strdup(live) : NULL;
	s->guest.saved_xml = saved ? strdup(saved) : NULL;
	if ((live && elements_parse(live, &s->guest.has_live) < 0) || (saved && elements_parse(saved, &s->guest.has_saved) < 0))
		abort();
}

static void ask_for(struct scene *s, const char *const *selectors, const struct allowances *allowed)
{
	channel_selection_done(&s->chosen);
	plan_done(&s->plan);
	refusals_done(&s->refusals);
	s->plan = (struct plan){};
	if (tree_read(&s->t) < 0)
		abort();
	for (; *selectors; selectors++)
		if (channel_select(&s->t.host, *selectors, &s->chosen) < 0)
			abort();
	s->h = (struct handover){ .host = &s->t.host, .uses = &s->t.uses, .channel = &s->chosen, .allowed = allowed };
}

static int give(struct scene *s, const char *const *selectors, const struct allowances *allowed)
{
	ask_for(s, selectors, allowed);
	return handover_give_channel(&s->h, &s->guest, NULL, &s->plan, &s->refusals);
}

/* What libvirt says of other guests. */
static const char *other_xml;

static int list_domains(virConnectPtr c, virDomainPtr **ret, unsigned flags)
{
	(void)c;
	(void)flags;
	*ret = calloc(2, sizeof(**ret));
	(*ret)[0] = (virDomainPtr)&other_xml;
	return other_xml ? 1 : 0;
}

static int zero(virDomainPtr d)
{
	(void)d;
	return 0;
}

static int one(virDomainPtr d)
{
	(void)d;
	return 1;
}

static char *xml_of(virDomainPtr d, unsigned flags)
{
	(void)d;
	(void)flags;
	return strdup(other_xml);
}

static const char *name_of(virDomainPtr d)
{
	(void)d;
	return "other";
}

static int take(struct scene *s, const char *const *selectors, bool to_host)
{
	struct guest_connection c = { .api = { .virConnectListAllDomains = list_domains, .virDomainIsActive = zero, .virDomainIsPersistent = one,
					       .virDomainGetXMLDesc = xml_of, .virDomainGetName = name_of, .virDomainFree = zero } };

	ask_for(s, selectors, NULL);
	return handover_take_channel(&s->h, &c, &s->guest, to_host, &s->plan, &s->refusals);
}

/* Applies all but what is libvirt's. */
static int apply(struct scene *s)
{
	const struct site site = { .root_fd = s->t.fd, .is_live = true };

	for (size_t i = 0; i < s->plan.n; i++) {
		struct change *c = &s->plan.list[i];
		int r = c->kind == CHANGE_HOSTDEV ? 0 : change_ops(c->kind)->apply(&site, c);

		if (r < 0)
			return r;
		if (c->kind != CHANGE_HOSTDEV && change_ops(c->kind)->holds(&site, c) != 1)
			return -EBADE;
	}
	return 0;
}

static int revert(struct scene *s)
{
	const struct site site = { .root_fd = s->t.fd, .is_live = true };

	for (size_t i = s->plan.n; i > 0; i--) {
		struct change *c = &s->plan.list[i - 1];
		int r = c->kind == CHANGE_HOSTDEV ? 0 : change_ops(c->kind)->revert(&site, c);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The kinds, in order: "kernel-value file hostdev". */
static char *kinds(const struct plan *plan)
{
	struct text t = {};

	text_append(&t, "");
	for (size_t i = 0; i < plan->n; i++)
		text_printf(&t, "%s%s", i ? " " : "", change_ops(plan->list[i].kind)->name);
	return text_take(&t);
}

static const struct change *find_change(const struct plan *plan, enum change_kind kind)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == kind)
			return &plan->list[i];
	return NULL;
}

static void two_cards(struct tree *t)
{
	mainframe_with_mdevctl(t);
	tree_masks(t, ALL_IDS, ALL_IDS, 5);
	tree_queue(t, "05.0004", "CEX8C", "cex4queue");
	tree_queue(t, "06.0004", "CEX8C", "cex4queue");
	tree_queue(t, "06.0005", "CEX8C", "cex4queue");
	tree_folder(t, "sys/devices/vfio_ap/matrix");
}

/* What the log of mdevctl is not part of. */
static char *dump(struct scene *s)
{
	tree_put(&s->t, "mdevctl.log", "%s", "");
	tree_remove(&s->t, "mdevctl.log");
	return tree_dump(&s->t);
}

TEST(queues_leave_the_host_become_a_device_and_come_back_byte_for_byte)
{
	static const char *const queue[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *before = NULL, *after = NULL, *mask = NULL, *rules = NULL, *log = NULL;
	const struct change *c;

	two_cards(&s.t);
	before = dump(&s);
	guest_is(&s, DOMAIN(""), DOMAIN(""));
	CHECK(give(&s, queue, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "kernel-value mediated hostdev file file");
	c = find_change(&s.plan, CHANGE_MEDIATED);
	CHECK(c->saved && !c->one_shot && !c->before.exists && str_starts(c->target, "matrix/"));
	CHECK_HAS(c->after.data, "\"mdev_type\": \"vfio_ap-passthrough\"");
	CHECK_HAS(c->after.data, "\"start\": \"auto\"");
	c = find_change(&s.plan, CHANGE_HOSTDEV);
	CHECK_STR(c->target, "ap=05.0004");
	CHECK(c->live && c->saved && c->attach);
	CHECK_HAS(c->saved_xml, "model=\"vfio-ap\"");
	CHECK_HAS(c->saved_xml, str_base(find_change(&s.plan, CHANGE_MEDIATED)->target));
	CHECK(apply(&s) == 0);
	mask = tree_get(&s.t, "sys/bus/ap/apmask");
	CHECK_HAS(mask, NO_CARD_5);
	rules = tree_get(&s.t, AP_RULES);
	CHECK_HAS(rules, "# cards 05\n");
	CHECK_HAS(rules, "RUN+=\"/bin/sh -c 'echo -0x05 > /sys/bus/ap/apmask'\"\n");
	CHECK_HAS(rules, "ENV{slipway.bind}==\"0\"");
	log = tree_get(&s.t, "mdevctl.log");
	CHECK_HAS(log, "define --uuid ");
	CHECK_HAS(log, "start --uuid ");
	/* A second time nothing is left to do. */
	CHECK(apply(&s) == 0);
	CHECK(revert(&s) == 0);
	tree_put(&s.t, "sys/bus/ap/apmask", "%s\n", ALL_IDS);
	after = dump(&s);
	CHECK_STR(after, before);
}

TEST(what_the_host_uses_stays_with_it)
{
	static const char *const busy[] = { "ap=06.0005", "ap=06.0004", NULL }, *const half[] = { "ap=06.0004", NULL };
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(scene_done) struct scene s = {};

	/* The default domain; and a card of which the host keeps the rest. */
	two_cards(&s.t);
	guest_is(&s, NULL, DOMAIN(""));
	CHECK(give(&s, busy, NULL) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "06.0005 → its domain is the host's default");
	CHECK(give(&s, half, NULL) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_STR(s.refusals.list[0].rule, "closure");
	CHECK(allowances_add(&all, "06.0005=crypto") == 0);
	CHECK(give(&s, busy, &all) == 0 && !s.refusals.n && s.plan.n);
	/* The masks changed meanwhile: what is planned is for what was seen. */
	tree_put(&s.t, "sys/bus/ap/apmask", "0x00\n");
	CHECK(apply(&s) == -ESTALE);
	free(stderr_caught());
}

TEST(a_second_set_of_queues_wants_the_first_one_back)
{
	static const char *const more[] = { "ap=05.0004", NULL }, *const both[] = { "ap=06.*", NULL };
	_cleanup_(scene_done) struct scene s = {};

	two_cards(&s.t);
	tree_masks(&s.t, "0x00", ALL_IDS, -1);
	tree_made(&s.t, "matrix", ONE, 7, "06.0004\n06.0005");
	guest_is(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(give(&s, more, NULL) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "guest guest has crypto queues already, and as one device: 06.0004, 06.0005");
	/* Those that it has it has. */
	CHECK(give(&s, both, NULL) == 0 && !s.refusals.n && !s.plan.n);
	/* And they are no other guest's. */
	guest_is(&s, NULL, DOMAIN(""));
	CHECK(give(&s, both, NULL) == 0 && s.refusals.n == 2 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "mediated device " ONE);
}

TEST(the_running_guest_gets_what_its_definition_has)
{
	static const char *const both[] = { "ap=06.*", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL;

	two_cards(&s.t);
	tree_masks(&s.t, "0x00", ALL_IDS, -1);
	tree_put(&s.t, "etc/mdevctl.d/matrix/" ONE, "{\"mdev_type\": \"vfio_ap-passthrough\", \"start\": \"auto\", \"attrs\": [{\"assign_adapter\": \"6\"}, "
		 "{\"assign_domain\": \"4\"}, {\"assign_domain\": \"5\"}]}\n");
	guest_is(&s, DOMAIN(""), DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(give(&s, both, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "mediated hostdev");
	CHECK_HAS(s.plan.list[1].live_xml, ONE);
	CHECK(!s.plan.list[1].saved_xml);
}

/* As slipway left them: card 5 by its own doing, card 7 by somebody else's. */
static void set_aside(struct scene *s)
{
	struct channel_boot boot = {};

	two_cards(&s->t);
	tree_masks(&s->t, "0xfaffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ALL_IDS, -1);
	tree_queue(&s->t, "05.0004", "CEX8C", "vfio_ap");
	tree_queue(&s->t, "07.0004", "CEX8C", "vfio_ap");
	ap_mask_set(&boot.cards, 5, true);
	if (channel_boot_plan(s->t.fd, &boot, &s->plan) < 0 || apply(s) < 0)
		abort();
	tree_put(&s->t, "etc/mdevctl.d/matrix/" ONE, "{\"mdev_type\": \"vfio_ap-passthrough\", \"start\": \"auto\", \"attrs\": [{\"assign_adapter\": \"5\"}, "
		 "{\"assign_domain\": \"4\"}]}\n");
	tree_put(&s->t, "etc/mdevctl.d/matrix/" TWO, "{\"mdev_type\": \"vfio_ap-passthrough\", \"attrs\": [{\"assign_adapter\": \"7\"}, {\"assign_domain\": \"4\"}]}\n");
}

TEST(queues_come_back_to_the_host_that_were_the_hosts)
{
	static const char *const queue[] = { "ap=05.0004", NULL }, *const foreign[] = { "ap=07.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *mask = NULL, *said = NULL, *definition = NULL, *again = NULL;

	set_aside(&s);
	definition = tree_get(&s.t, "etc/mdevctl.d/matrix/" ONE);
	guest_is(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(take(&s, queue, true) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "hostdev mediated kernel-value file file");
	CHECK(apply(&s) == 0);
	/* Card 7 stays as it was. */
	mask = tree_get(&s.t, "sys/bus/ap/apmask");
	CHECK_HAS(mask, "0xfeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
	CHECK(!fs_exists(s.t.fd, "etc/mdevctl.d/matrix/" ONE) && fs_exists(s.t.fd, "etc/mdevctl.d/matrix/" TWO) && !fs_exists(s.t.fd, AP_RULES));
	CHECK(revert(&s) == 0 && fs_exists(s.t.fd, AP_RULES));
	again = tree_get(&s.t, "etc/mdevctl.d/matrix/" ONE);
	CHECK_STR(again, definition);
	/* What slipway has not set aside is not its to give back. */
	guest_is(&s, NULL, DOMAIN(ELEMENT(TWO, "vfio-ap")));
	CHECK(take(&s, foreign, true) == 0 && !find_change(&s.plan, CHANGE_VALUE) && find_change(&s.plan, CHANGE_MEDIATED));
	said = stderr_caught();
	CHECK_HAS(said, "it was not slipway that set these queues aside for good");
}

TEST(a_card_on_which_another_guest_lives_is_not_given_back)
{
	static const char *const queue[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *said = NULL;

	set_aside(&s);
	tree_queue(&s.t, "05.0006", "CEX8C", "vfio_ap");
	tree_put(&s.t, "etc/mdevctl.d/matrix/" TWO, "{\"mdev_type\": \"vfio_ap-passthrough\", \"attrs\": [{\"assign_adapter\": \"5\"}, {\"assign_domain\": \"6\"}]}\n");
	guest_is(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(take(&s, queue, true) == 0 && !find_change(&s.plan, CHANGE_VALUE) && !find_change(&s.plan, CHANGE_FILE));
	said = stderr_caught();
	CHECK_HAS(said, "the masks in /sys/bus/ap stay as they are: other guests have queues");
	/* And a device that another guest's definition names, too, stays whole. */
	other_xml = DOMAIN(ELEMENT(ONE, "vfio-ap"));
	CHECK(take(&s, queue, true) == 0 && s.plan.n == 1 && s.plan.list[0].kind == CHANGE_HOSTDEV);
	other_xml = NULL;
	/* So it does where the running guest keeps it, and where it goes on to another one. */
	CHECK(take(&s, queue, false) == 0 && s.plan.n == 1);
	guest_is(&s, DOMAIN(ELEMENT(ONE, "vfio-ap")), DOMAIN(ELEMENT(ONE, "vfio-ap")));
	s.guest.live = false;
	CHECK(take(&s, queue, true) == 0 && s.plan.n == 1 && !s.plan.list[0].live);
}

TEST(queues_leave_a_guest_together)
{
	static const char *const one_queue[] = { "ap=06.0004", NULL }, *const strange[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *said = NULL;

	two_cards(&s.t);
	tree_masks(&s.t, "0x00", ALL_IDS, -1);
	tree_made(&s.t, "matrix", ONE, 7, "06.0004\n06.0005");
	guest_is(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ap")));
	CHECK(take(&s, one_queue, true) == 0 && s.refusals.n == 1 && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "they leave it together: 06.0004, 06.0005");
	CHECK(take(&s, strange, true) == -EINVAL && !s.plan.n);
	said = stderr_caught();
	CHECK_HAS(said, "guest guest does not have ap=05.0004; nothing was changed");
}

/* In the place of the kernel: whoever is probed gets the driver that its override names, and its device is there or not. */
struct pretended_kernel {
	struct tree *t;
	pthread_t thread;
	atomic_bool is_over;
	bool is_deaf;
};

static void *kernel_main(void *data)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	struct pretended_kernel *k = data;

	while (!k->is_over) {
		_cleanup_free_ char *probed = tree_get(k->t, "sys/bus/css/drivers_probe"), *path = NULL, *override = NULL, *link = NULL, *device = NULL;

		nanosleep(&pause, NULL);
		if (!probed || !*probed || k->is_deaf)
			continue;
		tree_put(k->t, "sys/bus/css/drivers_probe", "%s", "");
		path = text_format("sys/devices/css0/%s/driver_override", str_trim(probed));
		override = tree_get(k->t, path);
		link = text_format("sys/devices/css0/%s/driver", str_trim(probed));
		device = text_format("sys/devices/css0/%s/0.0.0200", str_trim(probed));
		tree_remove(k->t, link);
		if (str_starts(override, "vfio_ccw")) {
			tree_remove(k->t, device);
			tree_link(k->t, link, "../../../bus/css/drivers/vfio_ccw");
		} else {
			tree_link(k->t, link, "../../../bus/css/drivers/io_subchannel");
			tree_ccw(k->t, str_trim(probed), "0.0.0200", "3990/e9", "dasd-eckd", false);
		}
	}
	return NULL;
}

static void kernel_start(struct pretended_kernel *k, struct tree *t)
{
	k->t = t;
	tree_put(t, "sys/bus/css/drivers_probe", "%s", "");
	tree_put(t, "sys/bus/css/drivers/io_subchannel/unbind", "%s", "");
	tree_put(t, "sys/bus/css/drivers/vfio_ccw/unbind", "%s", "");
	if (pthread_create(&k->thread, NULL, kernel_main, k) != 0)
		abort();
}

static void kernel_stop(struct pretended_kernel *k)
{
	k->is_over = true;
	pthread_join(k->thread, NULL);
}

TEST(a_dasd_goes_offline_and_to_vfio_ccw_and_comes_back_online)
{
	static const char *const dasd[] = { "ccw=0200", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *rules = NULL, *modules = NULL, *online = NULL;
	const struct change *c;
	struct pretended_kernel k = {};

	mainframe_with_mdevctl(&s.t);
	tree_ccw(&s.t, "0.0.0003", "0.0.0200", "3990/e9", "dasd-eckd", true);
	guest_is(&s, NULL, DOMAIN(""));
	CHECK(give(&s, dasd, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_HAS(what, "kernel-value subchannel mediated hostdev");
	CHECK_HAS(find_change(&s.plan, CHANGE_MEDIATED)->after.data, "vfio_ccw-io");
	c = find_change(&s.plan, CHANGE_HOSTDEV);
	CHECK(!c->live_xml && str_eq(c->target, "ccw=0.0.0200"));
	CHECK_HAS(c->saved_xml, "model=\"vfio-ccw\"");
	kernel_start(&k, &s.t);
	if (apply(&s) < 0) {
		kernel_stop(&k);
		CHECK(!"applied");
	}
	CHECK(tree_read(&s.t) == 0 && ccw_is_on_vfio(ccws_find(&s.t.host.ccws, "0.0.0200")));
	rules = tree_get(&s.t, CCW_RULES);
	CHECK_HAS(rules, "# ccw 0.0.0200\n");
	CHECK_HAS(rules, "ATTR{dev_busid}==\"0.0.0200\", ATTR{driver_override}=\"vfio_ccw\"");
	CHECK_HAS(rules, "'echo %k > /sys/bus/css/devices/%k/driver/unbind; echo %k > /sys/bus/css/drivers_probe'");
	modules = tree_get(&s.t, CHANNEL_MODULES);
	CHECK_HAS(modules, "\nvfio_ccw\n");
	if (revert(&s) < 0) {
		kernel_stop(&k);
		CHECK(!"reverted");
	}
	kernel_stop(&k);
	CHECK(tree_read(&s.t) == 0 && !ccw_is_on_vfio(ccws_find(&s.t.host.ccws, "0.0.0200")) && !fs_exists(s.t.fd, CCW_RULES));
	/* It was online before the guest had it. */
	online = tree_get(&s.t, "sys/devices/css0/0.0.0003/0.0.0200/online");
	CHECK(online && *online == '1');
}

TEST(the_disk_of_the_host_and_another_guests_are_not_given)
{
	static const char *const root[] = { "ccw=0.0.0100", NULL }, *const others[] = { "ccw=0.0.0300", NULL };
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(scene_done) struct scene s = {};

	mainframe_with_mdevctl(&s.t);
	tree_ccw_aside(&s.t, "0.0.0003", "0.0.0300");
	tree_made(&s.t, "0.0.0003", ONE, 9, NULL);
	guest_is(&s, NULL, DOMAIN(""));
	CHECK(allowances_add(&all, "0.0.0100=mount") == 0 && allowances_add(&all, "0.0.0300=vfio") == 0);
	CHECK(give(&s, root, &all) == 0 && s.refusals.n && !s.plan.n);
	CHECK(give(&s, others, &all) == 0 && s.refusals.n && !s.plan.n);
	CHECK_HAS(s.refusals.list[0].text, "made for a guest, and active; take it from there first");
}

TEST(a_dasd_that_somebody_else_set_aside_stays_so)
{
	static const char *const dasd[] = { "ccw=0.0.0300", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *what = NULL, *back = NULL, *said = NULL;

	mainframe_with_mdevctl(&s.t);
	tree_ccw_aside(&s.t, "0.0.0003", "0.0.0300");
	guest_is(&s, NULL, DOMAIN(""));
	CHECK(give(&s, dasd, NULL) == 0 && !s.refusals.n);
	what = kinds(&s.plan);
	CHECK_STR(what, "mediated hostdev");
	tree_made(&s.t, "0.0.0003", ONE, 9, NULL);
	guest_is(&s, NULL, DOMAIN(ELEMENT(ONE, "vfio-ccw")));
	CHECK(take(&s, dasd, true) == 0);
	back = kinds(&s.plan);
	CHECK_STR(back, "hostdev mediated");
	said = stderr_caught();
	CHECK_HAS(said, "0.0.0300 stays on vfio_ccw");
}

TEST(what_mdevctl_refuses_is_told_and_leaves_nothing)
{
	static const char *const queue[] = { "ap=05.0004", NULL };
	_cleanup_(scene_done) struct scene s = {};
	_cleanup_free_ char *said = NULL;

	two_cards(&s.t);
	tree_put(&s.t, "fail-start", "%s", "");
	guest_is(&s, NULL, DOMAIN(""));
	CHECK(give(&s, queue, NULL) == 0 && !s.refusals.n && apply(&s) < 0);
	said = stderr_caught();
	CHECK_HAS(said, "mdevctl start --uuid ");
	CHECK_HAS(said, "failed with status 1: it was to fail");
	s.plan.n -= 2; /* what was never begun: the files */
	CHECK(revert(&s) == 0);
	s.plan.n += 2;
	CHECK(tree_read(&s.t) == 0 && !s.t.host.mediated.n && ap_mask_has(&s.t.host.ap.cards, 5));
}

TEST_MAIN()
