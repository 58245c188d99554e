/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mainframe whose DASDs and crypto queues change hands: with a pretended mdevctl and libvirt, and a thread in the place of the kernel. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/guest_libvirt.h"
#include "tests/unit/channel_scene.h"
#include "tests/unit/mainframe.h"

void scene_done(struct scene *s)
{
	guest_state_done(&s->guest);
	channel_selection_done(&s->chosen);
	plan_done(&s->plan);
	refusals_done(&s->refusals);
	tree_done(&s->t);
}

void mainframe_with_mdevctl(struct tree *t)
{
	static const char *const folders[] = { "run/slipway", "etc/udev/rules.d", "etc/modules-load.d", "etc/mdevctl.d/matrix", "sys/bus/mdev/devices" };
	_cleanup_free_ char *program = text_format("%s/tools/mdevctl", getenv("SLIPWAY_TESTS")), *path = NULL;

	mainframe_new(t);
	path = text_format("%s/bin:/usr/bin:/bin", t->folder);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		tree_folder(t, folders[i]);
	tree_link(t, "bin/mdevctl", program);
	if (setenv("PATH", path, 1) < 0 || setenv("SLIPWAY_TEST_ROOT", t->folder, 1) < 0)
		abort();
}

void scene_guest(struct scene *s, const char *live, const char *saved)
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

int scene_give(struct scene *s, const char *const *selectors, const struct allowances *allowed)
{
	ask_for(s, selectors, allowed);
	return handover_give_channel(&s->h, &s->guest, NULL, &s->plan, &s->refusals);
}

const char *scene_other;

static int list_domains(virConnectPtr c, virDomainPtr **ret, unsigned flags)
{
	(void)c;
	(void)flags;
	*ret = calloc(2, sizeof(**ret));
	(*ret)[0] = (virDomainPtr)&scene_other;
	return scene_other ? 1 : 0;
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
	return strdup(scene_other);
}

static const char *name_of(virDomainPtr d)
{
	(void)d;
	return "other";
}

int scene_take(struct scene *s, const char *const *selectors, bool to_host)
{
	struct guest_connection c = { .api = { .virConnectListAllDomains = list_domains, .virDomainIsActive = zero, .virDomainIsPersistent = one,
					       .virDomainGetXMLDesc = xml_of, .virDomainGetName = name_of, .virDomainFree = zero } };

	ask_for(s, selectors, NULL);
	return handover_take_channel(&s->h, &c, &s->guest, to_host, &s->plan, &s->refusals);
}

int scene_apply(struct scene *s)
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

int scene_revert(struct scene *s)
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

char *kinds(const struct plan *plan)
{
	struct text t = {};

	text_append(&t, "");
	for (size_t i = 0; i < plan->n; i++)
		text_printf(&t, "%s%s", i ? " " : "", change_ops(plan->list[i].kind)->name);
	return text_take(&t);
}

const struct change *find_change(const struct plan *plan, enum change_kind kind)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == kind)
			return &plan->list[i];
	return NULL;
}

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

void kernel_start(struct pretended_kernel *k, struct tree *t)
{
	k->t = t;
	tree_put(t, "sys/bus/css/drivers_probe", "%s", "");
	tree_put(t, "sys/bus/css/drivers/io_subchannel/unbind", "%s", "");
	tree_put(t, "sys/bus/css/drivers/vfio_ccw/unbind", "%s", "");
	if (pthread_create(&k->thread, NULL, kernel_main, k) != 0)
		abort();
}

void kernel_stop(struct pretended_kernel *k)
{
	k->is_over = true;
	pthread_join(k->thread, NULL);
}
