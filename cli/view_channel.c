/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CCW devices and crypto queues of s390x, as JSON and as text. */

#include <errno.h>
#include <stdio.h>

#include "cli/text_field.h"
#include "cli/view_channel.h"
#include "common/cleanup.h"
#include "common/text.h"

static void add_truth(struct json_object *o, const char *key, enum truth truth)
{
	if (truth == TRUTH_UNKNOWN)
		json_add_null(o, key);
	else
		json_add_bool(o, key, truth == TRUTH_YES);
}

static void add_uses(struct json_object *o, const struct uses *uses, const char *name)
{
	struct json_object *array = json_add_array(o, "uses");
	size_t n;
	const struct use *use = uses_of_named(uses, name, &n);

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_new_object();

		json_add_string(one, "kind", use_kind_name(use[i].kind));
		json_add_string(one, "what", use[i].what);
		json_add_string(one, "via", use[i].via);
		json_object_array_add(array, one);
	}
}

static void add_appraisal(struct json_object *o, const struct appraisal *a)
{
	json_add_string(o, "verdict", assessment_name(a->assessment));
	json_add_strv(o, "reasons", a->reasons);
	json_add_strv(o, "cautions", a->cautions);
}

static int ccw_to_json(const struct host *host, const struct uses *uses, const struct ccw_device *d, struct json_object *array)
{
	_cleanup_(appraisal_done) struct appraisal a = {};
	struct json_object *o;
	int r;

	r = ccw_appraise(host, uses, d, &a);
	if (r < 0)
		return r;
	o = json_object_new_object();
	json_add_string(o, "id", d->id);
	json_add_string(o, "subchannel", d->subchannel);
	json_add_string(o, "kind", ccw_kind_word(d->kind));
	json_add_string(o, "cutype", d->cutype);
	json_add_string(o, "devtype", d->devtype);
	json_add_string(o, "driver", d->driver);
	json_add_string(o, "subchannel_driver", d->subchannel_driver);
	json_add_string(o, "driver_override", d->override);
	json_add_string(o, "group", d->group);
	add_truth(o, "online", d->is_online);
	json_add_bool(o, "alias", d->is_alias);
	json_add_string(o, "configured", d->configured);
	json_add_strv(o, "luns", d->luns);
	json_add_strv(o, "blocks", d->blocks);
	json_add_strv(o, "interfaces", d->netifs);
	add_uses(o, uses, d->group ? d->group : d->id);
	add_appraisal(o, &a);
	json_object_array_add(array, o);
	return 0;
}

static int queue_to_json(const struct host *host, const struct uses *uses, const struct ap_queue *q, struct json_object *array)
{
	_cleanup_(appraisal_done) struct appraisal a = {};
	struct json_object *o;
	int r;

	r = ap_appraise(host, uses, q, &a);
	if (r < 0)
		return r;
	o = json_object_new_object();
	json_add_string(o, "apqn", q->name);
	json_add_int(o, "card", q->card);
	json_add_int(o, "domain", q->domain);
	json_add_string(o, "type", q->type);
	json_add_string(o, "mode", ap_queue_mode(q));
	json_add_string(o, "driver", q->driver);
	add_truth(o, "online", q->is_online);
	add_truth(o, "host", q->is_hosts);
	json_add_bool(o, "busy", q->is_busy);
	add_uses(o, uses, q->name);
	add_appraisal(o, &a);
	json_object_array_add(array, o);
	return 0;
}

static int add_mask(struct json_object *o, const char *key, const struct ap *ap, const struct ap_mask *mask)
{
	_cleanup_free_ char *text = ap->masks_known ? ap_mask_format(mask) : NULL;

	json_add_string(o, key, text);
	return text || !ap->masks_known ? 0 : -ENOMEM;
}

