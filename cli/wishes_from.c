/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes and allowances from a verb's options and the spec file. */

#include <errno.h>
#include <string.h>

#include "cli/wishes_from.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/section.h"
#include "installer/spec.h"

#define DEFAULT_SPEC "etc/slipway/host.yaml"

/* The text is kept, for the guests that have to wait. Takes it over. */
static int parse(char *text, const char *file, struct wishes *wishes)
{
	wishes->spec = text;
	wishes->spec_file = strdup(file);
	return wishes->spec_file ? spec_parse(text, file, wishes) : log_oom();
}

static int read_spec(const struct cli *cli, const struct arguments *arguments, struct wishes *wishes)
{
	const char *file = arguments_value(arguments, "--file");
	char *text = NULL;
	int r;

	if (!file) {
		r = fs_read(cli->root_fd, &text, NULL, DEFAULT_SPEC);
		if (r == -ENOENT)
			return 0;
		return r < 0 ? log_errno(r, "cannot read /" DEFAULT_SPEC) : parse(text, "/" DEFAULT_SPEC, wishes);
	}
	/* A file that the user names is his own, wherever he stands: it is not below the root. */
	r = file_read(file, &text);
	return r < 0 ? log_errno(r, "cannot read the spec %s", file) : parse(text, file, wishes);
}

int wishes_from_arguments(const struct cli *cli, const struct arguments *arguments, struct wishes *ret)
{
	_cleanup_(wishes_done) struct wishes wishes = {};
	enum bind_wish bind = BIND_WISH_AUTO;
	const char *word;
	int r;

	r = read_spec(cli, arguments, &wishes);
	if (r < 0)
		return r;
	word = arguments_value(arguments, "--bind");
	if (word && bind_wish_parse(word, &bind) < 0)
		return log_invalid("'--bind %s': wanted is auto, ids or address", word);
	for (char **selector = arguments_values(arguments, "--passthrough"); selector && *selector; selector++)
		if (wishes_add_passthrough(&wishes, *selector, 0, bind) < 0)
			return log_oom();
	for (char **argument = arguments_values(arguments, "--kernel-arg"); argument && *argument; argument++)
		if (strv_add(&wishes.arguments, *argument) < 0)
			return log_oom();
	if (!wishes.iommu_on && !wishes.nested && !wishes.n_passthrough && !wishes.arguments && !sections_wished(&wishes))
		return log_invalid("nothing is wished for: give --passthrough SELECTOR, --kernel-arg ARG or a spec with -f");
	*ret = TAKE(wishes);
	return 0;
}

int allowances_from_arguments(const struct arguments *arguments, struct allowances *ret)
{
	_cleanup_(allowances_done) struct allowances allowances = {};
	int r;

	for (char **text = arguments_values(arguments, "--allow"); text && *text; text++) {
		r = allowances_add(&allowances, *text);
		if (r < 0)
			return r;
	}
	*ret = TAKE(allowances);
	return 0;
}
