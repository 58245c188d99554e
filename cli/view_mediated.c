/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices as JSON and as text. */

#include <stdio.h>

#include "cli/text_field.h"
#include "cli/view_mediated.h"
#include "common/cleanup.h"
#include "common/text.h"

/* Who has it now: whoever has its group open. */
static int find_users(const struct host *host, const struct mediated_device *d, char ***ret)
{
	int r = 0;

	for (size_t i = 0; i < host->openers.n && r >= 0; i++) {
		const struct opener *o = &host->openers.list[i];

		if (d->iommu_group >= 0 && o->group == d->iommu_group)
			r = strv_consume(ret, text_format("process %u (%s) has %s open", o->pid, o->command, o->node));
	}
	return r;
}

static struct json_object *type_to_json(const struct mediated_type *t)
{
	struct json_object *o = json_object_new_object();

	json_add_string(o, "id", t->id);
	json_add_string(o, "name", t->name);
	json_add_string(o, "description", t->description);
	json_add_string(o, "api", t->api);
	if (t->available >= 0)
		json_add_int(o, "available", t->available);
	else
		json_add_null(o, "available");
	return o;
}

static struct json_object *device_to_json_object(const struct host *host, const struct mediated_device *d)
{
	struct json_object *o = json_object_new_object();
	_cleanup_(strv_freep) char **users = NULL;

	json_add_string(o, "uuid", d->uuid);
	json_add_string(o, "type", d->type);
	json_add_bool(o, "active", d->is_active);
	json_add_bool(o, "defined", d->is_defined);
	json_add_bool(o, "starts_itself", d->starts_itself);
	if (d->iommu_group >= 0)
		json_add_int(o, "iommu_group", d->iommu_group);
	else
		json_add_null(o, "iommu_group");
	json_add_strv(o, "queues", d->queues);
	if (d->has_guest_queues)
		json_add_strv(o, "guest_queues", d->guest_queues);
	else
		json_add_null(o, "guest_queues");
	find_users(host, d, &users);
	json_add_strv(o, "users", users);
	return o;
}

static struct json_object *parent_to_json(const struct host *host, const struct mediated_parent *p)
{
	struct json_object *o = json_object_new_object(), *types, *devices;

	json_add_string(o, "parent", p->name);
	json_add_string(o, "function", p->function);
	json_add_bool(o, "present", p->is_present);
	types = json_add_array(o, "types");
	for (size_t i = 0; i < p->n_types; i++)
		json_object_array_add(types, type_to_json(&p->types[i]));
	devices = json_add_array(o, "devices");
	for (size_t i = 0; i < p->n_devices; i++)
		json_object_array_add(devices, device_to_json_object(host, &p->devices[i]));
	return o;
}

static bool is_asked_for(const struct mediated_parent *p, struct device *const *devices, size_t n)
{
	for (size_t i = 0; devices && i < n; i++)
		if (str_eq(p->function, devices[i]->address))
			return true;
	return !devices;
}

struct json_object *mediated_to_json(const struct host *host, struct device *const *devices, size_t n)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < host->mediated.n; i++)
		if (is_asked_for(&host->mediated.list[i], devices, n))
			json_object_array_add(array, parent_to_json(host, &host->mediated.list[i]));
	return array;
}

static char *describe_type(const struct mediated_type *t)
{
	struct text out = {};

	text_append(&out, t->id);
	if (t->name && !str_eq(t->name, t->id))
		text_printf(&out, " (%s)", t->name);
	if (t->available >= 0)
		text_printf(&out, ", %d available", t->available);
	if (t->description)
		text_printf(&out, "; %s", t->description);
	return text_take(&out);
}

static char *describe_device(const struct host *host, const struct mediated_device *d)
{
	_cleanup_(strv_freep) char **users = NULL;
	struct text out = {};

	text_printf(&out, "%s, %s, ", d->uuid, d->type ? d->type : "of unknown type");
	text_append(&out, d->is_active ? "active" : "defined, not active");
	if (d->is_active && !d->is_defined)
		text_append(&out, ", gone with the next boot");
	if (d->starts_itself)
		text_append(&out, ", starts by itself");
	for (char **name = d->queues; name && *name; name++)
		text_printf(&out, "%s%s", name == d->queues ? "; queues " : ", ", *name);
	find_users(host, d, &users);
	for (char **user = users; user && *user; user++)
		text_printf(&out, "; %s", *user);
	return text_take(&out);
}

static void print_parent(const struct cli *cli, const struct host *host, const struct mediated_parent *p)
{
	if (!p->is_present)
		item_print(cli, p->name, "offers none now");
	for (size_t i = 0; i < p->n_types; i++) {
		_cleanup_free_ char *text = describe_type(&p->types[i]);

		item_print(cli, p->name, "offers %s", text ? text : p->types[i].id);
	}
	for (size_t i = 0; i < p->n_devices; i++) {
		_cleanup_free_ char *text = describe_device(host, &p->devices[i]);

		item_print(cli, p->name, "has %s", text ? text : p->devices[i].uuid);
	}
}

void mediated_print(const struct cli *cli, const struct host *host)
{
	if (host->mediated.n)
		printf("\n  Mediated devices\n");
	for (size_t i = 0; i < host->mediated.n; i++)
		print_parent(cli, host, &host->mediated.list[i]);
}

void fields_mediated(const struct cli *cli, const struct host *host, const struct device *d)
{
	const struct mediated_parent *p = mediated_find(&host->mediated, d->address);

	for (size_t i = 0; p && i < p->n_types; i++) {
		_cleanup_free_ char *text = describe_type(&p->types[i]);

		field_print(cli, i ? "" : "mediated types", "%s", text ? text : p->types[i].id);
	}
	for (size_t i = 0; p && i < p->n_devices; i++) {
		_cleanup_free_ char *text = describe_device(host, &p->devices[i]);

		field_print(cli, i ? "" : "mediated", "%s", text ? text : p->devices[i].uuid);
	}
}
