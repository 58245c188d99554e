/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway vfs: a device gets virtual functions, now and at every boot. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/confirm.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/vfs_at_boot.h"
#include "cli/view_plan.h"
#include "cli/wishes_from.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/vf_plan.h"
#include "passthrough/guest_holders.h"
#include "passthrough/selector.h"
#include "passthrough/vf_check.h"
#include "passthrough/vf_make.h"

static int read_wish(const struct arguments *arguments, struct vf_set *ret)
{
	const char *count = arguments_value(arguments, "--count");
	_cleanup_(vf_set_done) struct vf_set wish = VF_SET_EMPTY;
	int r = 0;

	if (!count)
		return log_invalid("how many? --count N says it, and --count 0 takes them away");
	if (parse_unsigned(count, &wish.count) < 0 || wish.count > 65535)
		return log_invalid("'--count %s': wanted is a number of VFs", count);
	for (char **mac = arguments_values(arguments, "--mac"); mac && *mac && r >= 0; mac++)
		r = vf_set_add_mac(&wish, *mac);
	for (char **vlan = arguments_values(arguments, "--vlan"); vlan && *vlan && r >= 0; vlan++)
		r = vf_set_add_vlan(&wish, *vlan);
	if (r < 0)
		return r;
	*ret = TAKE(wish);
	return 0;
}

/* The host's driver must not get VFs that are meant for guests, and gets the next ones again when these are gone. */
static void set_autoprobe(struct vf_set *wish)
{
	wish->autoprobe = wish->count ? 0 : 1;
}

static const struct device *choose(const struct scene *scene, const char *selector)
{
	_cleanup_free_ struct device **found = NULL;
	size_t n;

	if (selector_find(selector, &scene->host.devices, &found, &n) < 0)
		return NULL;
	if (n == 1)
		return found[0];
	for (size_t i = 0; i < n; i++)
		log_info("'%s' matches %s", selector, found[i]->address);
	return log_error("'%s' matches %zu devices; VFs are made for one at a time", selector, n), NULL;
}

/* EXIT_DONE with a plan, or the exit status to end with. */
static int make_plan(const struct scene *scene, const struct device *pf, const struct vf_set *wish, const struct arguments *arguments,
		     bool live, struct uses *uses, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(vf_set_done) struct vf_set now = VF_SET_EMPTY;
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(strv_freep) char **cautions = NULL;
	int r;

	if (allowances_from_arguments(arguments, &allowed) < 0)
		return EXIT_USAGE;
	if (pf->max_vfs && vf_set_read(scene->host.root_fd, live, pf->address, &now) < 0)
		return EXIT_UNDONE;
	r = vf_plan(&scene->host, pf, &now, wish, live, plan);
	/* Who asks for what is there takes nothing from anybody. */
	if (r >= 0 && !plan->n && pf->max_vfs)
		return EXIT_DONE;
	live = plan->n && plan->list[0].kind == CHANGE_VFS;
	if (r >= 0)
		r = guest_holders_add(&scene->host, uses);
	if (r >= 0)
		r = vf_request_check(&scene->host, uses, pf, &now, wish, &allowed, live ? REQUEST_NOW : REQUEST_NEXT_BOOT, refusals, &cautions);
	if (r < 0)
		return r == -EINVAL ? EXIT_USAGE : EXIT_UNDONE;
	if (refusals->n)
		return plan_done(plan), EXIT_REFUSED;
	for (char **caution = cautions; caution && *caution; caution++)
		log_warning("%s", *caution);
	return EXIT_DONE;
}

static void answer(const struct cli *cli, const struct plan *plan, const struct refusals *refusals, int status)
{
	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document("vfs");

		view_plan_json(plan, refusals, document);
		output_json(document);
	} else if (status == EXIT_DONE && !plan->n) {
		printf("Nothing to do: the device has these VFs already.\n");
	} else if (status == EXIT_DONE) {
		view_plan_print(cli, plan);
	}
	if (status == EXIT_REFUSED)
		view_refusals_print(refusals);
}

/* Where the new ones are: that is what attach wants to hear. */
static void tell_functions(const struct cli *cli, const char *address)
{
	_cleanup_(devices_done) struct devices devices = {};
	const struct device *pf;

	if (cli->json || devices_read(cli->root_fd, &devices) < 0)
		return;
	pf = devices_find(&devices, address);
	for (size_t i = 0; pf && pf->virtual_functions && pf->virtual_functions[i]; i++)
		printf("%s is VF %zu of %s\n", pf->virtual_functions[i], i, address);
}

static int carry_out(const struct cli *cli, struct session *session, struct plan *plan, const char *address)
{
	enum outcome outcome = transaction_apply(&session->site, &session->journal, "vfs", plan);
	unsigned id = session->journal.n ? session->journal.list[session->journal.n - 1].id : 0;

	if (outcome != OUTCOME_DONE)
		return outcome_status(outcome);
	if (cli->is_live)
		tell_functions(cli, address);
	log_info("done as transaction %u; 'slipway rollback %u' takes it back", id, id);
	return output_after_change(EXIT_DONE);
}

static int run(const struct cli *cli, const struct arguments *arguments, struct vf_set *wish)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(plan_done) struct plan plan = {};
	const struct device *pf;
	int status;

	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	if (scene_read_all(cli, &scene) < 0)
		return EXIT_UNDONE;
	pf = choose(&scene, arguments->positional[0]);
	if (!pf)
		return EXIT_USAGE;
	set_autoprobe(wish);
	/* Below --root there is the file alone: the image's first boot makes the VFs as every boot does. */
	status = make_plan(&scene, pf, wish, arguments, cli->is_live && !arguments_has(arguments, "--no-live"), &scene.uses, &plan, &refusals);
	if (status != EXIT_DONE && status != EXIT_REFUSED)
		return status;
	answer(cli, &plan, &refusals, status);
	if (status == EXIT_REFUSED || !plan.n)
		return status;
	return output_flush() == 0 && confirm(arguments) ? carry_out(cli, &session, &plan, pf->address) : EXIT_UNDONE;
}

int verb_vfs(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(vf_set_done) struct vf_set wish = VF_SET_EMPTY;

	if (arguments_has(arguments, "--boot")) {
		if (arguments->n_positional || arguments_has(arguments, "--count"))
			return log_invalid("--boot makes the VFs that are kept, and takes no SELECTOR and no --count"), EXIT_USAGE;
		if (!cli->is_live)
			return log_invalid("'slipway vfs --boot' acts on the running host; --root has none"), EXIT_USAGE;
		return vfs_at_boot(cli);
	}
	if (!arguments->n_positional)
		return log_invalid("which device? 'slipway vfs SELECTOR --count N' names it; 'slipway list' shows them"), EXIT_USAGE;
	return read_wish(arguments, &wish) < 0 ? EXIT_USAGE : run(cli, arguments, &wish);
}
