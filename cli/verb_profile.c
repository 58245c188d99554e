/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway profile: guest profiles, listed, shown and defined. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/guest_arguments.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/view_choices.h"
#include "cli/view_plan.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/guest_draft.h"
#include "profiles/virt_install.h"

/* --- list --- */

static void list_one(const struct cli *cli, const char *name, const char *help, const char *file, struct json_object *array)
{
	struct json_object *o = json_object_new_object();

	json_add_string(o, "name", name);
	json_add_string(o, "help", help);
	json_add_string(o, "file", file);
	json_object_array_add(array, o);
	if (!cli->json) {
		_cleanup_free_ char *safe = text_escape_field(name);

		printf("%-12s %s\n", safe ? safe : "", help);
	}
}

/* The user's own, by the names of their files. */
static int list_files(const struct cli *cli, struct json_object *array)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(cli->root_fd, &names, PROFILE_FOLDER);
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list /" PROFILE_FOLDER);
	for (char **name = names; name && *name; name++) {
		_cleanup_(guest_settings_done) struct guest_settings settings = {};
		_cleanup_free_ char *help = NULL, *path = text_format("/" PROFILE_FOLDER "/%s", *name), *base = strdup(*name);

		if (!path || !base)
			return log_oom();
		if (!str_ends(base, ".yaml"))
			continue;
		base[strlen(base) - strlen(".yaml")] = '\0';
		r = profile_file_read(cli->root_fd, base, &settings);
		if (r < 0)
			continue; /* it has been said */
		help = settings.profile ? text_format("yours, made of %s: %s", settings.profile, path) : text_format("changed by %s", path);
		list_one(cli, base, help ? help : "", path, array);
	}
	return 0;
}

static int list(const struct cli *cli)
{
	_cleanup_json_ struct json_object *document = output_document("profile");
	struct json_object *array = json_add_array(document, "profiles");

	for (const struct profile *p = profiles; p->name; p++)
		list_one(cli, p->name, p->help, NULL, array);
	if (list_files(cli, array) < 0)
		return EXIT_UNDONE;
	return cli->json ? output_json(document) : EXIT_DONE;
}

/* --- show and define --- */

/* A guest on its way: everything that the two verbs look at. */
struct work {
	struct guest_settings file;
	struct guest_wanted wanted;
	struct host host;
	struct guest_draft draft;
};

static void work_done(struct work *w)
{
	guest_wanted_done(&w->wanted);
	guest_settings_done(&w->file);
	guest_draft_done(&w->draft);
	host_done(&w->host);
}

static int build_status(int r)
{
	return r == -EINVAL ? EXIT_USAGE : r == -EOPNOTSUPP ? EXIT_REFUSED : EXIT_UNDONE;
}

/* Up to where libvirt is asked. */
static int prepare(const struct cli *cli, const struct arguments *arguments, struct work *w)
{
	if (guest_from_arguments(cli, arguments, arguments->positional[1], &w->file, &w->wanted) < 0)
		return EXIT_USAGE;
	if (host_read(cli->root_fd, cli->is_live, &w->host) < 0)
		return EXIT_UNDONE;
	return guest_wanted_find_devices(&w->host, &w->wanted, &w->draft.choices) < 0 ? EXIT_USAGE : EXIT_DONE;
}

static int build(struct work *w)
{
	int r = guest_draft_build(&w->host, &w->wanted, &w->draft);

	return r < 0 ? build_status(r) : EXIT_DONE;
}

/* What the user's file says, behind what slipway's own profile does. */
static void print_own(const struct guest_settings *own)
{
	for (size_t i = 0; i < own->n; i++) {
		_cleanup_free_ char *value = text_escape_field(own->list[i].value);

		printf("%s%s %s%s", i ? ", " : "Yours      ", own->list[i].option->name, value ? value : "", i + 1 < own->n ? "" : "\n");
	}
}

static int show_text(const struct cli *cli, const struct guest_wanted *wanted)
{
	_cleanup_json_ struct json_object *document = NULL;
	const struct profile *p = wanted->profile;

	if (!cli->json) {
		printf("%s: %s\n\n%s", p->name, p->help, p->text);
		print_own(&wanted->own);
		printf("\n");
		return EXIT_DONE;
	}
	document = output_document("profile");
	json_add_string(document, "name", p->name);
	json_add_string(document, "help", p->help);
	json_add_string(document, "text", p->text);
	return output_json(document);
}

static int virt_install_json(const struct work *w, const struct virt_install *command)
{
	_cleanup_json_ struct json_object *document = output_document("profile");
	_cleanup_(strv_freep) char **words = NULL;

	if (virt_install_words(command, &words) < 0)
		return log_oom(), EXIT_UNDONE;
	json_add_string(document, "name", w->wanted.profile->name);
	json_add_strv(document, "virt_install", words);
	json_add_strv(document, "unsaid", command->unsaid);
	view_choices_json(&w->draft.choices, document);
	return output_json(document);
}