int channel_to_json(const struct host *host, const struct uses *uses, const struct channel_selection *chosen, struct json_object *document)
{
	struct json_object *ccws = json_add_array(document, "ccw"), *ap = json_add_object(document, "ap"), *queues;
	size_t n_ccws = chosen ? chosen->n_ccws : host->ccws.n, n_queues = chosen ? chosen->n_queues : host->ap.n;
	int r;

	r = add_mask(ap, "apmask", &host->ap, &host->ap.cards);
	if (r >= 0)
		r = add_mask(ap, "aqmask", &host->ap, &host->ap.domains);
	if (host->ap.default_domain >= 0)
		json_add_int(ap, "default_domain", host->ap.default_domain);
	else
		json_add_null(ap, "default_domain");
	queues = json_add_array(ap, "queues");
	for (size_t i = 0; i < n_ccws && r >= 0; i++)
		r = ccw_to_json(host, uses, chosen ? chosen->ccws[i] : &host->ccws.list[i], ccws);
	for (size_t i = 0; i < n_queues && r >= 0; i++)
		r = queue_to_json(host, uses, chosen ? chosen->queues[i] : &host->ap.list[i], queues);
	return r;
}

/* Below it the first reason; where it was asked for, all there is to say. */
static void print_appraisal(const struct cli *cli, const char *name, const char *what, const struct appraisal *a, bool is_whole)
{
	item_print(cli, name, "%s: %s", what, assessment_name(a->assessment));
	for (char **reason = a->reasons; reason && *reason && (is_whole || reason == a->reasons); reason++)
		item_print(cli, "", "%s", *reason);
	for (char **caution = a->cautions; caution && *caution && is_whole; caution++)
		item_print(cli, "", "%s", *caution);
}

static char *describe_ccw(const struct ccw_device *d)
{
	static const char *const online[] = { [TRUTH_UNKNOWN] = "", [TRUTH_NO] = ", offline", [TRUTH_YES] = ", online" };
	struct text t = {};

	text_append(&t, ccw_kind_name(d->kind));
	/* The kernel's word for a control unit that does not name its device. */
	if (d->devtype && !str_eq(d->devtype, "n/a"))
		text_printf(&t, " %s", d->devtype);
	text_printf(&t, ", %s%s", ccw_is_on_vfio(d) ? "vfio_ccw" : d->driver ? d->driver : "no driver", online[d->is_online]);
	for (char **name = d->blocks; name && *name; name++)
		text_printf(&t, ", %s", *name);
	for (char **name = d->netifs; name && *name; name++)
		text_printf(&t, ", %s", *name);
	for (char **lun = d->luns; lun && *lun; lun++)
		text_printf(&t, ", LUN %s", *lun);
	return text_take(&t);
}

static char *describe_queue(const struct ap_queue *q)
{
	const char *mode = ap_queue_mode(q);

	return text_format("%s%s%s%s, %s%s", q->type ? q->type : "crypto queue", mode ? " (" : "", mode ? mode : "", mode ? ")" : "",
			   q->driver ? q->driver : "no driver", q->is_online == TRUTH_NO ? ", offline" : "");
}

static int print_ccw(const struct cli *cli, const struct host *host, const struct uses *uses, const struct ccw_device *d, bool is_whole)
{
	_cleanup_(appraisal_done) struct appraisal a = {};
	_cleanup_free_ char *what = describe_ccw(d);
	int r = what ? ccw_appraise(host, uses, d, &a) : -ENOMEM;

	if (r >= 0)
		print_appraisal(cli, d->id, what, &a, is_whole);
	return r;
}

static int print_queue(const struct cli *cli, const struct host *host, const struct uses *uses, const struct ap_queue *q, bool is_whole)
{
	_cleanup_(appraisal_done) struct appraisal a = {};
	_cleanup_free_ char *what = describe_queue(q);
	int r = what ? ap_appraise(host, uses, q, &a) : -ENOMEM;

	if (r >= 0)
		print_appraisal(cli, q->name, what, &a, is_whole);
	return r;
}

int channel_print(const struct cli *cli, const struct host *host, const struct uses *uses, const struct channel_selection *chosen)
{
	size_t n_ccws = chosen ? chosen->n_ccws : host->ccws.n, n_queues = chosen ? chosen->n_queues : host->ap.n;
	int r = 0;

	if (n_ccws)
		printf("\n  CCW devices\n");
	for (size_t i = 0; i < n_ccws && r >= 0; i++)
		r = print_ccw(cli, host, uses, chosen ? chosen->ccws[i] : &host->ccws.list[i], chosen);
	if (n_queues)
		printf("\n  Crypto queues\n");
	for (size_t i = 0; i < n_queues && r >= 0; i++)
		r = print_queue(cli, host, uses, chosen ? chosen->queues[i] : &host->ap.list[i], chosen);
	return r;
}
