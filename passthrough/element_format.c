/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements: a device of the host as it stands in a guest's definition, written. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/device.h"
#include "passthrough/element.h"
#include "passthrough/xml_tree.h"

static int add_function(struct xml_maker *m, xmlNode *source, const char *text)
{
	unsigned domain, bus, device, function;
	xmlNode *address;

	if (address_parse(text, &domain, &bus, &device, &function) < 0)
		return -EINVAL;
	address = xml_add(m, source, "address");
	xml_set(m, address, "domain", "0x%04x", domain);
	xml_set(m, address, "bus", "0x%02x", bus);
	xml_set(m, address, "slot", "0x%02x", device);
	xml_set(m, address, "function", "0x%x", function);
	return 0;
}

static int make_hostdev(struct xml_maker *m, const struct element_wish *w)
{
	xml_set(m, m->root, "mode", "subsystem");
	xml_set(m, m->root, "type", "pci");
	xml_set(m, m->root, "managed", "%s", w->managed ? "yes" : "no");
	return add_function(m, xml_add(m, m->root, "source"), w->source);
}

static void add_disk(struct xml_maker *m, const char *type)
{
	xml_set(m, m->root, "type", "%s", type);
	xml_set(m, m->root, "device", "disk");
}

/* libvirt's schema (diskSerial) and virtio (20 bytes) do not take every serial; without one the guest has none to show. */
static bool serial_fits(const char *serial)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+- ";
	size_t n = serial ? strlen(serial) : 0;

	return n > 0 && n <= 20 && strspn(serial, allowed) == n;
}

static void add_target(struct xml_maker *m, const struct element_wish *w)
{
	xmlNode *target = xml_add(m, m->root, "target");

	xml_set(m, target, "dev", "%s", w->target);
	xml_set(m, target, "bus", "virtio");
	if (serial_fits(w->serial))
		xml_add_text(m, m->root, "serial", w->serial);
}

/* https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms: "nvme", since 6.0.0. */
static int make_nvme(struct xml_maker *m, const struct element_wish *w)
{
	xmlNode *driver, *source;
	int r;

	add_disk(m, "nvme");
	driver = xml_add(m, m->root, "driver");
	xml_set(m, driver, "name", "qemu");
	xml_set(m, driver, "type", "raw");
	source = xml_add(m, m->root, "source");
	xml_set(m, source, "type", "pci");
	xml_set(m, source, "managed", "%s", w->managed ? "yes" : "no");
	xml_set(m, source, "namespace", "%u", w->namespace);
	r = add_function(m, source, w->source);
	add_target(m, w);
	return r;
}

/* Past the host's cache: what the guest is told to be on the drive is there. */
static int make_block(struct xml_maker *m, const struct element_wish *w)
{
	xmlNode *driver;

	add_disk(m, "block");
	driver = xml_add(m, m->root, "driver");
	xml_set(m, driver, "name", "qemu");
	xml_set(m, driver, "type", "raw");
	xml_set(m, driver, "cache", "none");
	xml_set(m, driver, "io", "native");
	xml_set(m, driver, "discard", "unmap");
	xml_set(m, xml_add(m, m->root, "source"), "dev", "%s", w->source);
	add_target(m, w);
	return 0;
}

static int make_usb(struct xml_maker *m, const struct element_wish *w)
{
	xmlNode *source, *address;

	xml_set(m, m->root, "mode", "subsystem");
	xml_set(m, m->root, "type", "usb");
	xml_set(m, m->root, "managed", "yes");
	source = xml_add(m, m->root, "source");
	/* A guest whose device is not plugged in starts all the same. */
	if (!w->bus)
		xml_set(m, source, "startupPolicy", "optional");
	xml_set(m, xml_add(m, source, "vendor"), "id", "0x%04x", w->vendor);
	xml_set(m, xml_add(m, source, "product"), "id", "0x%04x", w->product);
	if (!w->bus)
		return 0;
	address = xml_add(m, source, "address");
	xml_set(m, address, "bus", "%u", w->bus);
	xml_set(m, address, "device", "%u", w->device);
	return 0;
}

