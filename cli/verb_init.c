/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway init: a spec for this very host, to be edited. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/load.h"
#include "cli/output.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "installer/proposal.h"

static int save(const char *file, const char *text)
{
	int r = file_create(file, text, strlen(text), 0644);

	if (r == -EEXIST)
		return log_error("%s is there already, and is left as it is; name another file, or compare: slipway init | diff %s -", file, file),
		       EXIT_USAGE;
	if (r < 0)
		return log_errno(r, "cannot write %s", file), EXIT_UNDONE;
	return EXIT_DONE;
}

static int answer(const struct cli *cli, const char *file, const char *text)
{
	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document("init");

		json_add_string(document, "file", file);
		json_object_object_add(document, "spec", json_object_new_string(text));
		return output_json(document);
	}
	if (file)
		printf("%s is written; edit it, and then: slipway check-spec %s\n", file, file);
	else
		fputs(text, stdout);
	return EXIT_DONE;
}

int verb_init(const struct cli *cli, const struct arguments *arguments)
{
	const char *file = arguments_value(arguments, "--output");
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_free_ char *text = NULL;
	int status;

	if (scene_read_all(cli, &scene) < 0)
		return EXIT_UNDONE;
	if (proposal_write(&scene.host, &scene.uses, &text) < 0)
		return log_oom(), EXIT_UNDONE;
	status = file ? save(file, text) : EXIT_DONE;
	return status == EXIT_DONE ? answer(cli, file, text) : status;
}
