/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway audit: is this host passthrough-ready? */

#include <errno.h>
#include <string.h>

#include "audit/audit.h"
#include "cli/cli.h"
#include "cli/html/page.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/view_audit.h"
#include "cli/view_device.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

static struct json_object *all_devices(const struct scene *scene)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < scene->host.devices.n; i++)
		json_object_array_add(array, device_to_json(&scene->host, &scene->uses, &scene->host.devices.list[i]));
	return array;
}

/* A report beside the answer, for a browser or a collector; each is written whole or not at all. */
static int write_report(const char *path, const char *text)
{
	int r = file_write(path, text, strlen(text), 0644);

	return r < 0 ? log_errno(r, "cannot write %s", path) : 0;
}

static int write_html(const struct scene *scene, const struct report *report, const char *path)
{
	_cleanup_free_ char *text = NULL;

	if (html_page(&scene->host, &scene->uses, report, &text) < 0)
		return log_oom();
	return write_report(path, text);
}

int verb_audit(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(report_done) struct report report = {};
	int r;

	if (scene_read(cli, &scene) < 0)
		return EXIT_UNDONE;
	r = audit_run(&scene.host, arguments_values(arguments, "--require"), &report);
	if (r < 0)
		return r == -EINVAL ? EXIT_USAGE : EXIT_UNDONE;
	if (arguments_has(arguments, "--html") && write_html(&scene, &report, arguments_value(arguments, "--html")) < 0)
		return EXIT_UNDONE;
	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document("audit");

		report_to_json(&report, document);
		json_object_object_add(document, "host", host_to_json(&scene.host));
		json_object_object_add(document, "devices", all_devices(&scene));
		output_json(document);
	} else {
		report_print(cli, &report);
	}
	return audit_readiness(&report) == READINESS_READY ? EXIT_DONE : EXIT_NOT_READY;
}
