/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions of storage pools and networks as libvirt has them. */

#include <errno.h>
#include <string.h>

#include "common/checksum.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/object_xml.h"
#include "passthrough/xml_tree.h"

static void add_source(struct xml_maker *m, const struct pool_wish *wish)
{
	xmlNode *source = xml_add(m, m->root, "source");

	if (wish->type == POOL_LVM) {
		xml_add_text(m, source, "name", wish->group);
		xml_set(m, xml_add(m, source, "format"), "type", "lvm2");
		return;
	}
	xml_set(m, xml_add(m, source, "host"), "name", "%s", wish->host);
	xml_set(m, xml_add(m, source, "dir"), "path", "%s", wish->export);
	xml_set(m, xml_add(m, source, "format"), "type", "nfs");
}

int pool_format(const struct pool_wish *wish, const char *uuid, char **ret)
{
	static const char *const types[] = { [POOL_DIRECTORY] = "dir", [POOL_LVM] = "logical", [POOL_NFS] = "netfs" };
	_cleanup_free_ char *device = wish->type == POOL_LVM ? text_format("/dev/%s", wish->group) : NULL;
	_cleanup_(xml_maker_done) struct xml_maker m = {};
	int r;

	if (wish->type == POOL_LVM && !device)
		return -ENOMEM;
	r = xml_new("pool", &m);
	if (r < 0)
		return r;
	xml_set(&m, m.root, "type", "%s", types[wish->type]);
	xml_add_text(&m, m.root, "name", wish->name);
	xml_add_text(&m, m.root, "uuid", uuid);
	if (wish->type != POOL_DIRECTORY)
		add_source(&m, wish);
	xml_add_text(&m, xml_add(&m, m.root, "target"), "path", device ? device : wish->path);
	return xml_take(&m, ret);
}

int network_format(const struct libvirt_network_wish *wish, const char *uuid, char **ret)
{
	_cleanup_(xml_maker_done) struct xml_maker m = {};
	int r;

	r = xml_new("network", &m);
	if (r < 0)
		return r;
	xml_add_text(&m, m.root, "name", wish->name);
	xml_add_text(&m, m.root, "uuid", uuid);
	xml_set(&m, xml_add(&m, m.root, "forward"), "mode", "bridge");
	xml_set(&m, xml_add(&m, m.root, "bridge"), "name", "%s", wish->bridge);
	return xml_take(&m, ret);
}

/* Where a word of a definition stands: below which elements, and in which attribute (NULL: as text). */
static const struct field {
	const char *what;
	const char *path[2];
	const char *attribute;
} fields[] = {
	{ "type", {}, "type" },
	{ "volume group", { "source", "name" }, NULL },
	{ "host", { "source", "host" }, "name" },
	{ "export", { "source", "dir" }, "path" },
	{ "path", { "target", "path" }, NULL },
	{ "forward mode", { "forward" }, "mode" },
	{ "bridge", { "bridge" }, "name" },
};

static char *field_text(const xmlNode *root, const struct field *f)
{
	const xmlNode *node = root;
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(f->path) && f->path[i]; i++)
		node = xml_child(node, f->path[i]);
	text = f->attribute ? xml_attribute(node, f->attribute) : xml_text(node);
	/* A slash at the end says nothing. */
	for (size_t n = text ? strlen(text) : 0; n > 1 && text[n - 1] == '/'; n--)
		text[n - 1] = '\0';
	return text;
}

int object_compare(const char *wanted, const char *found, struct differences *ret)
{
	_cleanup_(xml_tree_done) struct xml_tree want = {}, have = {};
	_cleanup_(differences_done) struct differences d = {};
	int r;

	r = xml_tree_parse(wanted, &want);
	if (r >= 0)
		r = xml_tree_parse(found, &have);
	for (size_t i = 0; i < ARRAY_SIZE(fields) && r >= 0; i++) {
		_cleanup_free_ char *a = field_text(want.root, &fields[i]), *b = a ? field_text(have.root, &fields[i]) : NULL;

		if (a && !str_eq(a, b))
			r = differences_add(&d, fields[i].what, TAKE(a), TAKE(b));
	}
	if (r < 0)
		return r;
	*ret = TAKE(d);
	return 0;
}

char *object_uuid(int root_fd, const char *kind, const char *name)
{
	_cleanup_free_ char *machine = NULL;
	uint32_t part[4];

	if (fs_read_line(root_fd, &machine, "etc/machine-id") < 0)
		machine = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		_cleanup_free_ char *text = text_format("slipway %zu %s %s %s", i, machine ? machine : "", kind, name);

		if (!text)
			return NULL;
		part[i] = checksum(text, strlen(text));
	}
	return text_format("%08x-%04x-8%03x-%04x-%04x%08x", part[0], part[1] >> 16, part[1] & 0xfff, (part[2] >> 16 & 0x3fff) | 0x8000, part[2] & 0xffff,
			   part[3]);
}

char *object_uuid_of(const char *xml)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};

	return xml_tree_parse(xml, &x) < 0 ? NULL : xml_text(xml_child(x.root, "uuid"));
}
