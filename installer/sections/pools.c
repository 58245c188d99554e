/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pools: storage pools of libvirt: a folder, an LVM volume group, or an export of NFS that guests can migrate on. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/proposal.h"
#include "installer/sections/libvirt_sections.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool object_name_is_plain(const char *name)
{
	size_t n = name ? strlen(name) : 0;

	return n && n <= 64 && !strchr("-.", name[0]) && strspn(name, LETTERS "_.-") == n;
}

void settings_switch(struct settings *s, yaml_node_t *value, bool *ret)
{
	bool is_on = str_eq(settings_text(value), "on");

	if (!is_on && !str_eq(settings_text(value), "off"))
		settings_complain(s, value, "%s must be on or off", s->key);
	else
		*ret = is_on;
}

/* Keeps the first of it. */
static void keep(struct settings *s, yaml_node_t *value, const char *text, size_t n, char **ret)
{
	*ret = strndup(text, n);
	if (!*ret)
		settings_complain(s, value, "out of memory");
}

static void read_name(struct settings *s, yaml_node_t *value, void *context)
{
	struct pool_wish *p = context;
	const char *text = settings_text(value);

	if (!object_name_is_plain(text))
		settings_complain(s, value, "the name of a pool must be up to 64 letters, digits, '_', '.' and '-', such as images");
	else
		keep(s, value, text, strlen(text), &p->name);
}

/* Absolute, and such that it names one place: no "." or "..", and nothing that a definition or a label rule could not hold. */
static bool is_path(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	return n > 1 && n < 1024 && text[0] == '/' && strspn(text, LETTERS "/_.+@:-") == n && !strstr(text, "/.") && !strstr(text, "//");
}

static void read_path(struct settings *s, yaml_node_t *value, void *context)
{
	struct pool_wish *p = context;
	const char *text = settings_text(value);
	size_t n = text ? strlen(text) : 0;

	if (!is_path(text))
		settings_complain(s, value, "%s must be an absolute path of letters, digits and /_.+@:-, such as /var/lib/libvirt/images", s->key);
	else
		keep(s, value, text, text[n - 1] == '/' ? n - 1 : n, &p->path);
}

/* As lvm(8) has them. */
static void read_group(struct settings *s, yaml_node_t *value, void *context)
{
	struct pool_wish *p = context;
	const char *text = settings_text(value);
	size_t n = text ? strlen(text) : 0;

	p->type = POOL_LVM;
	if (!n || n > 127 || text[0] == '-' || text[0] == '.' || strspn(text, LETTERS "_.+-") != n)
		settings_complain(s, value, "lvm must be the name of a volume group, such as vg0");
	else
		keep(s, value, text, n, &p->group);
}

/* nfs(5): "server:/export", or "[fd00::9]:/export". */
static void read_export(struct settings *s, yaml_node_t *value, void *context)
{
	struct pool_wish *p = context;
	const char *text = settings_text(value), *colon = text ? strstr(text, ":/") : NULL;
	size_t n = colon ? (size_t)(colon - text) : 0;

	p->type = POOL_NFS;
	if (!n || strspn(text, LETTERS "-._[]:") < n || text[0] == '-' || !(is_path(colon + 1) || str_eq(colon + 1, "/"))) {
		settings_complain(s, value, "nfs must be HOST:/PATH, such as nas1:/export/images");
		return;
	}
	keep(s, value, text, n, &p->host);
	keep(s, value, colon + 1, strlen(colon + 1), &p->export);
}

static void read_autostart(struct settings *s, yaml_node_t *value, void *context)
{
	struct pool_wish *p = context;

	settings_switch(s, value, &p->autostart);
}

static bool is_known(const struct object_wishes *w, const char *name)
{
	for (size_t i = 0; i < w->n_pools; i++)
		if (str_eq(w->pools[i].name, name))
			return true;
	return false;
}

/* One that says what it is over, and no two things. */
static bool is_whole(struct settings *s, const yaml_node_t *item, const struct object_wishes *w, const struct pool_wish *p)
{
	if (!p->name)
		settings_lacks(s, item, "name", "an entry of pools needs name");
	else if (p->group && (p->path || p->export))
		settings_complain(s, item, "an entry of pools is either lvm, or a path, with nfs or without");
	else if (p->export && !p->path)
		settings_complain(s, item, "a pool over nfs needs path, where it is mounted");
	else if (!p->group && !p->path)
		settings_complain(s, item, "an entry of pools needs path, or lvm");
	else if (is_known(w, p->name))
		settings_complain(s, item, "pool %s is in the list twice", p->name);
	else
		return true;
	return false;
}

static void read_pool(struct settings *s, yaml_node_t *item, void *context)
{
	static const struct setting keys[] = { { "name", read_name }, { "path", read_path }, { "lvm", read_group }, { "nfs", read_export },
					       { "autostart", read_autostart }, {} };
	_cleanup_(pool_wish_done) struct pool_wish p = { .autostart = true };
	struct object_wishes *w = &((struct wishes *)s->target)->objects;
	size_t before = s->complaints.n;
	struct pool_wish *grown;

	(void)context;
	settings_mapping(s, item, keys, "an entry of pools", &p);
	if (s->complaints.n > before || item->type != YAML_MAPPING_NODE || !is_whole(s, item, w, &p))
		return;
	grown = reallocarray(w->pools, w->n_pools + 1, sizeof(*grown));
	if (!grown) {
		settings_complain(s, item, "out of memory");
		return;
	}
	w->pools = grown;
	w->pools[w->n_pools++] = TAKE(p);
}

void pools_read(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "pools must be a list, such as [{ name: images, path: /var/lib/libvirt/images }]", read_pool, context);
}

bool pools_are_wished(const struct wishes *wishes)
{
	return wishes->objects.n_pools;
}

int pools_propose(const struct host *host, struct text *t)
{
	(void)host;
	text_append(t, "\n");
	proposal_say(t, "Storage pools of libvirt: a folder, an LVM volume group that is there already ('lvm: vg0' in the place of path), or an export");
	proposal_say(t, "of NFS, for guests that migrate ('nfs: nas1:/export/images', mounted at path). Nothing is formatted.");
	proposal_offer(t, "pools:");
	proposal_offer(t, "  - name: default");
	proposal_offer(t, "    path: /var/lib/libvirt/images");
	proposal_offer(t, "    autostart: on");
	return 0;
}
