/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway list, slipway show: the devices. */

#include <errno.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/view_device.h"
#include "common/cleanup.h"
#include "common/log.h"
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

static int print_json(const char *verb, const struct scene *scene, struct device *const *devices, size_t n)
{
	_cleanup_json_ struct json_object *document = output_document(verb);

	json_object_object_add(document, "devices", devices_to_json(&scene->host, &scene->uses, devices, n));
	return output_json(document);
}

int verb_list(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_free_ struct device **devices = NULL;
	size_t n;

	if (scene_read(cli, &scene) < 0)
		return EXIT_UNDONE;
	if (select_devices(&scene, arguments, &devices, &n) < 0)
		return EXIT_USAGE;
	if (cli->json)
		return print_json("list", &scene, devices, n);
	if (devices_print(cli, &scene.host, &scene.uses, devices, n) < 0)
		return log_oom(), EXIT_UNDONE;
	if (!n)
		printf("This host has no PCI devices.\n");
	if (!scene.host.is_root && scene.host.is_live)
		log_info("not root: other users' mounts, capabilities and open vfio files are unknown");
	return EXIT_DONE;
}

int verb_show(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_free_ struct device **devices = NULL;
	size_t n;

	if (scene_read(cli, &scene) < 0)
		return EXIT_UNDONE;
	if (select_devices(&scene, arguments, &devices, &n) < 0)
		return EXIT_USAGE;
	if (cli->json)
		return print_json("show", &scene, devices, n);
	for (size_t i = 0; i < n; i++) {
		if (i)
			putchar('\n');
		if (device_print(cli, &scene.host, &scene.uses, devices[i]) < 0)
			return log_oom(), EXIT_UNDONE;
	}
	return EXIT_DONE;
}
