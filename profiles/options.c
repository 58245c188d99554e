/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest options: what the user says of a guest; the profile and the host say the rest. */

#include <ctype.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/option_bounds.h"
#include "profiles/options.h"

#define NODE_MAX 1023

/* --- values --- */

/* "4096" and "4096M" are MiB, "8G" and "1T" what they look like. */
static int parse_size(const char *value, unsigned *ret)
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
	*ret = number << shift;
	return 0;
}

/* The index of the word in the list, which ends with NULL. */
static int parse_word(const char *value, const char *const *words, unsigned *ret)
{
	for (unsigned i = 0; words[i]; i++)
		if (str_eq(value, words[i])) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

static int parse_switch(const char *value, bool *ret)
{
	static const char *const words[] = { "off", "on", NULL };
	unsigned i;

	if (parse_word(value, words, &i) < 0)
		return -EINVAL;
	*ret = i == 1;
	return 0;
}

/* An option whose value needs no more than one of the parsers. */
#define SET_NUMBER(member)                                                                     \
	static int set_##member(struct guest_options *o, const char *value)                    \
	{                                                                                      \
		return parse_unsigned(value, &o->member) < 0 ? -EINVAL : 0;                    \
	}
#define SET_SIZE(member)                                                                       \
	static int set_##member(struct guest_options *o, const char *value)                    \
	{                                                                                      \
		return parse_size(value, &o->member);                                          \
	}
#define SET_TEXT(member)                                                                       \
	static int set_##member(struct guest_options *o, const char *value)                    \
	{                                                                                      \
		o->member = value;                                                             \
		return 0;                                                                      \
	}
#define SET_SWITCH(member)                                                                     \
	static int set_##member(struct guest_options *o, const char *value)                    \
	{                                                                                      \
		return parse_switch(value, &o->member);                                        \
	}
#define SET_WORD(member, type, ...)                                                            \
	static int set_##member(struct guest_options *o, const char *value)                    \
	{                                                                                      \
		static const char *const words[] = { __VA_ARGS__, NULL };                      \
		unsigned i;                                                                    \
                                                                                               \
		if (parse_word(value, words, &i) < 0)                                          \
			return -EINVAL;                                                        \
		o->member = (type)i;                                                           \
		return 0;                                                                      \
	}

SET_TEXT(name)
SET_SIZE(memory)
SET_SIZE(max_memory)
SET_NUMBER(vcpus)
SET_NUMBER(max_vcpus)
SET_TEXT(disk)
SET_NUMBER(iothreads)
SET_TEXT(emulator)
SET_TEXT(machine)
SET_SWITCH(secure_boot)
SET_SWITCH(kvm_hidden)
SET_SWITCH(usb)
SET_SWITCH(autostart)
SET_SWITCH(secure_execution)
SET_NUMBER(spare_ports)
SET_TEXT(console_log)
SET_WORD(format, enum disk_format, "auto", "raw", "qcow2")
SET_WORD(disk_io, enum disk_io, "native", "io_uring")
SET_WORD(type, enum guest_type, "kvm", "qemu")
SET_WORD(graphics, enum graphics, "none", "vnc")
SET_WORD(hugepages, enum hugepages, "off", "auto", "1M", "2M", "1G")

static int set_numa_node(struct guest_options *o, const char *value)
{
	unsigned node;

	if (str_eq(value, "auto"))
		o->numa_node = NODE_AUTO;
	else if (str_eq(value, "none"))
		o->numa_node = NODE_ANY;
	else if (parse_unsigned(value, &node) < 0 || node > NODE_MAX)
		return -EINVAL;
	else
		o->numa_node = (int)node;
	return 0;
}

static int set_tpm(struct guest_options *o, const char *value)
{
	static const char *const words[] = { "none", "2.0", NULL };
	unsigned i;

	if (parse_word(value, words, &i) < 0)
		return -EINVAL;
	o->tpm = i == 1;
	return 0;
}

static int set_queues(struct guest_options *o, const char *value)
{
	if (str_eq(value, "auto"))
		o->queues = AS_MANY_AS_VCPUS;
	else if (parse_unsigned(value, &o->queues) < 0 || !o->queues)
		return -EINVAL;
	return 0;
}

static int set_port(struct guest_options *o, const char *bridge, const char *macvtap, const char *network)
{
	o->bridge = bridge;
	o->macvtap = macvtap;
	o->network = network;
	o->n_networks++;
	return 0;
}

static int set_bridge(struct guest_options *o, const char *value)
{
	return set_port(o, value, NULL, NULL);
}

static int set_macvtap(struct guest_options *o, const char *value)
{
	return set_port(o, NULL, value, NULL);
}

static int set_network(struct guest_options *o, const char *value)
{
	return set_port(o, NULL, NULL, str_eq(value, "none") ? NULL : value);
}

const char *hugepages_name(enum hugepages h)
{
	static const char *const names[] = { "off", "auto", "1M", "2M", "1G" };

	return names[h];
}

/* --- the table --- */

const struct guest_option guest_options[] = {
	{ "name", "GUEST", "the guest's name", set_name, misfit_name },
	{ "memory", "SIZE", "memory in MiB, or with M, G or T behind it", set_memory, misfit_memory },
	{ "max-memory", "SIZE", "so much can be plugged into the running guest", set_max_memory, misfit_max_memory },
	{ "vcpus", "COUNT", "virtual CPUs, 1 to 255", set_vcpus, misfit_vcpus },
	{ "max-vcpus", "COUNT", "so many can be plugged into the running guest", set_max_vcpus, misfit_max_vcpus },
	{ "hugepages", "SIZE", "memory in pages of 2M or 1G (1M on s390x); auto: the largest that enough are free of; off", set_hugepages, NULL },
	{ "numa-node", "NODE", "keep the guest on this NUMA node; auto: that of its devices; none", set_numa_node, NULL },
	{ "disk", "PATH", "image file or block device with the guest's system, or POOL/VOLUME of libvirt", set_disk, misfit_disk },
	{ "format", "FORMAT", "raw, qcow2, or auto: look into the image", set_format, NULL },
	{ "disk-io", "WAY", "native, or io_uring", set_disk_io, NULL },
	{ "iothreads", "COUNT", "threads for the disk beside QEMU's own, 0 to 16", set_iothreads, misfit_iothreads },
	{ "bridge", "NAME", "put the guest's network port on this bridge of the host; auto: the only one with a port of the host", set_bridge, misfit_bridge },
	{ "macvtap", "NAME", "or on this port of the host, by macvtap; guest and host do not reach each other there", set_macvtap, misfit_macvtap },
	{ "network", "NAME", "or into this libvirt network; 'none' for no port", set_network, misfit_network },
	{ "queues", "COUNT", "queues of the network port; auto: one for each virtual CPU, up to 16", set_queues, misfit_queues },
	{ "type", "TYPE", "kvm, or qemu: emulation, where KVM cannot be used", set_type, NULL },
	{ "emulator", "PATH", "the QEMU program", set_emulator, misfit_emulator },
	{ "machine", "NAME", "a version of the machine, such as pc-q35-7.2", set_machine, misfit_machine },
	{ "secure-boot", "on|off", "firmware that starts only what is signed", set_secure_boot, NULL },
	{ "tpm", "VERSION", "a TPM in software: 2.0, or none", set_tpm, NULL },
	{ "secure-execution", "on|off", "s390x: memory that the host cannot read", set_secure_execution, NULL },
	{ "kvm-hidden", "on|off", "do not tell the guest that it is one, for drivers that refuse to work there", set_kvm_hidden, NULL },
	{ "usb", "on|off", "a USB controller, to attach USB devices to", set_usb, NULL },
	{ "graphics", "KIND", "none, or vnc on this host's loopback address", set_graphics, NULL },
	{ "spare-ports", "COUNT", "free PCIe root ports for hotplug, 0 to 32", set_spare_ports, misfit_spare_ports },
	{ "console-log", "PATH", "file that gets what the serial console prints", set_console_log, misfit_console_log },
	{ "autostart", "on|off", "start the guest with the host", set_autostart, NULL },
	{ },
};

const struct guest_option *guest_option_find(const char *name)
{
	for (const struct guest_option *o = guest_options; o->name; o++)
		if (str_eq(o->name, name))
			return o;
	return NULL;
}

void guest_options_layer(struct guest_options *options)
{
	options->n_networks = 0;
}

int guest_option_set(struct guest_options *options, const char *name, const char *value)
{
	const struct guest_option *o = guest_option_find(name);

	if (!o)
		return -ENOENT;
	if (o->set(options, value) < 0)
		return log_invalid("'%s' is no value for %s (%s)", value, name, o->help);
	return 0;
}

/* --- the whole --- */

static const char *contradiction(const struct guest_options *o)
{
	if (o->n_networks > 1)
		return "bridge, macvtap and network exclude each other: a guest has one network port";
	if (o->max_memory && o->max_memory < o->memory)
		return "max-memory is less than memory";
	if (o->max_vcpus && o->max_vcpus < o->vcpus)
		return "max-vcpus is less than vcpus";
	if (o->secure_execution && o->hugepages > HUGEPAGES_AUTO)
		return "secure-execution and hugepages exclude each other: the kernel protects memory in pages of 4K only";
	if (o->kvm_hidden && o->type == GUEST_QEMU)
		return "kvm-hidden is for guests of type kvm";
	return NULL;
}

int guest_options_check(const struct guest_options *o)
{
	const char *why;

	for (const struct guest_option *row = guest_options; row->name; row++) {
		_cleanup_free_ char *trouble = row->misfit ? row->misfit(o) : NULL;

		if (trouble)
			return log_invalid("%s", trouble);
	}
	why = contradiction(o);
	return why ? log_invalid("%s", why) : 0;
}
