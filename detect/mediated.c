/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices: parts of a device that its driver makes for guests. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/text.h"
#include "detect/address.h"
#include "detect/mediated.h"

#define PARENTS "sys/class/mdev_bus"
#define DEVICES "sys/bus/mdev/devices"
#define DEFINITIONS "etc/mdevctl.d"
#define UUID_SIZE 36

static void parent_done(struct mediated_parent *p)
{
	for (size_t i = 0; i < p->n_types; i++) {
		free(p->types[i].id);
		free(p->types[i].name);
		free(p->types[i].description);
		free(p->types[i].api);
	}
	for (size_t i = 0; i < p->n_devices; i++) {
		free(p->devices[i].uuid);
		free(p->devices[i].type);
		strv_free(p->devices[i].queues);
		strv_free(p->devices[i].guest_queues);
	}
	free(p->types);
	free(p->devices);
	free(p->name);
	free(p->function);
}

void mediated_done(struct mediated *m)
{
	for (size_t i = 0; i < m->n; i++)
		parent_done(&m->list[i]);
	free(m->list);
	free(m->mdevctl);
	*m = (struct mediated){};
}

const struct mediated_parent *mediated_find(const struct mediated *m, const char *function)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->list[i].function, function))
			return &m->list[i];
	return NULL;
}

/* The parent of that name, made where there is none; NULL: out of memory. */
static struct mediated_parent *own_parent(struct mediated *m, const char *name)
{
	struct mediated_parent *grown;

	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->list[i].name, name))
			return &m->list[i];
	grown = realloc(m->list, (m->n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	m->list = grown;
	grown[m->n] = (struct mediated_parent){ .name = strdup(name) };
	if (!grown[m->n].name)
		return NULL;
	return &grown[m->n++];
}

static struct mediated_device *own_device(struct mediated_parent *p, const char *uuid)
{
	struct mediated_device *grown;

	for (size_t i = 0; i < p->n_devices; i++)
		if (str_eq(p->devices[i].uuid, uuid))
			return &p->devices[i];
	grown = realloc(p->devices, (p->n_devices + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	p->devices = grown;
	grown[p->n_devices] = (struct mediated_device){ .uuid = strdup(uuid), .iommu_group = -1 };
	if (!grown[p->n_devices].uuid)
		return NULL;
	return &grown[p->n_devices++];
}

/* A missing attribute is no error: "description" and "name" are the driver's choice. i915 describes in several lines. */
static char *read_attribute(int root_fd, const char *parent, const char *type, const char *name)
{
	char *text = NULL;

	if (fs_read_line(root_fd, &text, PARENTS "/%s/mdev_supported_types/%s/%s", parent, type, name) < 0)
		return NULL;
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ',';
	return text;
}

static int read_types(int root_fd, struct mediated_parent *p)
{
	_cleanup_(strv_freep) char **ids = NULL;

	if (dir_list(root_fd, &ids, PARENTS "/%s/mdev_supported_types", p->name) < 0)
		return 0;
	p->types = calloc(strv_length(ids) + 1, sizeof(*p->types));
	if (!p->types)
		return -ENOMEM;
	for (char **id = ids; id && *id; id++) {
		_cleanup_free_ char *available = read_attribute(root_fd, p->name, *id, "available_instances");
		struct mediated_type *t = &p->types[p->n_types++];

		*t = (struct mediated_type){ .id = strdup(*id), .name = read_attribute(root_fd, p->name, *id, "name"),
					     .description = read_attribute(root_fd, p->name, *id, "description"),
					     .api = read_attribute(root_fd, p->name, *id, "device_api"), .available = -1 };
		if (!t->id)
			return -ENOMEM;
		if (!available || parse_int(available, &t->available) < 0)
			t->available = -1;
	}
	return 0;
}

static int read_parents(int root_fd, struct mediated *m)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, PARENTS) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		struct mediated_parent *p = own_parent(m, *name);
		_cleanup_free_ char *link = NULL;

		if (!p)
			return -ENOMEM;
		p->is_present = true;
		if (fs_read_link(root_fd, &link, PARENTS "/%s", *name) >= 0)
			p->function = address_in_path(link);
		r = read_types(root_fd, p);
	}
	return r;
}

const struct mediated_device *mediated_find_device(const struct mediated *m, const char *uuid, const struct mediated_parent **ret_parent)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->list[i].n_devices; j++)
			if (str_eq(m->list[i].devices[j].uuid, uuid)) {
				if (ret_parent)
					*ret_parent = &m->list[i];
				return &m->list[i].devices[j];
			}
	return NULL;
}