/* The command is the answer; what it leaves out, and why it is so, the story. */
static int show_virt_install(const struct cli *cli, const struct arguments *arguments, struct work *w)
{
	const char *uri = arguments_value(arguments, "--connect");
	_cleanup_(virt_install_done) struct virt_install command = {};
	const struct guest_wish wish = guest_draft_wish(&w->wanted, &w->draft);
	_cleanup_free_ char *text = NULL;
	int r;

	r = profile_virt_install(&w->host, &wish, uri ? uri : "qemu:///system", &w->draft.choices, &command);
	if (arguments_has(arguments, "--explain") && !cli->json)
		view_choices_print(stderr, &w->draft.choices);
	if (r < 0)
		return build_status(r);
	for (char **sentence = command.unsaid; sentence && *sentence; sentence++)
		log_warning("virt-install cannot say %s", *sentence);
	if (cli->json)
		return virt_install_json(w, &command);
	text = virt_install_format(&command);
	if (!text)
		return log_oom(), EXIT_UNDONE;
	fputs(text, stdout);
	return EXIT_DONE;
}

static int show(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(work_done) struct work w = { .host = { .root_fd = -1 } };
	_cleanup_json_ struct json_object *document = NULL;
	int status;

	if (!arguments_has(arguments, "--explain") && !arguments_has(arguments, "--virt-install")) {
		if (guest_from_arguments(cli, arguments, arguments->positional[1], &w.file, &w.wanted) < 0)
			return EXIT_USAGE;
		return show_text(cli, &w.wanted);
	}
	status = prepare(cli, arguments, &w);
	if (status != EXIT_DONE)
		return status;
	if (!w.wanted.options.name)
		w.wanted.options.name = "GUEST";
	if (arguments_has(arguments, "--virt-install"))
		return show_virt_install(cli, arguments, &w);
	status = build(&w);
	document = output_document("profile");
	json_add_string(document, "name", w.wanted.profile->name);
	view_choices_json(&w.draft.choices, document);
	if (cli->json)
		output_json(document);
	else
		view_choices_print(stdout, &w.draft.choices);
	return status;
}

static int ask_libvirt(const char *uri, struct work *w)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	const char *name = w->wanted.options.name;
	int r;

	r = guest_connect(uri, &connection);
	if (r < 0)
		return EXIT_UNDONE;
	r = guest_exists(connection, name);
	if (r > 0)
		return log_error("there is a guest %s already, and it is left as it is; choose another name, or 'virsh undefine --nvram' it", name),
		       EXIT_REFUSED;
	if (r >= 0)
		r = guest_draft_ask(connection, &w->host, &w->wanted, &w->draft);
	return r < 0 ? build_status(r) : EXIT_DONE;
}

static void tell(const struct cli *cli, const struct arguments *arguments, int status, const struct work *w, const struct plan *plan)
{
	bool explain = arguments_has(arguments, "--explain");

	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document("profile");
		struct refusals none = {};

		view_plan_json(plan, &none, document);
		if (explain)
			view_choices_json(&w->draft.choices, document);
		output_json(document);
		return;
	}
	if (explain)
		view_choices_print(stdout, &w->draft.choices);
	if (status == EXIT_DONE)
		printf("guest %s is defined; 'virsh start' starts it\n", w->wanted.options.name);
}

/* The XML is the answer, and why it is so the story. */
static int print(const struct arguments *arguments, struct work *w)
{
	int status = build(w);

	if (arguments_has(arguments, "--explain"))
		view_choices_print(stderr, &w->draft.choices);
	if (status == EXIT_DONE)
		fputs(w->draft.xml, stdout);
	return status;
}

static int define(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(work_done) struct work w = { .host = { .root_fd = -1 } };
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	const char *uri = arguments_value(arguments, "--connect");
	_cleanup_(plan_done) struct plan plan = {};
	int status;

	status = prepare(cli, arguments, &w);
	if (status != EXIT_DONE)
		return status;
	if (!w.wanted.options.name)
		return log_error("'slipway profile define' needs --name GUEST"), EXIT_USAGE;
	if (arguments_has(arguments, "--print"))
		return print(arguments, &w);
	if (guest_options_check(&w.wanted.options) < 0)
		return EXIT_USAGE;
	if (!cli->is_live)
		return log_error("a guest is defined on the running host; with --root, --print shows its XML"), EXIT_USAGE;
	status = session_begin(cli, uri, &session);
	if (status == EXIT_DONE)
		status = ask_libvirt(uri, &w);
	if (status == EXIT_DONE)
		status = build(&w);
	if (status != EXIT_DONE)
		return status;
	if (guest_draft_plan(&w.wanted, &w.draft, "define the guest", &plan) < 0)
		return EXIT_UNDONE;
	status = outcome_status(transaction_apply(&session.site, &session.journal, "define", &plan));
	tell(cli, arguments, status, &w, &plan);
	return output_after_change(status);
}

int verb_profile(const struct cli *cli, const struct arguments *arguments)
{
	const char *what = arguments->positional[0];

	if (str_eq(what, "list") && arguments->n_positional == 1)
		return list(cli);
	if ((!str_eq(what, "show") && !str_eq(what, "define")) || arguments->n_positional != 2)
		return log_error("usage: slipway profile list | show NAME [--explain] [--virt-install] | define NAME --name GUEST [OPTION]..."), EXIT_USAGE;
	return str_eq(what, "show") ? show(cli, arguments) : define(cli, arguments);
}
