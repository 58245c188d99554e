/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest ports: where in a guest a PCI device can be plugged in. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/address.h"
#include "passthrough/guest_ports.h"
#include "passthrough/xml_tree.h"

/* As virDomainPCIAddressBusSetModel() in libvirt's src/conf/domain_addr.c has them. */
static const struct bus_model {
	const char *name;
	unsigned first, last;
	bool is_hotplug, is_port;
} models[] = {
	{ "pci-root", 1, 31, true, false },
	{ "pcie-root", 1, 31, false, false },
	{ "pcie-root-port", 0, 0, true, true },
	{ "pcie-switch-downstream-port", 0, 0, true, true },
	{ "pci-bridge", 1, 31, true, false },
	{ "pcie-to-pci-bridge", 1, 31, true, false },
	{ "dmi-to-pci-bridge", 0, 31, false, false },
};

void guest_ports_done(struct guest_ports *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t slot = 0; slot < GUEST_SLOTS; slot++)
			free(p->list[i].who[slot]);
	free(p->list);
	*p = (struct guest_ports){};
}

static struct guest_bus *find_bus(const struct guest_ports *p, unsigned index)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].index == index)
			return &p->list[i];
	return NULL;
}

static const struct bus_model *find_model(const xmlNode *controller)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (xml_attribute_is(controller, "model", models[i].name))
			return &models[i];
	return NULL;
}

/* What is not in the table (an expander, a switch's upper side) carries ports, and no devices. */
static int add_bus(struct guest_ports *p, const xmlNode *node)
{
	const struct bus_model *model = find_model(node);
	struct guest_bus bus = { .model = "" }, *grown;

	if (!xml_is(node, "controller") || !xml_attribute_is(node, "type", "pci"))
		return 0;
	if (xml_unsigned(node, "index", 0xff, &bus.index) < 0)
		return -EINVAL;
	if (find_bus(p, bus.index))
		return 0;
	if (model) {
		bus.model = model->name;
		bus.first = model->first;
		bus.last = model->last;
		bus.is_port = model->is_port;
		bus.is_hotplug = model->is_hotplug && !xml_attribute_is(xml_child(node, "target"), "hotplug", "off");
	}
	grown = realloc(p->list, (p->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->list = grown;
	grown[p->n++] = bus;
	return 0;
}

int guest_ports_take(struct guest_ports *p, const struct guest_address *at, const char *who)
{
	struct guest_bus *bus = at->domain ? NULL : find_bus(p, at->bus);

	if (!bus || at->slot >= GUEST_SLOTS || bus->who[at->slot])
		return 0;
	bus->who[at->slot] = strdup(who);
	return bus->who[at->slot] ? 0 : -ENOMEM;
}

static int add_taken(struct guest_ports *p, const xmlNode *node)
{
	const xmlNode *address = xml_child(node, "address");
	struct guest_address at = {};

	if (!xml_attribute_is(address, "type", "pci"))
		return 0;
	if (xml_unsigned(address, "domain", UINT32_MAX, &at.domain) < 0 || xml_unsigned(address, "bus", 0xff, &at.bus) < 0 ||
	    xml_unsigned(address, "slot", 0x1f, &at.slot) < 0)
		return -EINVAL;
	return guest_ports_take(p, &at, (const char *)node->name);
}

static int compare(const void *a, const void *b)
{
	const struct guest_bus *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

int guest_ports_parse(const char *domain_xml, struct guest_ports *ret)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};
	_cleanup_(guest_ports_done) struct guest_ports p = {};
	int r;

	r = xml_tree_parse_domain(domain_xml, &x);
	for (xmlNode *node = r >= 0 && x.devices ? x.devices->children : NULL; node && r >= 0; node = node->next)
		r = add_bus(&p, node);
	for (xmlNode *node = r >= 0 && x.devices ? x.devices->children : NULL; node && r >= 0; node = node->next)
		r = add_taken(&p, node);
	if (r < 0)
		return r;
	if (p.n)
		qsort(p.list, p.n, sizeof(*p.list), compare);
	*ret = TAKE(p);
	return 0;
}

bool guest_tree_has_usb(const struct xml_tree *x)
{
	for (const xmlNode *node = x->devices ? x->devices->children : NULL; node; node = node->next)
		if (xml_is(node, "controller") && xml_attribute_is(node, "type", "usb") && !xml_attribute_is(node, "model", "none"))
			return true;
	return false;
}

bool guest_has_usb(const char *domain_xml)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};

	return xml_tree_parse_domain(domain_xml, &x) >= 0 && guest_tree_has_usb(&x);
}

int guest_slot_parse(const char *text, struct guest_address *ret)
{
	_cleanup_free_ char *whole = strchr(text, '.') ? strdup(text) : text_format("%s.0", text);
	struct guest_address at;

	if (!whole || address_parse(whole, &at.domain, &at.bus, &at.slot, &at.function) < 0 || at.function)
		return -EINVAL;
	*ret = at;
	return 0;
}
