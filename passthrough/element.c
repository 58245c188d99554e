/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements: a device of the host as it stands in a guest's definition, read. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/element.h"
#include "passthrough/xml_tree.h"

void element_done(struct element *e)
{
	free(e->source);
	free(e->ids);
	free(e->target);
	free(e->xml);
	*e = (struct element){};
}

void elements_done(struct elements *e)
{
	for (size_t i = 0; i < e->n; i++)
		element_done(&e->list[i]);
	free(e->list);
	*e = (struct elements){};
}

static int read_usb(const xmlNode *node, struct element *e)
{
	const xmlNode *source = xml_child(node, "source"), *address = xml_child(source, "address");
	const xmlNode *vendor = xml_child(source, "vendor"), *product = xml_child(source, "product");
	unsigned v, p, bus, device;

	if (vendor && product) {
		if (xml_unsigned(vendor, "id", UINT16_MAX, &v) < 0 || xml_unsigned(product, "id", UINT16_MAX, &p) < 0)
			return -EINVAL;
		e->ids = text_format("%04x:%04x", v, p);
		if (!e->ids)
			return -ENOMEM;
	}
	if (!address)
		return 0;
	if (xml_unsigned(address, "bus", UINT16_MAX, &bus) < 0 || xml_unsigned(address, "device", UINT16_MAX, &device) < 0)
		return -EINVAL;
	/* libvirt writes 0 where it has not looked for the device yet. */
	if (bus || device)
		e->source = text_format("%u.%u", bus, device);
	return (bus || device) && !e->source ? -ENOMEM : 0;
}

/* 1: a device of the host, of which kind, and what of the host it is; 0: none. */
static int read_source(const xmlNode *node, struct element *e)
{
	struct hostdev h;
	int r;

	r = hostdev_read(node, &h);
	if (r < 0)
		return r;
	if (r) {
		e->kind = h.kind;
		e->source = h.address;
		e->managed = h.managed;
		return 1;
	}
	if (xml_is(node, "hostdev") && xml_attribute_is(node, "type", "usb")) {
		e->kind = HOSTDEV_USB;
		e->managed = xml_attribute_is(node, "managed", "yes");
		r = read_usb(node, e);
		return r < 0 ? r : 1;
	}
	if (xml_is(node, "hostdev") && xml_attribute_is(node, "type", "mdev")) {
		e->kind = HOSTDEV_MEDIATED;
		e->source = xml_attribute(xml_find(node, "source/address"), "uuid");
		/* libvirt takes capitals, and sysfs has none. */
		str_lower(e->source);
		return e->source != NULL;
	}
	if (!xml_is(node, "disk") || !xml_attribute_is(node, "type", "block") || !xml_child(node, "source"))
		return 0;
	e->kind = HOSTDEV_BLOCK;
	e->source = xml_attribute(xml_child(node, "source"), "dev");
	return e->source != NULL;
}

static int read_place(const xmlNode *node, struct element *e)
{
	const xmlNode *address = xml_child(node, "address");
	struct guest_address *a = &e->address;

	if (!xml_attribute_is(address, "type", "pci"))
		return 0;
	if (xml_unsigned(address, "domain", UINT32_MAX, &a->domain) < 0 || xml_unsigned(address, "bus", 0xff, &a->bus) < 0 ||
	    xml_unsigned(address, "slot", 0x1f, &a->slot) < 0 || xml_unsigned(address, "function", 7, &a->function) < 0)
		return -EINVAL;
	e->has_address = true;
	e->is_multifunction = xml_attribute_is(address, "multifunction", "on");
	return 0;
}

static int element_read(xmlDoc *doc, xmlNode *node, struct element *ret)
{
	_cleanup_(element_done) struct element e = {};
	int r;

	r = read_source(node, &e);
	if (r <= 0)
		return r;
	if (xml_child(node, "target"))
		e.target = xml_attribute(xml_child(node, "target"), "dev");
	r = read_place(node, &e);
	if (r >= 0)
		r = xml_print(doc, node, &e.xml);
	if (r < 0)
		return r;
	*ret = TAKE(e);
	return 1;
}

int element_parse(const char *xml, struct element *ret)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};
	int r;

	r = xml_tree_parse(xml, &x);
	if (r >= 0)
		r = element_read(x.doc, x.root, ret);
	return r < 0 ? r : r ? 0 : -EINVAL;
}

int elements_parse(const char *domain_xml, struct elements *ret)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};
	_cleanup_(elements_done) struct elements all = {};
	int r;

	r = xml_tree_parse_domain(domain_xml, &x);
	for (xmlNode *node = r >= 0 && x.devices ? x.devices->children : NULL; node; node = node->next) {
		struct element e, *grown;

		r = node->type == XML_ELEMENT_NODE ? element_read(x.doc, node, &e) : 0;
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		grown = realloc(all.list, (all.n + 1) * sizeof(*grown));
		if (!grown) {
			element_done(&e);
			return -ENOMEM;
		}
		all.list = grown;
		grown[all.n++] = e;
	}
	if (r < 0)
		return r;
	*ret = TAKE(all);
	return 0;
}

bool element_is_same(const struct element *a, const struct element *b)
{
	bool both_pci = a->kind < HOSTDEV_PCI_KINDS && b->kind < HOSTDEV_PCI_KINDS;

	if (!both_pci && a->kind != b->kind)
		return false;
	/* The place says which of two that are alike; one without a place is any of its ids. */
	if (a->kind == HOSTDEV_USB && (!a->source || !b->source))
		return a->ids && str_eq(a->ids, b->ids);
	return str_eq(a->source, b->source);
}

const struct element *elements_find(const struct elements *all, const struct element *like)
{
	for (size_t i = 0; i < all->n; i++)
		if (element_is_same(&all->list[i], like))
			return &all->list[i];
	return NULL;
}
