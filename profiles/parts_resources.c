/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts: memory and CPUs of a domain, and where on the host they are. */

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/parts.h"

static xmlNode *add_mib(struct build *b, const char *name, unsigned mib)
{
	_cleanup_free_ char *text = text_format("%u", mib);
	xmlNode *node;

	node = domain_xml_add_text(&b->xml, b->domain, name, text ? text : "");
	domain_xml_set(&b->xml, node, "unit", "MiB");
	return node;
}

static void add_pages(struct build *b)
{
	static const struct {
		const char *size, *unit;
	} words[] = { [HUGEPAGES_1M] = { "1", "MiB" }, [HUGEPAGES_2M] = { "2", "MiB" }, [HUGEPAGES_1G] = { "1", "GiB" } };
	xmlNode *backing;

	if (b->pages == HUGEPAGES_OFF)
		return;
	backing = ADD(b, b->domain, "memoryBacking");
	ADD(b, ADD(b, backing, "hugepages"), "page", "size", words[b->pages].size, "unit", words[b->pages].unit);
}

void part_memory(struct build *b)
{
	const struct guest_options *o = &b->options;

	if (o->max_memory > o->memory)
		domain_xml_set(&b->xml, add_mib(b, "maxMemory", o->max_memory), "slots", MEMORY_SLOTS);
	add_mib(b, "memory", o->memory);
	add_pages(b);
}

static void add_iothreads(struct build *b)
{
	_cleanup_free_ char *text = text_format("%u", b->options.iothreads);

	if (b->options.iothreads)
		domain_xml_add_text(&b->xml, b->domain, "iothreads", text ? text : "");
}

/* The virtual CPUs take the set of the domain (<vcpu cpuset=>): all float over it, with KVM and in emulation. */
static void add_tuning(struct build *b)
{
	xmlNode *tune, *memory;

	if (!b->placement.cpus)
		return;
	tune = ADD(b, b->domain, "cputune");
	ADD(b, tune, "emulatorpin", "cpuset", b->placement.emulator_cpus);
	for (unsigned i = 1; i <= b->options.iothreads; i++) {
		xmlNode *pin = ADD(b, tune, "iothreadpin");

		domain_xml_set_unsigned(&b->xml, pin, "iothread", i);
		domain_xml_set(&b->xml, pin, "cpuset", b->placement.emulator_cpus);
	}
	memory = ADD(b, ADD(b, b->domain, "numatune"), "memory", "mode", "strict");
	domain_xml_set_unsigned(&b->xml, memory, "nodeset", (unsigned)b->placement.node);
}

void part_cpus(struct build *b)
{
	_cleanup_free_ char *text = text_format("%u", b->options.max_vcpus);
	xmlNode *node = domain_xml_add_text(&b->xml, b->domain, "vcpu", text ? text : "");

	domain_xml_set(&b->xml, node, "placement", "static");
	if (b->placement.cpus)
		domain_xml_set(&b->xml, node, "cpuset", b->placement.cpus);
	if (b->options.max_vcpus > b->options.vcpus)
		domain_xml_set_unsigned(&b->xml, node, "current", b->options.vcpus);
	add_iothreads(b);
	add_tuning(b);
}
