/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway list, slipway show: the devices. */

#include <stdio.h>

#include "cli/cli.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/view_channel.h"
#include "cli/view_device.h"
#include "cli/view_mediated.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/guest_holders.h"
#include "passthrough/selector.h"

/* What is to be shown: PCI functions, and what s390x has beside them. */
struct shown {
	struct device **devices;
	size_t n;
	struct channel_selection channel;
	bool is_chosen;          /* by a selector; else it is all there is */
	bool is_channel;         /* and it was one of CCW devices or crypto queues */
};

static void shown_done(struct shown *s)
{
	free(s->devices);
	channel_selection_done(&s->channel);
}

static const struct channel_selection *chosen(const struct shown *s)
{
	return s->is_chosen ? &s->channel : NULL;
}

static int select_devices(const struct scene *scene, const struct arguments *arguments, struct shown *s)
{
	s->is_chosen = arguments->n_positional;
	s->is_channel = s->is_chosen && channel_selector_is(arguments->positional[0]);
	if (s->is_channel)
		return channel_select(&scene->host, arguments->positional[0], &s->channel);
	if (s->is_chosen)
		return selector_find(arguments->positional[0], &scene->host.devices, &s->devices, &s->n);
	s->devices = calloc(scene->host.devices.n + 1, sizeof(struct device *));
	if (!s->devices)
		return log_oom();
	for (size_t i = 0; i < scene->host.devices.n; i++)
		s->devices[i] = &scene->host.devices.list[i];
	s->n = scene->host.devices.n;
	return 0;
}

static int print_list(const struct cli *cli, const struct scene *scene, const struct shown *s, const struct arguments *arguments)
{
	bool wide = arguments_has(arguments, "--wide");
	int r;

	r = devices_print(cli, &scene->host, &scene->uses, s->devices, s->n, wide);
	if (r < 0)
		return r;
	if (!s->n && !s->is_channel)
		printf("This host has no PCI devices.\n");
	if (!wide || s->is_channel)
		r = channel_print(cli, &scene->host, &scene->uses, chosen(s));
	if (r < 0)
		return r;
	if (!s->is_chosen && !wide)
		mediated_print(cli, &scene->host);
	if (!scene->host.is_root && scene->host.is_live)
		log_info("not root: other users' mounts, capabilities and open vfio files are unknown");
	return 0;
}

static int print_each(const struct cli *cli, const struct scene *scene, const struct shown *s, const struct arguments *arguments)
{
	int r = 0;

	(void)arguments;
	for (size_t i = 0; i < s->n && r >= 0; i++) {
		if (i)
			putchar('\n');
		r = device_print(cli, &scene->host, &scene->uses, s->devices[i]);
	}
	return r < 0 ? r : channel_print(cli, &scene->host, &scene->uses, chosen(s));
}

typedef int print_function(const struct cli *cli, const struct scene *scene, const struct shown *s, const struct arguments *arguments);

/* Both verbs: the devices that the selector names, as one document or as text. */
static int answer(const struct cli *cli, const struct arguments *arguments, const char *verb, print_function *print)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(shown_done) struct shown s = {};

	/* A list is for looking at often; who has a device open is found by a look into every process. */
	if ((str_eq(verb, "show") ? scene_read_all(cli, &scene) : scene_read(cli, &scene)) < 0)
		return EXIT_UNDONE;
	if (guest_holders_add(&scene.host, &scene.uses) < 0)
		return EXIT_UNDONE;
	if (select_devices(&scene, arguments, &s) < 0)
		return EXIT_USAGE;
	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document(verb);

		json_object_object_add(document, "mediated", mediated_to_json(&scene.host, s.is_chosen ? s.devices : NULL, s.n));
		if (channel_to_json(&scene.host, &scene.uses, chosen(&s), document) < 0)
			return log_oom(), EXIT_UNDONE;
		return output_devices(document, &scene, s.devices, s.n);
	}
	return print(cli, &scene, &s, arguments) < 0 ? log_oom(), EXIT_UNDONE : EXIT_DONE;
}

int verb_list(const struct cli *cli, const struct arguments *arguments)
{
	return answer(cli, arguments, "list", print_list);
}

int verb_show(const struct cli *cli, const struct arguments *arguments)
{
	return answer(cli, arguments, "show", print_each);
}
