/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host devices: how libvirt's domain XML names the PCI functions that a guest has. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/libxml.h"
#include "common/text.h"
#include "detect/device.h"
#include "passthrough/hostdev.h"

#define X(s) ((const xmlChar *)(s))

static const struct kind {
	const char *element, *type, *name;
} kinds[] = {
	[HOSTDEV_PLAIN] = { "hostdev", "pci", "a host device" },
	[HOSTDEV_INTERFACE] = { "interface", "hostdev", "a network interface" },
	[HOSTDEV_DISK] = { "disk", "nvme", "an NVMe disk of QEMU" },
};

static void xml_docp(xmlDoc **doc)
{
	if (*doc)
		libxml()->xmlFreeDoc(*doc);
}

static void xml_freep(xmlChar **s)
{
	if (*s)
		(*libxml()->xmlFree)(*s);
}

static void xml_bufferp(xmlBuffer **buffer)
{
	if (*buffer)
		libxml()->xmlBufferFree(*buffer);
}

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

static bool element_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && str_eq((const char *)node->name, name);
}

static xmlNode *child_find(xmlNode *parent, const char *name)
{
	for (xmlNode *node = parent ? parent->children : NULL; node; node = node->next)
		if (element_is(node, name))
			return node;
	return NULL;
}

static bool attribute_is(xmlNode *node, const char *name, const char *value)
{
	_cleanup_(xml_freep) xmlChar *text = node ? libxml()->xmlGetNoNsProp(node, X(name)) : NULL;

	return text && str_eq((const char *)text, value);
}

/* Decimal, octal or 0x hex, as libvirt's virXMLPropUInt() takes them; a missing one is 0. */
static int attribute_parse(xmlNode *node, const char *name, unsigned max, unsigned *ret)
{
	_cleanup_(xml_freep) xmlChar *text = libxml()->xmlGetNoNsProp(node, X(name));
	unsigned long number;
	char *end;

	if (!text) {
		*ret = 0;
		return 0;
	}
	errno = 0;
	number = strtoul((const char *)text, &end, 0);
	if (errno || end == (const char *)text || *end || number > max)
		return -EINVAL;
	*ret = (unsigned)number;
	return 0;
}

static int address_read(xmlNode *node, char **ret)
{
	unsigned domain, bus, device, function;
	char *address;

	if (attribute_parse(node, "domain", UINT32_MAX, &domain) < 0 || attribute_parse(node, "bus", 0xff, &bus) < 0 ||
	    attribute_parse(node, "slot", 0x1f, &device) < 0 || attribute_parse(node, "function", 7, &function) < 0)
		return -EINVAL;
	address = address_format(domain, bus, device, function);
	if (!address)
		return -ENOMEM;
	*ret = address;
	return 0;
}

/* Is this child of <devices> a PCI function of the host, and of which kind? NULL where it is none. */
static const struct kind *kind_of(xmlNode *node)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (element_is(node, kinds[i].element) && attribute_is(node, "type", kinds[i].type))
			return &kinds[i];
	return NULL;
}

/* <hostdev> and <interface> say it themselves, a disk in its <source>. */
static bool is_managed(xmlNode *node)
{
	return attribute_is(node, "managed", "yes") || attribute_is(child_find(node, "source"), "managed", "yes");
}

