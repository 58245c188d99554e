/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing guests: in what a guest that is there differs from the one that is wanted. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/guest_compare.h"
#include "passthrough/guest_ports.h"
#include "passthrough/xml_tree.h"

/* What one row looks at. */
struct pair {
	const struct host *host;
	const struct guest_wanted *wanted;
	const struct guest_options *o;  /* of it */
	const struct xml_tree *x;       /* the definition that is there */
	bool autostart;
};

/* --- what a definition says --- */

static const xmlNode *device(const struct pair *p, const char *name)
{
	return xml_child(p->x->devices, name);
}

static char *word(const char *s)
{
	return strdup(s);
}

static char *on_or_off(bool on)
{
	return strdup(on ? "on" : "off");
}

/* https://libvirt.org/formatdomain.html#memory-allocation: KiB where nothing is said. */
static char *size_text(const xmlNode *node)
{
	static const struct {
		const char *unit;
		unsigned long long kib;
	} units[] = { { "KiB", 1 }, { "k", 1 }, { "MiB", 1024 }, { "M", 1024 }, { "GiB", 1048576 }, { "G", 1048576 } };
	_cleanup_free_ char *text = xml_text(node), *unit = xml_attribute(node, "unit");
	unsigned number;

	if (!text || parse_unsigned(text, &number) < 0)
		return text ? TAKE(text) : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (str_eq(unit ? unit : "KiB", units[i].unit))
			return text_format("%llu MiB", number * units[i].kib / 1024);
	return text_format("%s %s", text, unit);
}

static char *found_memory(const struct pair *p)
{
	return size_text(xml_child(p->x->root, "memory"));
}

static char *found_max_memory(const struct pair *p)
{
	const xmlNode *most = xml_child(p->x->root, "maxMemory");

	return most ? size_text(most) : found_memory(p);
}

static char *found_vcpus(const struct pair *p)
{
	const xmlNode *vcpu = xml_child(p->x->root, "vcpu");
	char *current = xml_attribute(vcpu, "current");

	return current ? current : xml_text(vcpu);
}

static char *found_firmware(const struct pair *p)
{
	const xmlNode *os = xml_child(p->x->root, "os"), *loader = xml_child(os, "loader");

	if (xml_attribute_is(loader, "secure", "yes"))
		return word("UEFI with Secure Boot");
	return word(loader || xml_attribute_is(os, "firmware", "efi") ? "UEFI" : "BIOS");
}

static char *found_tpm(const struct pair *p)
{
	return word(device(p, "tpm") ? "2.0" : "none");
}

static char *found_hidden(const struct pair *p)
{
	return on_or_off(xml_attribute_is(xml_find(p->x->root, "features/kvm/hidden"), "state", "on"));
}

static char *found_usb(const struct pair *p)
{
	return on_or_off(guest_tree_has_usb(p->x));
}

static char *found_protection(const struct pair *p)
{
	return on_or_off(xml_attribute_is(xml_child(p->x->root, "launchSecurity"), "type", "s390-pv"));
}

static char *found_pages(const struct pair *p)
{
	const xmlNode *huge = xml_find(p->x->root, "memoryBacking/hugepages"), *page = xml_child(huge, "page");
	_cleanup_free_ char *size = NULL, *unit = NULL;
	unsigned n;

	if (!page)
		return word(huge ? "the host's own size" : "off");
	size = xml_attribute(page, "size");
	unit = xml_attribute(page, "unit");
	if (!size || parse_unsigned(size, &n) < 0)
		return NULL;
	if (!unit || str_eq(unit, "KiB"))
		return text_format("%u%c", n >= 1048576 ? n / 1048576 : n / 1024, n >= 1048576 ? 'G' : 'M');
	return text_format("%u%c", n, *unit);
}

static char *found_autostart(const struct pair *p)
{
	return on_or_off(p->autostart);
}

static char *found_log(const struct pair *p)
{
	const xmlNode *log = xml_child(device(p, "serial"), "log");

	return xml_attribute(log ? log : xml_child(device(p, "console"), "log"), "file");
}

static char *disk_text(const xmlNode *disk)
{
	const xmlNode *source = xml_child(disk, "source");
	_cleanup_free_ char *pool = xml_attribute(source, "pool"), *volume = xml_attribute(source, "volume");
	char *path = xml_attribute(source, "file");

	if (pool && volume)
		return text_format("%s/%s", pool, volume);
	return path ? path : xml_attribute(source, "dev");
}

static bool is_disk(const xmlNode *node)
{
	return xml_is(node, "disk") && !xml_attribute_is(node, "device", "cdrom") && !xml_attribute_is(node, "device", "floppy");
}

