/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway check-spec: are specs well written? All that is wrong, without a look at the host. */

#include <errno.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "installer/spec.h"

static void add_spec(struct json_object *specs, const char *file, const struct complaints *complaints)
{
	struct json_object *spec = json_object_new_object(), *errors;

	json_add_string(spec, "file", file);
	json_add_bool(spec, "valid", complaints->n == 0);
	errors = json_add_array(spec, "errors");
	for (size_t i = 0; i < complaints->n; i++) {
		const struct complaint *c = &complaints->list[i];
		struct json_object *o = json_object_new_object();

		json_add_int(o, "line", (int64_t)c->line);
		json_add_int(o, "column", (int64_t)c->column);
		json_add_string(o, "message", c->message);
		json_object_array_add(errors, o);
	}
	json_object_array_add(specs, spec);
}

/* 0, -EINVAL, or another negative errno after it was said why the file could not be judged. */
static int check(const char *file, struct json_object *specs)
{
	_cleanup_(complaints_done) struct complaints complaints = {};
	_cleanup_free_ char *text = NULL;
	int r;

	r = file_read(file, &text);
	if (r < 0)
		return log_errno(r == -EINVAL ? -EIO : r, "cannot read the spec %s", file);
	r = spec_check(text, &complaints);
	if (r == -ENOMEM)
		return log_oom();
	complaints_say(&complaints, file);
	add_spec(specs, file, &complaints);
	return r;
}

int verb_check_spec(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_json_ struct json_object *document = output_document("check-spec");
	struct json_object *specs = json_add_array(document, "specs");
	bool is_valid = true;

	for (size_t i = 0; i < arguments->n_positional; i++) {
		int r = check(arguments->positional[i], specs);

		if (r < 0 && r != -EINVAL)
			return r == -ENOMEM ? EXIT_UNDONE : EXIT_USAGE;
		is_valid = is_valid && r == 0;
	}
	if (cli->json)
		output_json(document);
	else if (is_valid)
		printf("Nothing wrong in the spec%s.\n", arguments->n_positional > 1 ? "s" : "");
	return is_valid ? EXIT_DONE : EXIT_USAGE;
}
