/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway attach, slipway detach: devices go to a guest and come back. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/view_plan.h"
#include "cli/wishes_from.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/bind.h"
#include "passthrough/guest.h"
#include "passthrough/selector.h"

/* One request: which guest, which of its definitions, which devices. */
struct request {
	const char *guest;
	bool live, saved;
	struct device **devices; /* borrowed from the scene; the array is owned */
	size_t n;
};

static void request_done(struct request *r)
{
	free(r->devices);
}

static bool request_has(const struct request *r, const struct device *d)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->devices[i] == d)
			return true;
	return false;
}

/*
 * Identical drives differ in nothing but their serial: one that was remembered and not seen in this boot may have changed
 * places, and is not given away on the word of its serial.
 */
static int check_identity(const char *selector, const struct device *d, struct refusals *refusals)
{
	_cleanup_(selector_done) struct selector s = {};

	if (!d->serial_remembered || selector_parse(selector, &s) < 0 || !selector_has_serial(&s))
		return 0;
	return refusals_add(refusals, d->address, "identity", "", "%s: its serial %s was seen before this boot, and not since; 'slipway release "
			    "%s' and 'slipway bind %s' look again", d->address, d->serial, d->address, d->address);
}

static int select_devices(const struct scene *scene, const struct arguments *arguments, struct request *request, struct refusals *refusals)
{
	int r;

	request->devices = calloc(scene->host.devices.n + 1, sizeof(*request->devices));
	if (!request->devices)
		return log_oom();
	for (size_t i = 1; i < arguments->n_positional; i++) {
		_cleanup_free_ struct device **found = NULL;
		size_t n;

		r = selector_find(arguments->positional[i], &scene->host.devices, &found, &n);
		for (size_t j = 0; r >= 0 && j < n; j++) {
			r = check_identity(arguments->positional[i], found[j], refusals);
			if (!request_has(request, found[j]))
				request->devices[request->n++] = found[j];
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* Which definitions can be changed: a guest that does not run has no live one, and one without a saved one only that. */
static int look_at_guest(struct guest_connection *connection, const struct arguments *arguments, struct request *request)
{
	int active, persistent;

	active = guest_is_active(connection, request->guest);
	persistent = active < 0 ? active : guest_is_persistent(connection, request->guest);
	if (persistent < 0)
		return persistent;
	request->live = active && !arguments_has(arguments, "--no-live");
	request->saved = persistent && !arguments_has(arguments, "--no-saved");
	if (!request->live && !request->saved)
		return log_invalid("guest %s %s, so there is nothing left to change", request->guest,
				   active ? "has no saved definition" : "does not run");
	return 0;
}

/* libvirt knows who has what, running or not: that is a use like any other. */
static int add_guest_uses(struct guest_connection *connection, const struct request *request, struct scene *scene)
{
	_cleanup_(guest_uses_done) struct guest_uses users = {};
	int r;

	r = guest_users(connection, &users);
	for (size_t i = 0; i < request->n && r >= 0; i++) {
		const struct guest_use *use = guest_uses_find(&users, request->devices[i]->address, request->guest);
		_cleanup_free_ char *what = NULL;

		if (!use)
			continue;
		what = text_format("guest %s has it%s", use->guest, use->live ? " and runs" : " in its saved definition");
		r = what ? uses_add(&scene->uses, request->devices[i], USE_GUEST, what, "", false) : -ENOMEM;
	}
	uses_sort(&scene->uses);
	return r;
}

static struct change *add_change(struct plan *plan, const struct request *request, const struct device *d, bool attach)
{
	struct change *c = plan_add(plan, CHANGE_HOSTDEV, d->address);

	if (!c)
		return NULL;
	c->guest = strdup(request->guest);
	c->summary = strdup(attach ? "give it to the guest" : "take it back from the guest");
	c->attach = attach;
	c->live = request->live;
	c->saved = request->saved;
	return c->guest && c->summary ? c : NULL;
}

/* What the guest has already, as wanted, needs no change. */
static int plan_attach(struct guest_connection *connection, const struct host *host, struct request *request, struct plan *plan)
{
	size_t kept = 0;
	int r;

	for (size_t i = 0; i < request->n; i++) {
		const struct device *d = request->devices[i];
		bool live, saved;
		struct change *c;

		r = guest_has_device(connection, request->guest, d->address, &live, &saved);
		if (r < 0)
			return r;
		if ((live || !request->live) && (saved || !request->saved))
			continue;
		request->devices[kept++] = request->devices[i];
		c = add_change(plan, request, d, true);
		if (!c)
			return log_oom();
		/* What the boot binds stays on vfio-pci when the guest stops; else libvirt fetches it and gives it back. */
		c->managed = !sightings_identity(&host->sightings, &host->identities, d);
	}
	request->n = kept;
	return 0;
}

/* The host's driver gets the device when no guest has it in its hands any more. */
static int add_return(struct plan *plan, const struct device *d)
{
	struct change *c;

	if (!device_is_on_vfio(d))
		return 0;
	c = plan_add(plan, CHANGE_DRIVER, d->address);
	if (!c)
		return log_oom();
	c->driver_before = strdup(d->driver);
	c->override_before = d->driver_override ? strdup(d->driver_override) : NULL;
	c->summary = strdup("back to the host's own driver");
	return c->driver_before && c->summary && (c->override_before || !d->driver_override) ? 0 : log_oom();
}

static int plan_detach(struct guest_connection *connection, const struct request *request, struct plan *plan)
{
	int r;

	for (size_t i = 0; i < request->n; i++) {
		const struct device *d = request->devices[i];
		bool live, saved;

		r = guest_has_device(connection, request->guest, d->address, &live, &saved);
		if (r < 0)
			return r;
		if (!(live && request->live) && !(saved && request->saved))
			return log_invalid("guest %s does not have %s; nothing was changed", request->guest, d->address);
		if (!add_change(plan, request, d, false))
			return log_oom();
		if (live && !request->live)
			continue; /* the running guest keeps it */
		r = add_return(plan, d);
		if (r < 0)
			return r;
	}
	return 0;
}

static int error_status(int r)
{
	return r == -EINVAL || r == -ENOENT ? EXIT_USAGE : EXIT_UNDONE;
}

static int make_plan(const struct arguments *arguments, const char *uri, bool attach, struct scene *scene, struct request *request,
		     struct plan *plan, struct refusals *refusals)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	_cleanup_(allowances_done) struct allowances allowed = {};
	int r;

	if (attach && allowances_from_arguments(arguments, &allowed) < 0)
		return EXIT_USAGE;
	r = guest_connect(uri, &connection);
	if (r < 0)
		return EXIT_UNDONE;
	r = guest_exists(connection, request->guest);
	if (r == 0)
		return log_error("there is no guest %s; 'virsh list --all' names them", request->guest), EXIT_USAGE;
	if (r >= 0)
		r = look_at_guest(connection, arguments, request);
	if (r >= 0)
		r = select_devices(scene, arguments, request, refusals);
	if (r >= 0)
		r = attach ? plan_attach(connection, &scene->host, request, plan) : plan_detach(connection, request, plan);
	if (r >= 0 && attach) {
		r = add_guest_uses(connection, request, scene);
		if (r >= 0 && !refusals->n)
			r = request_check(&scene->host, &scene->uses, request->devices, request->n, &allowed, REQUEST_NOW, refusals);
	}
	/* Seen now, while the host's driver has it: known by its serial as long as this boot lasts. */
	for (size_t i = 0; attach && r >= 0 && i < request->n && !refusals->n; i++)
		r = device_note_seen(scene->host.root_fd, request->devices[i]);
	if (r < 0)
		return error_status(r);
	return refusals->n ? EXIT_REFUSED : EXIT_DONE;
}

static void tell(const struct cli *cli, const struct plan *plan, const char *guest)
{
	if (cli->json)
		return;
	if (!plan->n)
		printf("Nothing to do: guest %s has the devices already.\n", guest);
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *c = &plan->list[i];

		if (c->kind == CHANGE_HOSTDEV)
			printf("%s %s guest %s%s%s\n", c->target, c->attach ? "went to" : "came back from", c->guest,
			       c->live ? ", running" : "", c->saved ? ", saved definition" : "");
	}
}

static int run(const struct cli *cli, const struct arguments *arguments, bool attach)
{
	const char *verb = attach ? "attach" : "detach", *uri = arguments_value(arguments, "--connect");
	_cleanup_(request_done) struct request request = { .guest = arguments->positional[0] };
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(plan_done) struct plan plan = {};
	int status;

	if (!cli->is_live)
		return log_error("'slipway %s' acts on the running host; --root has none", verb), EXIT_USAGE;
	status = session_begin(cli, uri, &session);
	if (status == EXIT_DONE && scene_read_all(cli, &scene) < 0)
		status = EXIT_UNDONE;
	if (status == EXIT_DONE)
		status = make_plan(arguments, uri, attach, &scene, &request, &plan, &refusals);
	if (status == EXIT_REFUSED)
		view_refusals_print(&refusals);
	if (cli->json && (status == EXIT_DONE || status == EXIT_REFUSED)) {
		_cleanup_json_ struct json_object *document = output_document(verb);

		view_plan_json(&plan, &refusals, document);
		output_json(document);
	}
	if (status != EXIT_DONE)
		return status;
	if (plan.n)
		status = outcome_status(transaction_apply(&session.site, &session.journal, verb, &plan));
	if (status == EXIT_DONE)
		tell(cli, &plan, request.guest);
	return status;
}

int verb_attach(const struct cli *cli, const struct arguments *arguments)
{
	return run(cli, arguments, true);
}

int verb_detach(const struct cli *cli, const struct arguments *arguments)
{
	return run(cli, arguments, false);
}
