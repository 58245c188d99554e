/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts: the pieces of a domain that are no devices: what it is, its firmware, its CPU. */

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/parts.h"

static void part_metadata(struct build *b)
{
	xmlNode *node = ADD(b, ADD(b, b->domain, "metadata"), "guest", "profile", b->profile->name, "firmware", b->firmware.descriptor);

	domain_xml_set_namespace(&b->xml, node, "slipway", "urn:slipway:guest:1");
}

void part_domain(struct build *b)
{
	b->domain = ADD(b, NULL, "domain", "type", b->options.type == GUEST_KVM ? "kvm" : "qemu");
	domain_xml_add_text(&b->xml, b->domain, "name", b->options.name);
	part_metadata(b);
}

/*
 * The images are named, and libvirt's own choice (firmware='efi') is not used: libvirt 9.0 makes it anew at each start,
 * takes the first descriptor that fits what the XML says, and so changes a guest's firmware under its variable store when
 * a package brings another descriptor.
 */
static void os_uefi(struct build *b, xmlNode *os)
{
	xmlNode *node = domain_xml_add_text(&b->xml, os, "loader", b->firmware.code);

	domain_xml_set(&b->xml, node, "readonly", "yes");
	domain_xml_set(&b->xml, node, "secure", b->options.secure_boot ? "yes" : "no");
	domain_xml_set(&b->xml, node, "type", "pflash");
	/* libvirt makes the guest's own store of it, /var/lib/libvirt/qemu/nvram/NAME_VARS.fd. */
	ADD(b, os, "nvram", "template", b->firmware.nvram);
}

void part_os(struct build *b)
{
	xmlNode *os = ADD(b, b->domain, "os"), *node;

	node = domain_xml_add_text(&b->xml, os, "type", "hvm");
	domain_xml_set(&b->xml, node, "arch", b->platform->architecture);
	domain_xml_set(&b->xml, node, "machine", b->machine);
	if (b->firmware.code)
		os_uefi(b, os);
	else if (b->platform->firmware)
		ADD(b, os, "bios", "useserial", "yes"); /* or SeaBIOS would speak to nobody where there is no display */
}

void part_features(struct build *b)
{
	xmlNode *features = ADD(b, b->domain, "features");

	ADD(b, features, "acpi");
	ADD(b, features, "apic");
	if (b->options.kvm_hidden)
		ADD(b, ADD(b, features, "kvm"), "hidden", "state", "on");
	/* Only code in system management mode may write the variables: else the guest could enroll keys of its own. */
	if (b->options.secure_boot)
		ADD(b, features, "smm", "state", "on");
}

const char *const emulated_features[] = { "popcnt", "sse4.1", "sse4.2", "ssse3", NULL };

static void add_features(struct build *b, xmlNode *cpu)
{
	for (const char *const *feature = emulated_features; *feature; feature++)
		ADD(b, cpu, "feature", "policy", "require", "name", *feature);
}

/* Memory is plugged into a node, so the guest has one. */
static void cpu_nodes(struct build *b, xmlNode *cpu)
{
	_cleanup_free_ char *cpus = text_format(b->options.max_vcpus > 1 ? "0-%u" : "0", b->options.max_vcpus - 1);
	xmlNode *cell;

	if (b->options.max_memory <= b->options.memory)
		return;
	cell = ADD(b, ADD(b, cpu, "numa"), "cell", "id", "0", "cpus", cpus);
	domain_xml_set_unsigned(&b->xml, cell, "memory", b->options.memory);
	domain_xml_set(&b->xml, cell, "unit", "MiB");
}

/*
 * host-passthrough needs KVM. Under emulation a small model is the quick one: 'maximum' switches on features that cost
 * (five-level page tables, SMAP), and an Intel model makes a Linux guest isolate its page tables, a flush per system call.
 */
void part_cpu(struct build *b)
{
	const char *model = b->options.type == GUEST_KVM ? NULL : b->platform->emulated_model;
	bool is_kvm = b->options.type == GUEST_KVM;
	xmlNode *cpu, *topology;

	cpu = ADD(b, b->domain, "cpu", "mode", is_kvm ? "host-passthrough" : model ? "custom" : "maximum", "match", model ? "exact" : NULL,
		  "check", "none", "migratable", is_kvm ? "on" : NULL);
	if (model)
		domain_xml_set_text(&b->xml, ADD(b, cpu, "model", "fallback", "forbid"), model);
	/* One socket: some systems license or limit by it. */
	topology = ADD(b, cpu, "topology", "sockets", "1");
	domain_xml_set_unsigned(&b->xml, topology, "cores", b->options.max_vcpus);
	domain_xml_set(&b->xml, topology, "threads", "1");
	if (model)
		add_features(b, cpu);
	cpu_nodes(b, cpu);
}

/* A guest that crashed stays down: its devices go back to a known state, and its console log stays readable. */
void part_lifecycle(struct build *b)
{
	ADD(b, b->domain, "clock", "offset", "utc");
	domain_xml_add_text(&b->xml, b->domain, "on_poweroff", "destroy");
	domain_xml_add_text(&b->xml, b->domain, "on_reboot", "restart");
	domain_xml_add_text(&b->xml, b->domain, "on_crash", "destroy");
}

void part_protection(struct build *b)
{
	if (b->options.secure_execution)
		ADD(b, b->domain, "launchSecurity", "type", "s390-pv");
}

/*
 * libvirt 9.0 has no element for it: <sysinfo type='fwcfg'> refuses names below opt/ovmf. Elements of QEMU's own namespace come
 * last, as libvirt writes them.
 */
void part_window(struct build *b)
{
	static const char uri[] = "http://libvirt.org/schemas/domain/qemu/1.0";
	_cleanup_free_ char *value = text_format(WINDOW_OPTION "%u", b->window);
	const char *words[] = { "-fw_cfg", value };
	xmlNode *line;

	if (!b->window)
		return;
	line = ADD(b, b->domain, "commandline");
	domain_xml_set_namespace(&b->xml, line, "qemu", uri);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		domain_xml_inherit_namespace(&b->xml, ADD(b, line, "arg", "value", words[i]));
}
