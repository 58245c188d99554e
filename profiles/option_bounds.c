/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounds of guest options: what QEMU, libvirt and the kernel take. */

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "common/text.h"
#include "profiles/domain_xml.h"
#include "profiles/option_bounds.h"

#define MEMORY_MIN 128u               /* MiB: with less, OVMF does not come up */
#define SPARE_PORTS_MAX 32u
#define IOTHREADS_MAX 16u
#define QUEUES_MAX 256u               /* MAX_TAP_QUEUES of the kernel's drivers/net/tun.c */
/* libvirt makes NAME_VARS.fd and NAME.xml.new of it, and a file name has at most 255 bytes. */
#define NAME_BYTES_MAX 200u

static char *say(const char *what, const char *value, const char *why)
{
	return text_format("%s '%s' cannot be used: %s", what, value ? value : "", why);
}

/* Why libvirt or the file system would not take it (virDomainDefNameValidate, qemuDomainDefValidate). */
static const char *name_trouble(const char *name)
{
	if (!name || !*name)
		return "it is empty";
	if (strlen(name) > NAME_BYTES_MAX)
		return "it is longer than 200 bytes";
	if (strchr(name, '/'))
		return "it holds a '/', and libvirt names files after the guest";
	if (str_eq(name, ".") || str_eq(name, ".."))
		return "it names a folder";
	if (isspace((unsigned char)name[0]) || isspace((unsigned char)name[strlen(name) - 1]))
		return "it begins or ends with a blank";
	if (!domain_xml_is_text(name))
		return "it holds bytes that are no UTF-8 or no text";
	for (const char *s = name; *s; s++)
		if (iscntrl((unsigned char)*s))
			return "it holds a control character";
	return NULL;
}

char *misfit_name(const struct guest_options *o)
{
	const char *why = name_trouble(o->name);

	return why ? say("guest name", o->name, why) : NULL;
}

static char *path_trouble(const char *what, const char *path)
{
	if (!path)
		return NULL;
	if (*path != '/')
		return say(what, path, "it is no absolute path");
	if (!domain_xml_is_text(path))
		return say(what, path, "it holds bytes that are no UTF-8 or no text");
	return NULL;
}

static char *range_trouble(const char *what, unsigned value, unsigned min, unsigned max)
{
	if (value >= min && value <= max)
		return NULL;
	return text_format("%s must be between %u and %u, not %u", what, min, max, value);
}

char *misfit_memory(const struct guest_options *o)
{
	return range_trouble("memory in MiB", o->memory, MEMORY_MIN, MEMORY_MAX);
}

char *misfit_max_memory(const struct guest_options *o)
{
	return o->max_memory ? range_trouble("the most memory in MiB", o->max_memory, MEMORY_MIN, MEMORY_MAX) : NULL;
}

char *misfit_vcpus(const struct guest_options *o)
{
	return range_trouble("the number of virtual CPUs", o->vcpus, 1, VCPUS_MAX);
}

char *misfit_max_vcpus(const struct guest_options *o)
{
	return o->max_vcpus ? range_trouble("the most virtual CPUs", o->max_vcpus, 1, VCPUS_MAX) : NULL;
}

char *misfit_spare_ports(const struct guest_options *o)
{
	return range_trouble("the number of spare ports", o->spare_ports, 0, SPARE_PORTS_MAX);
}

char *misfit_iothreads(const struct guest_options *o)
{
	return range_trouble("the number of IO threads", o->iothreads, 0, IOTHREADS_MAX);
}

char *misfit_queues(const struct guest_options *o)
{
	return range_trouble("the number of queues", o->queues, 0, QUEUES_MAX);
}

bool guest_disk_is_volume(const char *disk)
{
	const char *slash = strchr(disk, '/');

	return slash && slash > disk && slash[1] && !strchr(slash + 1, '/');
}

char *misfit_disk(const struct guest_options *o)
{
	if (!o->disk || *o->disk == '/')
		return path_trouble("disk", o->disk);
	if (!guest_disk_is_volume(o->disk))
		return say("disk", o->disk, "it is no absolute path, and no POOL/VOLUME of libvirt");
	return domain_xml_is_text(o->disk) ? NULL : say("disk", o->disk, "it holds bytes that are no UTF-8 or no text");
}

char *misfit_emulator(const struct guest_options *o)
{
	return path_trouble("emulator", o->emulator);
}

char *misfit_console_log(const struct guest_options *o)
{
	return path_trouble("console log", o->console_log);
}

static char *interface_trouble(const char *what, const char *name)
{
	if (name && (!*name || strlen(name) >= IFNAMSIZ || strpbrk(name, "/ \t\n") || !domain_xml_is_text(name)))
		return say(what, name, "it is no name of a network interface");
	return NULL;
}

char *misfit_bridge(const struct guest_options *o)
{
	return interface_trouble("bridge", o->bridge);
}

char *misfit_macvtap(const struct guest_options *o)
{
	return interface_trouble("macvtap", o->macvtap);
}

char *misfit_network(const struct guest_options *o)
{
	if (o->network && (!*o->network || strpbrk(o->network, "/\n") || !domain_xml_is_text(o->network)))
		return say("network", o->network, "it is no name of a libvirt network");
	return NULL;
}

/* What RFC 3986 calls unreserved: more is in no machine's name. */
char *misfit_machine(const struct guest_options *o)
{
	for (const char *s = o->machine; s && (*s || s == o->machine); s++)
		if (!isalnum((unsigned char)*s) && !strchr("-._", *s ? *s : ' '))
			return say("machine", o->machine, "it is no name of a machine type");
	return NULL;
}
