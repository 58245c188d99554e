/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest from the command line: a profile, the file of --file, and the options, laid over each other. */

#include <errno.h>

#include "cli/guest_arguments.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

static int read_file(const char *path, const char *name, struct guest_settings *ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = file_read(path, &text);
	if (r < 0)
		return log_errno(r, "cannot read the options in %s", path);
	r = guest_settings_parse(text, path, ret);
	if (r >= 0 && ret->profile && !str_eq(ret->profile, name))
		return log_invalid("%s: it is for the profile %s, and %s was asked for", path, ret->profile, name);
	return r;
}

static int read_options(const struct arguments *arguments, struct guest_options *options)
{
	int r = 0;

	guest_options_layer(options);
	for (const struct guest_option *o = guest_options; o->name && r >= 0; o++) {
		_cleanup_free_ char *name = text_format("--%s", o->name);
		const char *value = name ? arguments_value(arguments, name) : NULL;

		if (!name)
			r = log_oom();
		else if (value)
			r = guest_option_set(options, o->name, value);
	}
	return r;
}

int guest_from_arguments(const struct cli *cli, const struct arguments *arguments, const char *name, struct guest_settings *file,
			 struct guest_wanted *ret)
{
	_cleanup_(guest_wanted_done) struct guest_wanted w = {};
	const char *path = arguments_value(arguments, "--file");
	int r;

	r = path ? read_file(path, name, file) : 0;
	if (r >= 0)
		r = guest_wanted_read(cli->root_fd, name, file, &w);
	if (r >= 0)
		r = read_options(arguments, &w.options);
	if (r < 0)
		return r;
	if (arguments_values(arguments, "--device"))
		w.selectors = arguments_values(arguments, "--device");
	*ret = TAKE(w);
	return 0;
}