/* The one that is wanted, wherever it stands; else the first. */
static const xmlNode *find_disk(const struct pair *p)
{
	const xmlNode *first = NULL;

	for (const xmlNode *node = p->x->devices ? p->x->devices->children : NULL; node; node = node->next) {
		_cleanup_free_ char *text = is_disk(node) ? disk_text(node) : NULL;

		if (text && str_eq(text, p->o->disk))
			return node;
		if (text && !first)
			first = node;
	}
	return first;
}

static char *found_disk(const struct pair *p)
{
	return disk_text(find_disk(p));
}

static char *found_format(const struct pair *p)
{
	return xml_attribute(xml_child(find_disk(p), "driver"), "type");
}

static char *found_disk_io(const struct pair *p)
{
	return xml_attribute(xml_child(find_disk(p), "driver"), "io");
}

static char *found_network(const struct pair *p)
{
	static const struct {
		const char *type, *attribute, *name;
	} ways[] = { { "bridge", "bridge", "bridge" }, { "direct", "dev", "macvtap" }, { "network", "network", "network" } };

	for (const xmlNode *node = p->x->devices ? p->x->devices->children : NULL; node; node = node->next)
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			_cleanup_free_ char *source = NULL;

			if (!xml_is(node, "interface") || !xml_attribute_is(node, "type", ways[i].type))
				continue;
			source = xml_attribute(xml_child(node, "source"), ways[i].attribute);
			return text_format("%s %s", ways[i].name, source ? source : "?");
		}
	return word("none");
}

/* --- what is wanted; NULL: nothing was said --- */

static char *mib(unsigned n)
{
	return n ? text_format("%u MiB", n) : NULL;
}

