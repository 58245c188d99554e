/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything about one device, as text. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/terminal.h"
#include "cli/view_device.h"
#include "common/text.h"
#include "detect/names.h"

const char *verdict_color(const struct cli *cli, enum assessment a)
{
	static const char *const colors[] = {
		[ASSESS_ASSIGNABLE] = "\033[32m", [ASSESS_BOUND] = "\033[36m",   [ASSESS_ATTACHED] = "\033[36m",
		[ASSESS_BLOCKED] = "\033[31m",    [ASSESS_UNKNOWN] = "\033[33m",
	};

	return cli->color ? colors[a] : "";
}

static void print_field(const char *name, const char *value)
{
	printf("  %-16s ", name);
	print_cut(value, 4096);
	putchar('\n');
}

static void print_acs(const struct device *d, char *out, size_t size)
{
	const struct capabilities *c = &d->capabilities;
	static const struct {
		unsigned bit;
		const char *name;
	} bits[] = { { ACS_SV, "SV" }, { ACS_RR, "RR" }, { ACS_CR, "CR" }, { ACS_UF, "UF" } };
	size_t n;

	if (!c->is_complete) {
		snprintf(out, size, "ACS unknown (only root can read it)");
	} else if (!c->has_acs) {
		snprintf(out, size, "no ACS");
	} else if ((c->acs_enabled & ACS_NEEDED) == ACS_NEEDED) {
		snprintf(out, size, "ACS on");
	} else {
		n = (size_t)snprintf(out, size, "ACS lacks");
		for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
			if (!(c->acs_enabled & bits[i].bit))
				n += (size_t)snprintf(out + n, size - n, " %s", bits[i].name);
	}
}

/* From the device up to the root, one bridge a line. */
static void print_path(const struct host *host, const struct device *d)
{
	char acs[64];

	print_field("path to the root", d->path);
	for (const struct device *up = devices_find(&host->devices, d->parent); up; up = devices_find(&host->devices, up->parent)) {
		print_acs(up, acs, sizeof(acs));
		printf("    %s  %s\n", up->address, acs);
	}
}

static void print_group(const struct host *host, const struct device *d)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	_cleanup_free_ char *head = NULL;
	char what[512];

	if (!group) {
		print_field("IOMMU group", "none");
		return;
	}
	head = text_format("%d%s%s", group->id, group->type ? ", default domain " : "", group->type ? group->type : "");
	print_field("IOMMU group", head ? head : "");
	for (char **address = group->devices; address && *address; address++) {
		const struct device *member = devices_find(&host->devices, *address);

		if (!member || member == d)
			continue;
		device_describe(member, what, sizeof(what));
		printf("    %s  ", member->address);
		print_cut(what, 60);
		putchar('\n');
	}
	for (size_t i = 0; i < group->n_regions; i++) {
		printf("    reserved 0x%llx-0x%llx ", (unsigned long long)group->regions[i].start,
		       (unsigned long long)group->regions[i].end);
		print_cut(group->regions[i].type, 64);
		putchar('\n');
	}
}

static void print_firmware_regions(const struct reserved *reserved, const struct device *d)
{
	size_t n;
	const struct reservation *of = reserved_of(reserved, d, &n);

	for (size_t i = 0; i < n; i++) {
		const struct firmware_region *region = &reserved->regions[of[i].region];

		printf("  %-16s 0x%llx-0x%llx, %s of %s%s\n", i ? "" : "firmware holds", (unsigned long long)region->start,
		       (unsigned long long)region->end, region->kind, region->table,
		       of[i].is_relaxable ? ", which the kernel lets go of" : "");
	}
}

static void print_bars(const struct device *d)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };

	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++) {
		unsigned long long size = d->bars[i].size;
		size_t unit = 0;

		if (!size)
			continue;
		for (; size >= 1024 && size % 1024 == 0 && unit + 1 < ARRAY_SIZE(units); unit++)
			size /= 1024;
		printf("  BAR %zu            %llu %s, %s%s%s\n", i, size, units[unit], d->bars[i].is_io ? "I/O" : "memory",
		       d->bars[i].is_64bit ? ", 64-bit" : "", d->bars[i].is_prefetchable ? ", prefetchable" : "");
	}
}

static void print_identity(const struct device *d)
{
	char text[512];

	device_describe(d, text, sizeof(text));
	printf("%s  ", d->address);
	print_cut(text, 4096);
	printf("\n  %-16s %s\n", "class", class_name(d, text, sizeof(text)));
	printf("  %-16s %04x:%04x, subsystem %04x:%04x, revision %02x\n", "ids", d->vendor, d->product, d->subsystem_vendor,
	       d->subsystem_product, d->revision);
	print_field("driver", d->driver ? d->driver : "none");
	if (d->driver_override)
		print_field("driver override", d->driver_override);
	if (d->serial)
		print_field(d->serial_remembered ? "serial (last seen)" : "serial", d->serial);
	if (d->capabilities.has_serial)
		printf("  %-16s %016llx\n", "PCIe serial", (unsigned long long)d->capabilities.serial);
	if (d->firmware)
		print_field("device firmware", d->firmware);
	if (d->slot)
		print_field("slot", d->slot);
	if (d->numa_node >= 0)
		printf("  %-16s %d\n", "NUMA node", d->numa_node);
	if (d->link_speed) {
		snprintf(text, sizeof(text), "%s x%s (at most %s x%s)", d->link_speed, d->link_width ? d->link_width : "?",
			 d->link_speed_max ? d->link_speed_max : "?", d->link_width_max ? d->link_width_max : "?");
		print_field("link", text);
	}
	if (d->max_vfs)
		printf("  %-16s %zu of %u\n", "VFs", strv_length(d->virtual_functions), d->max_vfs);
	if (d->physical_function)
		print_field("VF of", d->physical_function);
}

int device_print(const struct cli *cli, const struct host *host, const struct uses *uses, const struct device *d)
{
	_cleanup_(strv_freep) char **reasons = NULL;
	_cleanup_free_ char *methods = NULL;
	enum assessment assessment;
	const struct use *use;
	size_t n;
	int r;

	r = device_assess(host, uses, d, &assessment, &reasons);
	if (r < 0)
		return r;
	print_identity(d);
	methods = strv_join(d->reset_methods, " ");
	print_field("reset methods", !d->reset_methods_known ? "unknown (before Linux 5.15)" : methods && *methods ? methods : "none");
	print_bars(d);
	print_path(host, d);
	print_group(host, d);
	print_firmware_regions(&host->reserved, d);
	use = uses_of(uses, d, &n);
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *chain = text_format("%s%s%s", use[i].via, *use[i].via ? " → " : "", use[i].what);

		print_field(i ? "" : "used by", chain ? chain : "");
	}
	printf("  %-16s %s%s%s\n", "verdict", verdict_color(cli, assessment), assessment_name(assessment), cli->color ? "\033[0m" : "");
	for (char **reason = reasons; reason && *reason; reason++)
		print_field("", *reason);
	return 0;
}
