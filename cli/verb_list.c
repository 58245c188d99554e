/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway list, slipway show: the devices. */

#include <stdio.h>

#include "cli/cli.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/view_device.h"
#include "cli/view_mediated.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/guest_holders.h"
#include "passthrough/selector.h"

static int select_devices(const struct scene *scene, const struct arguments *arguments, struct device ***ret, size_t *ret_n)
{
	struct device **all;

	if (arguments->n_positional)
		return selector_find(arguments->positional[0], &scene->host.devices, ret, ret_n);
	all = calloc(scene->host.devices.n + 1, sizeof(*all));
	if (!all)
		return log_oom();
	for (size_t i = 0; i < scene->host.devices.n; i++)
		all[i] = &scene->host.devices.list[i];
	*ret = all;
	*ret_n = scene->host.devices.n;
	return 0;
}

static int print_list(const struct cli *cli, const struct scene *scene, struct device *const *devices, size_t n,
		      const struct arguments *arguments)
{
	int r;

	r = devices_print(cli, &scene->host, &scene->uses, devices, n, arguments_has(arguments, "--wide"));
	if (r < 0)
		return r;
	if (!n)
		printf("This host has no PCI devices.\n");
	if (!arguments->n_positional && !arguments_has(arguments, "--wide"))
		mediated_print(cli, &scene->host);
	if (!scene->host.is_root && scene->host.is_live)
		log_info("not root: other users' mounts, capabilities and open vfio files are unknown");
	return 0;
}

static int print_each(const struct cli *cli, const struct scene *scene, struct device *const *devices, size_t n,
		      const struct arguments *arguments)
{
	int r = 0;

	(void)arguments;
	for (size_t i = 0; i < n && r >= 0; i++) {
		if (i)
			putchar('\n');
		r = device_print(cli, &scene->host, &scene->uses, devices[i]);
	}
	return r;
}

typedef int print_function(const struct cli *cli, const struct scene *scene, struct device *const *devices, size_t n,
			   const struct arguments *arguments);

/* Both verbs: the devices that the selector names, as one document or as text. */
static int answer(const struct cli *cli, const struct arguments *arguments, const char *verb, print_function *print)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_free_ struct device **devices = NULL;
	size_t n;

	/* A list is for looking at often; who has a device open is found by a look into every process. */
	if ((str_eq(verb, "show") ? scene_read_all(cli, &scene) : scene_read(cli, &scene)) < 0)
		return EXIT_UNDONE;
	if (guest_holders_add(&scene.host, &scene.uses) < 0)
		return EXIT_UNDONE;
	if (select_devices(&scene, arguments, &devices, &n) < 0)
		return EXIT_USAGE;
	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document(verb);

		json_object_object_add(document, "mediated", mediated_to_json(&scene.host, arguments->n_positional ? devices : NULL, n));
		return output_devices(document, &scene, devices, n);
	}
	return print(cli, &scene, devices, n, arguments) < 0 ? log_oom(), EXIT_UNDONE : EXIT_DONE;
}

int verb_list(const struct cli *cli, const struct arguments *arguments)
{
	return answer(cli, arguments, "list", print_list);
}

int verb_show(const struct cli *cli, const struct arguments *arguments)
{
	return answer(cli, arguments, "show", print_each);
}