static int hostdev_add(struct hostdevs *h, xmlNode *node, const struct kind *kind)
{
	xmlNode *address = child_find(child_find(node, "source"), "address");
	struct hostdev *grown;
	int r;

	/* An interface may name a USB adapter. */
	if (!address || attribute_is(address, "type", "usb"))
		return 0;
	grown = realloc(h->list, (h->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	h->list = grown;
	grown[h->n] = (struct hostdev){ .kind = (enum hostdev_kind)(kind - kinds), .managed = is_managed(node) };
	r = address_read(address, &grown[h->n].address);
	if (r < 0)
		return r;
	h->n++;
	return 0;
}

/* -EINVAL where it is no domain. The text came from libvirt; all the same nothing it refers to is loaded. */
static int domain_parse(const char *text, xmlDoc **ret, xmlNode **ret_devices)
{
	_cleanup_(xml_docp) xmlDoc *doc = NULL;
	xmlNode *root;
	int r;

	r = libxml_load();
	if (r < 0)
		return r;
	doc = libxml()->xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	root = doc ? libxml()->xmlDocGetRootElement(doc) : NULL;
	if (!root || !element_is(root, "domain"))
		return -EINVAL;
	*ret_devices = child_find(root, "devices");
	*ret = TAKE(doc);
	return 0;
}

int hostdevs_parse(const char *domain_xml, struct hostdevs *ret)
{
	_cleanup_(hostdevs_done) struct hostdevs h = {};
	_cleanup_(xml_docp) xmlDoc *doc = NULL;
	xmlNode *devices = NULL;
	int r;

	r = domain_parse(domain_xml, &doc, &devices);
	if (r < 0)
		return r;
	for (xmlNode *node = devices ? devices->children : NULL; node; node = node->next) {
		const struct kind *kind = kind_of(node);

		r = kind ? hostdev_add(&h, node, kind) : 0;
		if (r < 0)
			return r;
	}
	*ret = TAKE(h);
	return 0;
}

static int node_print(xmlDoc *doc, xmlNode *node, char **ret)
{
	_cleanup_(xml_bufferp) xmlBuffer *buffer = libxml()->xmlBufferCreate();
	char *text;

	if (!buffer || libxml()->xmlNodeDump(buffer, doc, node, 0, 1) <= 0)
		return -ENOMEM;
	text = strdup((const char *)libxml()->xmlBufferContent(buffer));
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

static bool add_number(xmlNode *node, const char *name, const char *format, unsigned value)
{
	_cleanup_free_ char *text = text_format(format, value);

	return text && libxml()->xmlNewProp(node, X(name), X(text));
}

int hostdev_format(const char *address, bool managed, char **ret)
{
	_cleanup_(xml_docp) xmlDoc *doc = NULL;
	unsigned domain, bus, device, function;
	xmlNode *hostdev, *node;
	int r;

	r = address_parse(address, &domain, &bus, &device, &function) < 0 ? -EINVAL : libxml_load();
	if (r < 0)
		return r;
	doc = libxml()->xmlNewDoc(X("1.0"));
	hostdev = doc ? libxml()->xmlNewDocNode(doc, NULL, X("hostdev"), NULL) : NULL;
	if (!hostdev)
		return -ENOMEM;
	libxml()->xmlDocSetRootElement(doc, hostdev);
	node = libxml()->xmlNewChild(hostdev, NULL, X("source"), NULL);
	node = node ? libxml()->xmlNewChild(node, NULL, X("address"), NULL) : NULL;
	if (!node || !libxml()->xmlNewProp(hostdev, X("mode"), X("subsystem")) || !libxml()->xmlNewProp(hostdev, X("type"), X("pci")) ||
	    !libxml()->xmlNewProp(hostdev, X("managed"), X(managed ? "yes" : "no")) ||
	    !add_number(node, "domain", "0x%04x", domain) || !add_number(node, "bus", "0x%02x", bus) ||
	    !add_number(node, "slot", "0x%02x", device) || !add_number(node, "function", "0x%x", function))
		return -ENOMEM;
	return node_print(doc, hostdev, ret);
}

int hostdev_extract(const char *domain_xml, const char *address, char **ret)
{
	_cleanup_free_ char *wanted = address_normalize(address);
	_cleanup_(xml_docp) xmlDoc *doc = NULL;
	xmlNode *devices = NULL;
	int r;

	r = wanted ? domain_parse(domain_xml, &doc, &devices) : -EINVAL;
	if (r < 0)
		return r;
	for (xmlNode *node = devices ? devices->children : NULL; node; node = node->next) {
		_cleanup_(hostdevs_done) struct hostdevs one = {};

		if (kind_of(node) != &kinds[HOSTDEV_PLAIN] || hostdev_add(&one, node, &kinds[HOSTDEV_PLAIN]) < 0)
			continue;
		if (hostdevs_find(&one, wanted))
			return node_print(doc, node, ret);
	}
	return -ENOENT;
}
