/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway profile: guest profiles, listed, shown and defined. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/view_plan.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/guest.h"
#include "profiles/profile.h"

static int list(const struct cli *cli)
{
	_cleanup_json_ struct json_object *document = output_document("profile");
	struct json_object *array = json_add_array(document, "profiles");

	for (const struct profile *p = profiles; p->name; p++) {
		struct json_object *o = json_object_new_object();

		json_add_string(o, "name", p->name);
		json_add_string(o, "help", p->help);
		json_object_array_add(array, o);
		if (!cli->json)
			printf("%-12s %s\n", p->name, p->help);
	}
	return cli->json ? output_json(document) : EXIT_DONE;
}

static int show(const struct cli *cli, const struct profile *p)
{
	_cleanup_json_ struct json_object *document = NULL;

	if (!cli->json) {
		printf("%s: %s\n\n%s\n", p->name, p->help, p->text);
		return EXIT_DONE;
	}
	document = output_document("profile");
	json_add_string(document, "name", p->name);
	json_add_string(document, "help", p->help);
	json_add_string(document, "text", p->text);
	return output_json(document);
}

static int read_options(const struct arguments *arguments, const struct profile *p, struct guest_options *ret)
{
	struct guest_options options = p->defaults;
	int r;

	for (size_t i = 0; i < OPTIONS_MAX && arguments->options[i].name; i++) {
		const char *value = arguments_value(arguments, arguments->options[i].name);

		if (!value || str_eq(arguments->options[i].name, "--connect") || str_eq(arguments->options[i].name, "--print"))
			continue;
		r = guest_option_set(&options, arguments->options[i].name + strlen("--"), value);
		if (r < 0)
			return r;
	}
	if (!options.name)
		return log_invalid("'slipway profile define' needs --name GUEST");
	*ret = options;
	return 0;
}

static int make_plan(const char *uri, const char *name, const char *xml, struct plan *plan)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	struct change *c;
	int r;

	r = guest_connect(uri, &connection);
	if (r < 0)
		return r;
	r = guest_exists(connection, name);
	if (r > 0)
		return log_error("there is a guest %s already, and it is left as it is; choose another name, or 'virsh undefine --nvram' it", name),
		       -EEXIST;
	c = r < 0 ? NULL : plan_add(plan, CHANGE_DOMAIN, name);
	if (!c)
		return r < 0 ? r : log_oom();
	c->after = (struct content){ .exists = true, .data = strdup(xml), .size = strlen(xml) };
	c->summary = strdup("define the guest");
	return c->after.data && c->summary ? 0 : log_oom();
}

static int define(const struct cli *cli, const struct arguments *arguments, const struct profile *p)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_(host_done) struct host host = {};
	_cleanup_free_ char *xml = NULL;
	const char *uri = arguments_value(arguments, "--connect");
	struct guest_options options = {};
	int r, status;

	if (read_options(arguments, p, &options) < 0)
		return EXIT_USAGE;
	if (host_read(cli->root_fd, cli->is_live, &host) < 0)
		return EXIT_UNDONE;
	r = profile_build(&host, p, &options, &xml);
	if (r < 0)
		return r == -EINVAL ? EXIT_USAGE : EXIT_UNDONE;
	if (arguments_has(arguments, "--print")) {
		fputs(xml, stdout);
		return EXIT_DONE;
	}
	if (!cli->is_live)
		return log_error("a guest is defined on the running host; with --root, --print shows its XML"), EXIT_USAGE;
	status = session_begin(cli, uri, &session);
	if (status != EXIT_DONE)
		return status;
	r = make_plan(uri, options.name, xml, &plan);
	if (r < 0)
		return r == -EEXIST ? EXIT_REFUSED : EXIT_UNDONE;
	status = outcome_status(transaction_apply(&session.site, &session.journal, "define", &plan));
	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document("profile");
		struct refusals none = {};

		view_plan_json(&plan, &none, document);
		output_json(document);
	} else if (status == EXIT_DONE) {
		printf("guest %s is defined; 'virsh start' starts it\n", options.name);
	}
	return status;
}

int verb_profile(const struct cli *cli, const struct arguments *arguments)
{
	const char *what = arguments->positional[0];
	const struct profile *p;

	if (str_eq(what, "list") && arguments->n_positional == 1)
		return list(cli);
	if ((!str_eq(what, "show") && !str_eq(what, "define")) || arguments->n_positional != 2)
		return log_error("usage: slipway profile list | show NAME | define NAME --name GUEST [OPTION]..."), EXIT_USAGE;
	p = profile_find(arguments->positional[1]);
	if (!p)
		return log_error("there is no profile '%s'; 'slipway profile list' names them", arguments->positional[1]), EXIT_USAGE;
	return str_eq(what, "show") ? show(cli, p) : define(cli, arguments, p);
}
