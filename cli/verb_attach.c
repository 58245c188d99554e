/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway attach, slipway detach, slipway move: devices go to a guest, come back, or go from one to another. */

#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/handover_view.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/view_plan.h"
#include "cli/wishes_from.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/handover.h"
#include "passthrough/bind.h"
#include "passthrough/guest_ports.h"
#include "passthrough/selector.h"

/* One request, from the command line. */
struct request {
	const char *verb;
	const char *from, *to;      /* guests, borrowed; NULL: the host */
	char **selectors;           /* borrowed; n of them */
	size_t n_selectors;
	bool kind_is_given;
	struct guest_address at;
	struct allowances allowed;
	struct handover handover;   /* its lists are owned here */
	struct usb_devices usb;
	struct channel_selection channel;
};

static void request_done(struct request *r)
{
	allowances_done(&r->allowed);
	usb_devices_done(&r->usb);
	channel_selection_done(&r->channel);
	free(r->handover.devices);
	free(r->handover.usbs);
}

static bool request_has(const struct handover *h, const struct device *d)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->devices[i] == d)
			return true;
	return false;
}

/* Read when one is asked for. With ids alone a guest may have what is not plugged in, and loses it all the same. */
static int select_usb(struct scene *scene, struct request *request, const char *selector)
{
	struct handover *h = &request->handover;
	struct handover_usb *u = &h->usbs[h->n_usbs];
	int r = 0;

	if (!h->usb)
		r = usb_devices_read(scene->host.root_fd, &scene->host.blocks, &scene->host.netifs, &request->usb);
	if (r < 0)
		return r;
	h->usb = &request->usb;
	*u = (struct handover_usb){ .target = selector };
	r = usb_select(h->usb, selector, &u->device, &u->vendor, &u->product);
	if (r == -ENOENT && (request->to || !u->vendor))
		log_error("%s: no such USB device is plugged in; 'lsusb -t' shows the ports", selector);
	else if (r == -ENOENT)
		r = 0;
	if (r < 0)
		return r;
	h->n_usbs++;
	return 0;
}

static int select_devices(struct scene *scene, struct request *request, struct refusals *refusals)
{
	struct handover *h = &request->handover;
	int r = 0;

	h->host = &scene->host;
	h->uses = &scene->uses;
	h->channel = &request->channel;
	h->devices = calloc(scene->host.devices.n + 1, sizeof(struct device *));
	h->usbs = calloc(request->n_selectors, sizeof(*h->usbs));
	if (!h->devices || !h->usbs)
		return log_oom();
	for (size_t i = 0; i < request->n_selectors && r >= 0; i++) {
		_cleanup_free_ struct device **found = NULL;
		size_t n = 0;

		if (channel_selector_is(request->selectors[i])) {
			r = channel_select(&scene->host, request->selectors[i], &request->channel);
			continue;
		}
		if (usb_selector_is(request->selectors[i])) {
			r = select_usb(scene, request, request->selectors[i]);
			continue;
		}
		r = selector_find(request->selectors[i], &scene->host.devices, &found, &n);
		for (size_t j = 0; r >= 0 && j < n; j++) {
			r = request->to ? handover_check_identity(request->selectors[i], found[j], refusals) : 0;
			if (!request_has(h, found[j]))
				h->devices[h->n++] = found[j];
		}
	}
	return r;
}

/* What each way to have a drive gives and takes, in one line. */
static const struct way {
	const char *name;
	enum hostdev_kind kind;
	const char *trade_off;
} ways[] = {
	{ "hostdev", HOSTDEV_PLAIN, "as hostdev: the guest drives the controller itself, at full speed and with its SMART data and firmware; needs an IOMMU, and the "
				    "guest cannot be migrated while it has it" },
	{ "disk", HOSTDEV_DISK, "as disk: QEMU's own driver has the controller, and the guest a virtio disk: snapshots and live changes of the disk work, at some "
				"cost in CPU; needs an IOMMU, and the guest sees no SMART data" },
	{ "block", HOSTDEV_BLOCK, "as block: the host's driver keeps the drive, and the guest has a virtio disk; works without an IOMMU, costs most in CPU, and the "
				  "host can still reach the data" },
};

static int parse_way(const struct arguments *arguments, struct request *request)
{
	const char *name = arguments_value(arguments, "--as");

	for (size_t i = 0; name && i < ARRAY_SIZE(ways); i++)
		if (str_eq(name, ways[i].name)) {
			request->handover.kind = ways[i].kind;
			request->kind_is_given = true;
			log_info("%s", ways[i].trade_off);
			return 0;
		}
	return name ? log_invalid("'--as %s': wanted is hostdev, disk or block", name) : 0;
}

static int parse_options(const struct arguments *arguments, struct request *request)
{
	struct handover *h = &request->handover;
	const char *at = arguments_value(arguments, "--at");

	h->no_live = arguments_has(arguments, "--no-live");
	h->no_saved = arguments_has(arguments, "--no-saved");
	h->apart = arguments_has(arguments, "--apart");
	h->allowed = &request->allowed;
	if (at && guest_slot_parse(at, &request->at) < 0)
		return log_invalid("'--at %s': wanted is a slot of the guest, bus and slot in hex, such as 07:00", at);
	h->at = at ? &request->at : NULL;
	if (allowances_from_arguments(arguments, &request->allowed) < 0)
		return -EINVAL;
	return parse_way(arguments, request);
}