/* A line for each queue; one without a domain yet is "05.", one without a card ".0004". */
static int read_matrix(int root_fd, const char *uuid, const char *name, char ***ret)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(strv_freep) char **lines = NULL;
	unsigned card, domain;
	int r;

	r = fs_read(root_fd, &text, NULL, DEVICES "/%s/%s", uuid, name);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = strv_split(text, "\n", &lines);
	for (char **line = lines; line && *line && r >= 0; line++)
		if (ap_queue_parse(*line, &card, &domain) == 0)
			r = strv_consume(ret, text_format("%02x.%04x", card, domain));
	return r < 0 ? r : 1;
}

/* ../../../devices/pci0000:00/0000:00:02.0/UUID: the folder above is the parent. */
static char *parent_of(const char *link)
{
	const char *end = strrchr(link, '/'), *start = end;

	while (start && start > link && start[-1] != '/')
		start--;
	return end ? strndup(start, (size_t)(end - start)) : NULL;
}

static int read_active(int root_fd, const char *uuid, struct mediated *m)
{
	_cleanup_free_ char *link = NULL, *name = NULL, *group = NULL;
	struct mediated_parent *p;
	struct mediated_device *d;
	int r;

	if (fs_read_link(root_fd, &link, DEVICES "/%s", uuid) < 0)
		return 0;
	name = parent_of(link);
	p = name ? own_parent(m, name) : NULL;
	d = p ? own_device(p, uuid) : NULL;
	if (!d)
		return -ENOMEM;
	if (!p->function)
		p->function = address_in_path(link);
	d->is_active = true;
	free(d->type);
	if (fs_read_link_base(root_fd, &d->type, DEVICES "/%s/mdev_type", uuid) < 0)
		d->type = NULL;
	if (fs_read_link_base(root_fd, &group, DEVICES "/%s/iommu_group", uuid) < 0 || parse_int(group, &d->iommu_group) < 0)
		d->iommu_group = -1;
	r = read_matrix(root_fd, uuid, "matrix", &d->queues);
	if (r > 0)
		r = read_matrix(root_fd, uuid, "guest_matrix", &d->guest_queues);
	d->has_guest_queues = r > 0;
	return r < 0 ? r : 0;
}

/* [{"assign_adapter": "5"}, {"assign_domain": "0xab"}]: numbers as in C. */
static void collect_ids(struct json_object *attributes, const char *key, struct ap_mask *ret)
{
	for (size_t i = 0; attributes && i < json_object_array_length(attributes); i++) {
		struct json_object *one = json_object_array_get_idx(attributes, i);
		const char *text = json_object_is_type(one, json_type_object) ? json_get_string(one, key) : NULL;
		char *end;
		unsigned long id = text ? strtoul(text, &end, 0) : 0;

		if (text && *text && !*end && id < AP_IDS)
			ap_mask_set(ret, (unsigned)id, true);
	}
}

void mediated_assigned(struct json_object *definition, struct ap_mask *ret_cards, struct ap_mask *ret_domains)
{
	struct json_object *attributes = json_object_is_type(definition, json_type_object) ? json_get_array(definition, "attrs") : NULL;

	*ret_cards = *ret_domains = (struct ap_mask){};
	collect_ids(attributes, "assign_adapter", ret_cards);
	collect_ids(attributes, "assign_domain", ret_domains);
}

/* Each card with each domain: the guest gets the whole product. */
static int read_assigned(struct json_object *definition, struct mediated_device *d)
{
	struct ap_mask cards, domains;
	int r = 0;

	mediated_assigned(definition, &cards, &domains);
	for (unsigned card = 0; card < AP_IDS; card++)
		for (unsigned domain = 0; domain < AP_IDS && ap_mask_has(&cards, card) && r >= 0; domain++)
			if (ap_mask_has(&domains, domain))
				r = strv_consume(&d->queues, text_format("%02x.%04x", card, domain));
	return r;
}

