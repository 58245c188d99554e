/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host devices: how libvirt's domain XML names the PCI functions that a guest has. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/device.h"
#include "passthrough/hostdev.h"
#include "passthrough/xml_tree.h"

static const struct kind {
	const char *element, *type, *name;
} kinds[] = {
	[HOSTDEV_PLAIN] = { "hostdev", "pci", "a host device" },
	[HOSTDEV_INTERFACE] = { "interface", "hostdev", "a network interface" },
	[HOSTDEV_DISK] = { "disk", "nvme", "an NVMe disk of QEMU" },
	[HOSTDEV_BLOCK] = { "disk", "block", "a block device" },
	[HOSTDEV_USB] = { "hostdev", "usb", "a USB device" },
	[HOSTDEV_MEDIATED] = { "hostdev", "mdev", "a mediated device" },
};

void hostdevs_done(struct hostdevs *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->list[i].address);
	free(h->list);
	*h = (struct hostdevs){};
}

const char *hostdev_kind_name(enum hostdev_kind kind)
{
	return kinds[kind].name;
}

static char *address_format(unsigned domain, unsigned bus, unsigned device, unsigned function)
{
	return text_format("%04x:%02x:%02x.%x", domain, bus, device, function);
}

/* The one way to write an address, or NULL. */
static char *address_normalize(const char *address)
{
	unsigned domain, bus, device, function;

	if (address_parse(address, &domain, &bus, &device, &function) < 0)
		return NULL;
	return address_format(domain, bus, device, function);
}

const struct hostdev *hostdevs_find(const struct hostdevs *h, const char *address)
{
	_cleanup_free_ char *normal = address_normalize(address);

	for (size_t i = 0; normal && i < h->n; i++)
		if (str_eq(h->list[i].address, normal))
			return &h->list[i];
	return NULL;
}

static int address_read(const xmlNode *node, char **ret)
{
	unsigned domain, bus, device, function;
	char *address;

	if (xml_unsigned(node, "domain", UINT32_MAX, &domain) < 0 || xml_unsigned(node, "bus", 0xff, &bus) < 0 ||
	    xml_unsigned(node, "slot", 0x1f, &device) < 0 || xml_unsigned(node, "function", 7, &function) < 0)
		return -EINVAL;
	address = address_format(domain, bus, device, function);
	if (!address)
		return -ENOMEM;
	*ret = address;
	return 0;
}

/* Is this child of <devices> a PCI function of the host, and of which kind? NULL where it is none. */
static const struct kind *kind_of(const xmlNode *node)
{
	for (size_t i = 0; i < HOSTDEV_PCI_KINDS; i++)
		if (xml_is(node, kinds[i].element) && xml_attribute_is(node, "type", kinds[i].type))
			return &kinds[i];
	return NULL;
}

/* <hostdev> and <interface> say it themselves, a disk in its <source>. */
static bool is_managed(const xmlNode *node)
{
	return xml_attribute_is(node, "managed", "yes") || xml_attribute_is(xml_child(node, "source"), "managed", "yes");
}

int hostdev_read(const xmlNode *node, struct hostdev *ret)
{
	const struct kind *kind = kind_of(node);
	const xmlNode *address = kind ? xml_find(node, "source/address") : NULL;
	struct hostdev h = {};
	int r;

	/* An interface may name a USB adapter. */
	if (!address || xml_attribute_is(address, "type", "usb"))
		return 0;
	h.kind = (enum hostdev_kind)(kind - kinds);
	h.managed = is_managed(node);
	r = address_read(address, &h.address);
	if (r < 0)
		return r;
	*ret = h;
	return 1;
}

static int hostdev_add(struct hostdevs *h, const xmlNode *node)
{
	struct hostdev one, *grown;
	int r;

	r = hostdev_read(node, &one);
	if (r <= 0)
		return r;
	grown = realloc(h->list, (h->n + 1) * sizeof(*grown));
	if (!grown) {
		free(one.address);
		return -ENOMEM;
	}
	h->list = grown;
	grown[h->n++] = one;
	return 0;
}

int hostdevs_parse(const char *domain_xml, struct hostdevs *ret)
{
	_cleanup_(xml_tree_done) struct xml_tree domain = {};
	_cleanup_(hostdevs_done) struct hostdevs h = {};
	int r;

	r = xml_tree_parse_domain(domain_xml, &domain);
	if (r < 0)
		return r;
	for (xmlNode *node = domain.devices ? domain.devices->children : NULL; node; node = node->next) {
		r = hostdev_add(&h, node);
		if (r < 0)
			return r;
	}
	*ret = TAKE(h);
	return 0;
}