/* A guest that gets what another has gets it in the same way. */
static int choose_kind(struct request *request, const struct guest_state *from)
{
	size_t live = 0, saved = 0;
	const struct element *e;

	if (request->kind_is_given || !request->handover.n)
		return 0;
	e = elements_next(request->handover.host, &from->has_saved, request->handover.devices[0], &saved);
	if (!e)
		e = elements_next(request->handover.host, &from->has_live, request->handover.devices[0], &live);
	if (e && e->kind == HOSTDEV_INTERFACE)
		return log_invalid("guest %s has %s as a network interface: detach it there, and attach it anew", from->name, e->source);
	if (e)
		request->handover.kind = e->kind;
	return 0;
}

/* What the guest has already, as wanted, needs no change. */
static int plan_changes(struct request *request, struct guest_connection *connection, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(guest_state_done) struct guest_state from = {}, to = {};
	struct handover *h = &request->handover;
	int r = 0;

	if (request->from)
		r = guest_state_read(connection, request->from, &from);
	if (r >= 0 && request->to)
		r = guest_state_read(connection, request->to, &to);
	if (r >= 0 && request->from)
		r = guest_state_choose(&from, h);
	if (r >= 0 && request->to)
		r = guest_state_choose(&to, h);
	if (r >= 0 && request->from && request->to)
		r = choose_kind(request, &from);
	if (r >= 0 && request->from)
		r = handover_take(h, &from, plan, refusals);
	if (r >= 0 && request->from)
		r = handover_take_usb(h, &from, plan);
	if (r >= 0 && request->from)
		r = handover_take_channel(h, connection, &from, !request->to, plan, refusals);
	if (r >= 0 && request->from && !request->to)
		r = handover_return(h, &from, plan);
	if (r >= 0 && request->to && !refusals->n)
		r = handover_give(h, connection, &to, request->from ? &from : NULL, plan, refusals);
	if (r >= 0 && request->to)
		r = handover_give_usb(h, connection, &to, request->from ? &from : NULL, plan, refusals);
	if (r >= 0 && request->to)
		r = handover_give_channel(h, &to, request->from ? &from : NULL, plan, refusals);
	return r;
}

static int error_status(int r)
{
	return r == -EINVAL || r == -ENOENT ? EXIT_USAGE : EXIT_UNDONE;
}

static int make_plan(struct request *request, const char *uri, struct scene *scene, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	int r;

	r = guest_connect(uri, &connection);
	if (r < 0)
		return EXIT_UNDONE;
	r = select_devices(scene, request, refusals);
	if (r >= 0)
		r = plan_changes(request, connection, plan, refusals);
	/* Seen now, while the host's driver has it: known by its serial as long as this boot lasts. */
	for (size_t i = 0; request->to && r >= 0 && i < request->handover.n && plan->n && !refusals->n; i++)
		r = device_note_seen(scene->host.root_fd, request->handover.devices[i]);
	if (r < 0)
		return error_status(r);
	return refusals->n ? EXIT_REFUSED : EXIT_DONE;
}

static void print_json(const struct request *request, const struct plan *plan, const struct refusals *refusals, const struct proofs *proofs)
{
	_cleanup_json_ struct json_object *document = output_document(request->verb);

	view_plan_json(plan, refusals, document);
	handover_json(proofs, document);
	output_json(document);
}

static int run(const struct cli *cli, const struct arguments *arguments, struct scene *scene, struct request *request)
{
	const char *uri = arguments_value(arguments, "--connect");
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(proofs_done) struct proofs proofs = {};
	_cleanup_(plan_done) struct plan plan = {};
	bool is_planned;
	int status;

	if (!cli->is_live)
		return log_error("'slipway %s' acts on the running host; --root has none", request->verb), EXIT_USAGE;
	if (parse_options(arguments, request) < 0)
		return EXIT_USAGE;
	status = session_begin(cli, uri, &session);
	if (status == EXIT_DONE && scene_read_all(cli, scene) < 0)
		status = EXIT_UNDONE;
	if (status == EXIT_DONE)
		status = make_plan(request, uri, scene, &plan, &refusals);
	if (status == EXIT_REFUSED)
		view_refusals_print(&refusals);
	is_planned = status == EXIT_DONE || status == EXIT_REFUSED;
	if (status == EXIT_DONE && plan.n)
		status = outcome_status(transaction_apply(&session.site, &session.journal, request->verb, &plan));
	if (status == EXIT_DONE)
		proofs_find(&request->handover, &plan, uri, &proofs);
	if (cli->json && is_planned)
		print_json(request, &plan, &refusals, &proofs);
	else if (status == EXIT_DONE)
		handover_print(&plan, &proofs, request->to ? request->to : request->from);
	return plan.n ? output_after_change(status) : status;
}

int verb_attach(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(request_done) struct request request = { .verb = "attach", .to = arguments->positional[0], .selectors = arguments->positional + 1,
							   .n_selectors = arguments->n_positional - 1 };

	return run(cli, arguments, &scene, &request);
}

int verb_detach(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(request_done) struct request request = { .verb = "detach", .from = arguments->positional[0], .selectors = arguments->positional + 1,
							   .n_selectors = arguments->n_positional - 1 };

	return run(cli, arguments, &scene, &request);
}

int verb_move(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(request_done) struct request request = { .verb = "move", .selectors = arguments->positional, .n_selectors = 1,
							   .from = arguments->positional[1], .to = arguments->positional[2] };

	if (str_eq(request.from, request.to))
		return log_error("%s is to go from guest %s to itself", request.selectors[0], request.from), EXIT_USAGE;
	return run(cli, arguments, &scene, &request);
}