/* {"mdev_type": "i915-GVTg_V5_4", "start": "auto", "attrs": []}, as mdevctl(8) keeps it. */
static int read_definition(int root_fd, const char *parent, const char *uuid, struct mediated *m)
{
	_cleanup_json_ struct json_object *o = NULL;
	struct mediated_parent *p = own_parent(m, parent);
	struct mediated_device *d = p ? own_device(p, uuid) : NULL;
	_cleanup_free_ char *text = NULL;
	const char *type;
	size_t size;

	if (!d)
		return -ENOMEM;
	d->is_defined = true;
	if (!p->function && address_is(parent, strlen(parent))) {
		p->function = strdup(parent);
		if (!p->function)
			return -ENOMEM;
	}
	if (fs_read(root_fd, &text, &size, DEFINITIONS "/%s/%s", parent, uuid) < 0 || json_parse(text, size, &o) < 0 ||
	    !json_object_is_type(o, json_type_object))
		return 0;
	type = json_get_string(o, "mdev_type");
	d->starts_itself = str_eq(json_get_string(o, "start"), "auto");
	if (type && !d->type && !(d->type = strdup(type)))
		return -ENOMEM;
	/* What the kernel says of an active one may have been changed since; where it says nothing, the definition counts. */
	return d->queues ? 0 : read_assigned(o, d);
}

/* Beside the folders of parents there are scripts.d and the like. */
static bool is_uuid(const char *name)
{
	return strlen(name) == UUID_SIZE && strspn(name, "0123456789abcdefABCDEF-") == UUID_SIZE;
}

static int read_definitions(int root_fd, struct mediated *m)
{
	_cleanup_(strv_freep) char **parents = NULL;
	int r = 0;

	if (dir_list(root_fd, &parents, DEFINITIONS) < 0)
		return 0;
	for (char **parent = parents; parent && *parent && r >= 0; parent++) {
		_cleanup_(strv_freep) char **uuids = NULL;

		if (dir_list(root_fd, &uuids, DEFINITIONS "/%s", *parent) < 0)
			continue;
		for (char **uuid = uuids; uuid && *uuid && r >= 0; uuid++)
			if (is_uuid(*uuid))
				r = read_definition(root_fd, *parent, *uuid, m);
	}
	return r;
}

static int read_all_active(int root_fd, struct mediated *m)
{
	_cleanup_(strv_freep) char **uuids = NULL;
	int r = 0;

	if (dir_list(root_fd, &uuids, DEVICES) < 0)
		return 0;
	for (char **uuid = uuids; uuid && *uuid && r >= 0; uuid++)
		r = read_active(root_fd, *uuid, m);
	return r;
}

static unsigned count_disks(const struct ccws *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->list[i].kind == CCW_DASD || c->list[i].kind == CCW_FBA;
	return n;
}

static int read_tools(int root_fd, const char *release, const struct ccws *ccws, const struct ap *ap, struct mediated *m)
{
	static const char *const paths[] = { "usr/sbin/mdevctl", "usr/bin/mdevctl" };

	for (size_t i = 0; i < ARRAY_SIZE(paths) && !m->mdevctl; i++)
		if (fs_exists(root_fd, "%s", paths[i])) {
			m->mdevctl = strdup(paths[i]);
			if (!m->mdevctl)
				return -ENOMEM;
		}
	m->ap_queues = (unsigned)ap->n;
	m->dasds = count_disks(ccws);
	if (m->ap_queues)
		m->vfio_ap = module_find(root_fd, release, "vfio_ap");
	if (m->dasds)
		m->vfio_ccw = module_find(root_fd, release, "vfio_ccw");
	return 0;
}

static int compare_parents(const void *a, const void *b)
{
	return strcmp(((const struct mediated_parent *)a)->name, ((const struct mediated_parent *)b)->name);
}

static int compare_devices(const void *a, const void *b)
{
	return strcmp(((const struct mediated_device *)a)->uuid, ((const struct mediated_device *)b)->uuid);
}

int mediated_read(int root_fd, const char *release, const struct ccws *ccws, const struct ap *ap, struct mediated *ret)
{
	_cleanup_(mediated_done) struct mediated m = {};
	int r;

	r = read_parents(root_fd, &m);
	if (r >= 0)
		r = read_all_active(root_fd, &m);
	if (r >= 0)
		r = read_definitions(root_fd, &m);
	if (r >= 0)
		r = read_tools(root_fd, release, ccws, ap, &m);
	if (r < 0)
		return r;
	if (m.n)
		qsort(m.list, m.n, sizeof(*m.list), compare_parents);
	for (size_t i = 0; i < m.n; i++)
		if (m.list[i].n_devices)
			qsort(m.list[i].devices, m.list[i].n_devices, sizeof(*m.list[i].devices), compare_devices);
	*ret = TAKE(m);
	return 0;
}
