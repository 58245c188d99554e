/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway bind, slipway release: a device changes sides now, without a reboot. */

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
#include "passthrough/bind.h"
#include "passthrough/selector.h"

static int add_driver_change(struct plan *plan, const struct device *d, const char *driver)
{
	struct change *c = plan_add(plan, CHANGE_DRIVER, d->address);

	if (!c)
		return log_oom();
	c->driver_before = d->driver ? strdup(d->driver) : NULL;
	c->override_before = d->driver_override ? strdup(d->driver_override) : NULL;
	c->driver_after = driver ? strdup(driver) : NULL;
	c->summary = strdup(driver ? "for guests, until the next boot" : "back to the host's own driver");
	if (d->driver_override && !c->override_before)
		return log_oom();
	return (d->driver && !c->driver_before) || (driver && !c->driver_after) || !c->summary ? log_oom() : 0;
}

/* EXIT_DONE with a plan, or the exit status to end with. */
static int plan_bind(const struct scene *scene, struct device *const *devices, size_t n, const struct arguments *arguments,
		     struct plan *plan, struct refusals *refusals)
{
	_cleanup_(allowances_done) struct allowances allowed = {};
	int r;

	if (allowances_from_arguments(arguments, &allowed) < 0)
		return EXIT_USAGE;
	r = request_check(&scene->host, &scene->uses, devices, n, &allowed, REQUEST_NOW, refusals);
	if (r < 0)
		return r == -EINVAL ? EXIT_USAGE : EXIT_UNDONE;
	if (refusals->n)
		return EXIT_REFUSED;
	for (size_t i = 0; i < n; i++) {
		if (device_is_on_vfio(devices[i]))
			continue;
		if (device_note_seen(scene->host.root_fd, devices[i]) < 0 || add_driver_change(plan, devices[i], VFIO_DRIVER) < 0)
			return EXIT_UNDONE;
	}
	return EXIT_DONE;
}

/* A device that a guest has is the guest's: detach is the way. */
static int plan_release(const struct scene *scene, struct device *const *devices, size_t n, struct plan *plan, struct refusals *refusals)
{
	for (size_t i = 0; i < n; i++) {
		const struct use *use;
		size_t n_uses;

		use = uses_of(&scene->uses, devices[i], &n_uses);
		for (size_t j = 0; j < n_uses; j++)
			if (use[j].kind == USE_VFIO &&
			    refusals_add(refusals, devices[i]->address, "in-use", "vfio", "%s: %s; stop the guest or detach the device first",
					 devices[i]->address, use[j].what) < 0)
				return log_oom(), EXIT_UNDONE;
		if (device_is_on_vfio(devices[i]) && add_driver_change(plan, devices[i], NULL) < 0)
			return EXIT_UNDONE;
	}
	return refusals->n ? EXIT_REFUSED : EXIT_DONE;
}

/* The host's own drivers are the kernel's choice, so it is asked. */
static void print_driver(int root_fd, const struct change *c)
{
	_cleanup_free_ char *now = NULL;

	if (!c->driver_after && device_get_driver(root_fd, c->target, &now) < 0)
		now = NULL;
	if (c->driver_after || now)
		printf("%s is on %s\n", c->target, c->driver_after ? c->driver_after : now);
	else
		printf("%s has no driver\n", c->target);
}

static int carry_out(const struct cli *cli, const char *verb, struct session *session, struct plan *plan, const struct refusals *refusals,
		     int status)
{
	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document(verb);

		view_plan_json(plan, refusals, document);
		output_json(document);
	}
	if (status == EXIT_REFUSED)
		view_refusals_print(refusals);
	if (status != EXIT_DONE)
		return status;
	if (plan->n && output_flush() < 0)
		return EXIT_UNDONE;
	if (plan->n)
		status = outcome_status(transaction_apply(&session->site, &session->journal, verb, plan));
	for (size_t i = 0; i < plan->n && status == EXIT_DONE && !cli->json; i++)
		print_driver(session->site.root_fd, &plan->list[i]);
	if (!plan->n && !cli->json)
		printf("Nothing to do: the devices are there already.\n");
	return plan->n ? output_after_change(status) : status;
}

static int run(const struct cli *cli, const struct arguments *arguments, bool bind)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ struct device **devices = NULL;
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(plan_done) struct plan plan = {};
	size_t n;
	int status;

	if (!cli->is_live)
		return log_error("'slipway %s' acts on the running host; --root has none", bind ? "bind" : "release"), EXIT_USAGE;
	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	if (scene_read_all(cli, &scene) < 0)
		return EXIT_UNDONE;
	if (selector_find(arguments->positional[0], &scene.host.devices, &devices, &n) < 0)
		return EXIT_USAGE;
	if (bind)
		status = plan_bind(&scene, devices, n, arguments, &plan, &refusals);
	else
		status = plan_release(&scene, devices, n, &plan, &refusals);
	return carry_out(cli, bind ? "bind" : "release", &session, &plan, &refusals, status);
}

int verb_bind(const struct cli *cli, const struct arguments *arguments)
{
	return run(cli, arguments, true);
}

int verb_release(const struct cli *cli, const struct arguments *arguments)
{
	return run(cli, arguments, false);
}
