/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway audit: is this host passthrough-ready? */

#include <errno.h>
#include <string.h>

#include "audit/audit.h"
#include "cli/cli.h"
#include "cli/html/page.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/prometheus.h"
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

/* Reports beside the answer, for a browser and for a collector; each is written whole or not at all. */
static const struct {
	const char *option;
	int (*make)(const struct host *host, const struct uses *uses, const struct report *report, char **ret);
} formats[] = {
	{ "--html", html_page },
	{ "--prometheus", prometheus_text },
};

static int write_reports(const struct arguments *arguments, const struct scene *scene, const struct report *report)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const char *path = arguments_value(arguments, formats[i].option);
		_cleanup_free_ char *text = NULL;
		int r;

		if (!path)
			continue;
		if (formats[i].make(&scene->host, &scene->uses, report, &text) < 0)
			return log_oom();
		r = file_write(path, text, strlen(text), 0644);
		if (r < 0)
			return log_errno(r, "cannot write %s", path);
	}
	return 0;
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
	if (write_reports(arguments, &scene, &report) < 0)
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