static char *count(unsigned n)
{
	return n ? text_format("%u", n) : NULL;
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static char *wanted_memory(const struct pair *p) { return mib(p->o->memory); }
static char *wanted_max_memory(const struct pair *p) { return mib(p->o->max_memory); }
static char *wanted_vcpus(const struct pair *p) { return count(p->o->vcpus); }
static char *wanted_max_vcpus(const struct pair *p) { return count(p->o->max_vcpus); }
static char *wanted_type(const struct pair *p) { return word(p->o->type == GUEST_KVM ? "kvm" : "qemu"); }
static char *wanted_emulator(const struct pair *p) { return copy(p->o->emulator); }
static char *wanted_tpm(const struct pair *p) { return word(p->o->tpm ? "2.0" : "none"); }
static char *wanted_graphics(const struct pair *p) { return word(p->o->graphics == GRAPHICS_VNC ? "vnc" : "none"); }
static char *wanted_hidden(const struct pair *p) { return on_or_off(p->o->kvm_hidden); }
static char *wanted_usb(const struct pair *p) { return on_or_off(p->o->usb); }
static char *wanted_protection(const struct pair *p) { return on_or_off(p->o->secure_execution); }
static char *wanted_autostart(const struct pair *p) { return on_or_off(p->o->autostart); }
static char *wanted_log(const struct pair *p) { return copy(p->o->console_log); }
static char *wanted_disk(const struct pair *p) { return copy(p->o->disk); }
static char *wanted_node(const struct pair *p) { return p->o->numa_node >= 0 ? text_format("%d", p->o->numa_node) : NULL; }

static char *wanted_firmware(const struct pair *p)
{
	if (!profile_platform(p->wanted->profile, p->host)->firmware)
		return NULL;
	if (p->wanted->profile->is_bios)
		return word("BIOS");
	return word(p->o->secure_boot ? "UEFI with Secure Boot" : "UEFI");
}

/* Without a version libvirt takes the newest, and writes that down. */
static char *wanted_machine(const struct pair *p)
{
	return str_eq(p->o->machine, profile_platform(p->wanted->profile, p->host)->machine) ? NULL : copy(p->o->machine);
}

static char *wanted_pages(const struct pair *p)
{
	return p->o->hugepages == HUGEPAGES_AUTO ? NULL : word(hugepages_name(p->o->hugepages));
}

static char *wanted_format(const struct pair *p)
{
	return !p->o->disk || p->o->format == DISK_AUTO ? NULL : word(p->o->format == DISK_QCOW2 ? "qcow2" : "raw");
}

static char *wanted_disk_io(const struct pair *p)
{
	return p->o->disk ? word(p->o->disk_io == DISK_IO_URING ? "io_uring" : "native") : NULL;
}

static char *wanted_iothreads(const struct pair *p)
{
	return p->o->disk ? text_format("%u", p->o->iothreads) : NULL;
}

static char *wanted_network(const struct pair *p)
{
	if (str_eq(p->o->bridge, "auto"))
		return NULL;
	if (p->o->bridge)
		return text_format("bridge %s", p->o->bridge);
	if (p->o->macvtap)
		return text_format("macvtap %s", p->o->macvtap);
	return p->o->network ? text_format("network %s", p->o->network) : word("none");
}

static char *wanted_queues(const struct pair *p)
{
	return p->o->bridge || p->o->macvtap || p->o->network ? count(p->o->queues) : NULL;
}

static const struct row {
	const char *what;
	char *(*wanted)(const struct pair *p);
	char *(*found)(const struct pair *p);
	const char *element, *attribute; /* without a function: where it stands; attribute NULL: it is the text */
	const char *otherwise;           /* what counts where nothing stands; or NULL */
} rows[] = {
	{ "type", wanted_type, NULL, "", "type" },
	{ "machine", wanted_machine, NULL, "os/type", "machine" },
	{ "emulator", wanted_emulator, NULL, "devices/emulator" },
	{ "firmware", wanted_firmware, found_firmware },
	{ "tpm", wanted_tpm, found_tpm },
	{ "memory", wanted_memory, found_memory },
	{ "max-memory", wanted_max_memory, found_max_memory },
	{ "hugepages", wanted_pages, found_pages },
	{ "numa-node", wanted_node, NULL, "numatune/memory", "nodeset", "none" },
	{ "vcpus", wanted_vcpus, found_vcpus },
	{ "max-vcpus", wanted_max_vcpus, NULL, "vcpu" },
	{ "disk", wanted_disk, found_disk },
	{ "format", wanted_format, found_format },
	{ "disk-io", wanted_disk_io, found_disk_io },
	{ "iothreads", wanted_iothreads, NULL, "iothreads", NULL, "0" },
	{ "network port", wanted_network, found_network },
	{ "queues", wanted_queues, NULL, "devices/interface/driver", "queues", "1" },
	{ "graphics", wanted_graphics, NULL, "devices/graphics", "type", "none" },
	{ "kvm-hidden", wanted_hidden, found_hidden },
	{ "usb", wanted_usb, found_usb },
	{ "secure-execution", wanted_protection, found_protection },
	{ "console-log", wanted_log, found_log },
	{ "autostart", wanted_autostart, found_autostart },
};

/* A new string, or NULL. */
static char *found(const struct row *row, const struct pair *p)
{
	const xmlNode *node;
	char *text;

	if (row->found)
		return row->found(p);
	node = xml_find(p->x->root, row->element);
	text = row->attribute ? xml_attribute(node, row->attribute) : xml_text(node);
	return text ? text : copy(row->otherwise);
}

/* --- devices --- */

static bool is_wanted(const struct guest_wanted *w, const char *address)
{
	for (size_t i = 0; i < w->n_devices; i++)
		if (str_eq(w->devices[i]->address, address))
			return true;
	return false;
}

static int compare_devices(const struct host *host, const struct guest_wanted *w, const struct elements *has, struct differences *d)
{
	int r = 0;

	for (size_t i = 0; i < w->n_devices && r >= 0; i++) {
		size_t at = 0;

		if (!elements_next(host, has, w->devices[i], &at))
			r = differences_add(d, "device", strdup(w->devices[i]->address), NULL);
	}
	for (size_t i = 0; i < has->n && r >= 0; i++)
		if (has->list[i].kind < HOSTDEV_PCI_KINDS && has->list[i].source && !is_wanted(w, has->list[i].source))
			r = differences_add(d, "device", NULL, strdup(has->list[i].source));
	return r;
}

int guest_compare(const struct host *host, const struct guest_wanted *w, const struct guest_state *there, bool autostart, struct differences *ret)
{
	const char *xml = there->saved_xml ? there->saved_xml : there->live_xml;
	_cleanup_(differences_done) struct differences d = {};
	_cleanup_(xml_tree_done) struct xml_tree x = {};
	struct pair p = { .host = host, .wanted = w, .o = &w->options, .x = &x, .autostart = autostart };
	int r;

	r = xml ? xml_tree_parse_domain(xml, &x) : -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(rows) && r >= 0; i++) {
		_cleanup_free_ char *wanted = rows[i].wanted(&p), *is = wanted ? found(&rows[i], &p) : NULL;

		if (wanted && !str_eq(wanted, is))
			r = differences_add(&d, rows[i].what, TAKE(wanted), TAKE(is));
	}
	if (r >= 0)
		r = compare_devices(host, w, there->saved_xml ? &there->has_saved : &there->has_live, &d);
	if (r < 0)
		return r;
	*ret = TAKE(d);
	return 0;
}