/* https://libvirt.org/formatdomain.html#usb-pci-scsi-devices: model vfio-ap since 4.9.0, vfio-ccw since 4.4.0. */
static int make_mediated(struct xml_maker *m, const struct element_wish *w)
{
	xml_set(m, m->root, "mode", "subsystem");
	xml_set(m, m->root, "type", "mdev");
	xml_set(m, m->root, "managed", "no");
	xml_set(m, m->root, "model", "%s", w->model);
	xml_set(m, xml_add(m, xml_add(m, m->root, "source"), "address"), "uuid", "%s", w->source);
	return 0;
}

static void add_place(struct xml_maker *m, const struct element_wish *w)
{
	xmlNode *address;

	if (!w->at)
		return;
	address = xml_add(m, m->root, "address");
	xml_set(m, address, "type", "pci");
	xml_set(m, address, "domain", "0x%04x", w->at->domain);
	xml_set(m, address, "bus", "0x%02x", w->at->bus);
	xml_set(m, address, "slot", "0x%02x", w->at->slot);
	xml_set(m, address, "function", "0x%x", w->at->function);
	if (w->is_multifunction)
		xml_set(m, address, "multifunction", "on");
}

int element_format(const struct element_wish *w, char **ret)
{
	static const struct {
		const char *root;
		int (*make)(struct xml_maker *m, const struct element_wish *w);
	} kinds[] = {
		[HOSTDEV_PLAIN] = { "hostdev", make_hostdev }, [HOSTDEV_DISK] = { "disk", make_nvme },
		[HOSTDEV_BLOCK] = { "disk", make_block },      [HOSTDEV_USB] = { "hostdev", make_usb },
		[HOSTDEV_MEDIATED] = { "hostdev", make_mediated },
	};
	_cleanup_(xml_maker_done) struct xml_maker m = {};
	int r;

	r = kinds[w->kind].make ? xml_new(kinds[w->kind].root, &m) : -EINVAL;
	if (r >= 0)
		r = kinds[w->kind].make(&m, w);
	if (r < 0)
		return r;
	add_place(&m, w);
	return xml_take(&m, ret);
}

int element_strip_alias(const char *xml, char **ret)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};
	xmlNode *alias;
	int r;

	r = xml_tree_parse(xml, &x);
	if (r < 0)
		return r;
	alias = xml_child(x.root, "alias");
	if (alias) {
		libxml()->xmlUnlinkNode(alias);
		libxml()->xmlFreeNode(alias);
	}
	return xml_print(x.doc, x.root, ret);
}

/* Every disk of the guest has a target, what it is made of or not. */
static int add_targets(const char *domain_xml, char ***names)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};
	int r;

	r = domain_xml ? xml_tree_parse_domain(domain_xml, &x) : 0;
	for (xmlNode *node = r >= 0 && x.devices ? x.devices->children : NULL; node && r >= 0; node = node->next) {
		char *name = xml_is(node, "disk") ? xml_attribute(xml_child(node, "target"), "dev") : NULL;

		r = name ? strv_consume(names, name) : 0;
	}
	return r;
}

int elements_free_target(const char *live_xml, const char *saved_xml, char *const *taken, char **ret)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = add_targets(live_xml, &names);
	if (r >= 0)
		r = add_targets(saved_xml, &names);
	for (unsigned i = 0; r >= 0 && i < 26 * 27; i++) {
		_cleanup_free_ char *name = i < 26 ? text_format("vd%c", 'a' + i) : text_format("vd%c%c", 'a' + i / 26 - 1, 'a' + i % 26);

		if (!name)
			return -ENOMEM;
		if (strv_contains(names, name) || strv_contains(taken, name))
			continue;
		*ret = TAKE(name);
		return 0;
	}
	return r < 0 ? r : -ENOSPC;
}
