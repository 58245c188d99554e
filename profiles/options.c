/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest options: what the user says of a guest; the profile and the host say the rest. */

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/domain_xml.h"
#include "profiles/options.h"

#define MEMORY_MIN 128u               /* MiB: with less, OVMF does not come up */
#define MEMORY_MAX (16u << 20)        /* MiB, that is 16 TiB */
#define VCPUS_MAX 255u                /* more need an emulated IOMMU with extended interrupts */
#define SPARE_PORTS_MAX 32u
/* libvirt makes NAME_VARS.fd and NAME.xml.new of it, and a file name has at most 255 bytes. */
#define NAME_BYTES_MAX 200u

/* "4096" and "4096M" are MiB, "8G" and "1T" what they look like. */
static int set_memory(struct guest_options *o, const char *value)
{
	static const struct {
		char suffix;
		unsigned shift;
	} units[] = { { 'M', 0 }, { 'G', 10 }, { 'T', 20 } };
	size_t length = strlen(value);
	unsigned number, shift = 0;
	char digits[16];

	if (length == 0 || length >= sizeof(digits))
		return -EINVAL;
	strcpy(digits, value);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (toupper((unsigned char)digits[length - 1]) == units[i].suffix) {
			shift = units[i].shift;
			digits[length - 1] = '\0';
			break;
		}
	if (parse_unsigned(digits, &number) < 0 || number > MEMORY_MAX >> shift)
		return -EINVAL;
	o->memory = number << shift;
	return 0;
}

static int set_vcpus(struct guest_options *o, const char *value)
{
	return parse_unsigned(value, &o->vcpus) < 0 ? -EINVAL : 0;
}

static int set_spare_ports(struct guest_options *o, const char *value)
{
	return parse_unsigned(value, &o->spare_ports) < 0 ? -EINVAL : 0;
}

static int set_name(struct guest_options *o, const char *value)
{
	o->name = value;
	return 0;
}

static int set_disk(struct guest_options *o, const char *value)
{
	o->disk = value;
	return 0;
}

static int set_format(struct guest_options *o, const char *value)
{
	static const char *const names[] = { [DISK_AUTO] = "auto", [DISK_RAW] = "raw", [DISK_QCOW2] = "qcow2" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(value, names[i])) {
			o->format = (enum disk_format)i;
			return 0;
		}
	return -EINVAL;
}

static int set_bridge(struct guest_options *o, const char *value)
{
	o->bridge = value;
	return 0;
}

static int set_network(struct guest_options *o, const char *value)
{
	o->network = str_eq(value, "none") ? NULL : value;
	return 0;
}

static int set_type(struct guest_options *o, const char *value)
{
	if (!str_eq(value, "kvm") && !str_eq(value, "qemu"))
		return -EINVAL;
	o->type = str_eq(value, "kvm") ? GUEST_KVM : GUEST_QEMU;
	return 0;
}

static int set_emulator(struct guest_options *o, const char *value)
{
	o->emulator = value;
	return 0;
}

static int set_console_log(struct guest_options *o, const char *value)
{
	o->console_log = value;
	return 0;
}

const struct guest_option guest_options[] = {
	{ "name", "GUEST", "the guest's name", set_name },
	{ "memory", "SIZE", "memory in MiB, or with M, G or T behind it", set_memory },
	{ "vcpus", "COUNT", "virtual CPUs, 1 to 255", set_vcpus },
	{ "disk", "PATH", "image file or block device with the guest's system", set_disk },
	{ "format", "FORMAT", "raw, qcow2, or auto: look into the image", set_format },
	{ "bridge", "NAME", "put the guest's network port on this bridge of the host", set_bridge },
	{ "network", "NAME", "or into this libvirt network; 'none' for no port", set_network },
	{ "type", "TYPE", "kvm, or qemu: emulation, where KVM cannot be used", set_type },
	{ "emulator", "PATH", "the QEMU program", set_emulator },
	{ "spare-ports", "COUNT", "free PCIe root ports for hotplug, 0 to 32", set_spare_ports },
	{ "console-log", "PATH", "file that gets what the serial console prints", set_console_log },
	{ },
};

int guest_option_set(struct guest_options *options, const char *name, const char *value)
{
	const struct guest_option *o = guest_options;

	while (o->name && !str_eq(o->name, name))
		o++;
	if (!o->name)
		return -ENOENT;
	if (o->set(options, value) < 0)
		return log_invalid("'%s' is no value for %s (%s)", value, name, o->help);
	return 0;
}

/* NULL, or why libvirt or the file system would not take it (virDomainDefNameValidate, qemuDomainDefValidate). */
static const char *name_misfit(const char *name)
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

static int refuse(const char *what, const char *value, const char *why)
{
	return log_invalid("%s '%s' cannot be used: %s", what, value ? value : "", why);
}

static int check_path(const char *what, const char *path)
{
	if (!path)
		return 0;
	if (*path != '/')
		return refuse(what, path, "it is no absolute path");
	if (!domain_xml_is_text(path))
		return refuse(what, path, "it holds bytes that are no UTF-8 or no text");
	return 0;
}

static int check_range(const char *what, unsigned value, unsigned min, unsigned max)
{
	if (value >= min && value <= max)
		return 0;
	return log_invalid("%s must be between %u and %u, not %u", what, min, max, value);
}

static int check_network(const struct guest_options *o)
{
	if (o->bridge && (!*o->bridge || strlen(o->bridge) >= IFNAMSIZ || strpbrk(o->bridge, "/ \t\n") ||
			  !domain_xml_is_text(o->bridge)))
		return refuse("bridge", o->bridge, "it is no name of a network interface");
	if (o->network && (!*o->network || strpbrk(o->network, "/\n") || !domain_xml_is_text(o->network)))
		return refuse("network", o->network, "it is no name of a libvirt network");
	return 0;
}

int guest_options_check(const struct guest_options *o)
{
	const char *why = name_misfit(o->name);
	const int results[] = {
		why ? refuse("guest name", o->name, why) : 0,
		check_range("memory in MiB", o->memory, MEMORY_MIN, MEMORY_MAX),
		check_range("the number of virtual CPUs", o->vcpus, 1, VCPUS_MAX),
		check_range("the number of spare ports", o->spare_ports, 0, SPARE_PORTS_MAX),
		check_path("disk", o->disk),
		check_path("emulator", o->emulator),
		check_path("console log", o->console_log),
		check_network(o),
	};

	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		if (results[i] < 0)
			return results[i];
	return 0;
}
