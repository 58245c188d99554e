/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drawing of the machine, as SVG inside the page. */

#include <string.h>

#include "cli/html/escape.h"
#include "cli/html/page.h"
#include "common/cleanup.h"
#include "detect/names.h"
#include "passthrough/closure.h"

#define STRIPE 24

/* PCI Code and ID Assignment Specification: base class and sub-class, in the words of the field. */
static const char *short_class(const struct device *d)
{
	static const struct {
		unsigned value, mask;
		const char *word;
	} words[] = {
		{ 0x010802, 0xffffff, "NVMe" },     { 0x010600, 0xffff00, "SATA" },      { 0x010700, 0xffff00, "SAS" },
		{ 0x010400, 0xffff00, "RAID" },     { 0x010000, 0xff0000, "storage" },   { 0x020700, 0xffff00, "InfiniBand" },
		{ 0x028000, 0xffff00, "wireless" }, { 0x020000, 0xff0000, "network" },   { 0x030000, 0xff0000, "display" },
		{ 0x040300, 0xffff00, "audio" },    { 0x040000, 0xff0000, "media" },     { 0x050000, 0xff0000, "memory" },
		{ 0x060000, 0xffff00, "host" },     { 0x060100, 0xffff00, "LPC/ISA" },   { 0x060400, 0xffff00, "bridge" },
		{ 0x060000, 0xff0000, "bridge" },   { 0x070000, 0xff0000, "serial" },    { 0x0c0300, 0xffff00, "USB" },
		{ 0x0c0500, 0xffff00, "SMBus" },    { 0x0c0000, 0xff0000, "bus" },       { 0x080600, 0xffff00, "IOMMU" },
		{ 0x080000, 0xff0000, "system" },   { 0x100000, 0xff0000, "crypto" },    { 0x110000, 0xff0000, "signal" },
		{ 0x120000, 0xff0000, "accelerator" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((d->class & words[i].mask) == words[i].value)
			return words[i].word;
	return "";
}

/* There is room for a few words: no vendor, who says "Corporation" before anything else. */
static void short_name(const struct device *d, char *out, size_t size)
{
	if (d->model)
		snprintf(out, size, "%s", d->model);
	else if (!*device_name(d, out, size))
		device_describe(d, out, size);
}

/* Without the domain where that is 0, as everybody writes it. */
static const char *short_address(const struct device *d)
{
	return d->domain ? d->address : d->address + strlen("0000:");
}

static const char *port_word(const struct device *d)
{
	static const char *const words[] = { [4] = "root port", [5] = "upstream port", [6] = "downstream port", [7] = "bridge to PCI", [8] = "bridge to PCIe" };
	unsigned type = d->capabilities.pcie_type;

	if (!d->is_bridge)
		return short_class(d);
	return d->capabilities.is_pcie && type < ARRAY_SIZE(words) && words[type] ? words[type] : "bridge";
}

/* A port that should keep its devices apart, and is seen not to (PCIe 6.12: root ports and downstream ports). */
static bool lacks_acs(const struct device *d)
{
	const struct capabilities *c = &d->capabilities;

	return c->is_complete && c->is_pcie && (c->pcie_type == 4 || c->pcie_type == 6) && (c->acs_enabled & ACS_NEEDED) != ACS_NEEDED;
}

static void add_rect(struct text *t, const char *class, int x, int y, int width, int height, int round)
{
	text_printf(t, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>", class, x, y, width, height, round);
}

/* The widths are those of a wide font at 11 pixels, since nobody knows the reader's. */
static int pixels_of(const char *c)
{
	if (((unsigned char)*c & 0xc0) == 0x80)
		return 0;
	return strchr("iljtfI.,:;'|![]()/- ", *c) ? 4 : (*c & 0x80) ? 11 : *c >= 'a' && *c != 'm' && *c != 'w' ? 7 : 8;
}

/* As much of the text as surely fits. */
static void add_fitting(struct text *t, const char *s, int pixels)
{
	size_t room = 0;
	int used = 0;

	for (const char *p = s; *p; p++) {
		used += pixels_of(p);
		if (used > pixels)
			break;
		room += ((unsigned char)*p & 0xc0) != 0x80;
	}
	html_cut(t, s, room);
}

/* Its end, where not all of it fits: drives of one make begin alike. */
static void add_end(struct text *t, const char *s, int pixels)
{
	int used = 0, all = 0;
	size_t room = 0;

	for (const char *p = s; *p; p++)
		all += pixels_of(p);
	if (all > pixels) {
		text_append(t, "\xe2\x80\xa6");
		used = 11;
	}
	/* Whole characters go, until the rest fits. */
	while (*s && (used + all > pixels || ((unsigned char)*s & 0xc0) == 0x80))
		all -= pixels_of(s++);
	/* Bytes that are no UTF-8 are a character each, and wider than they were counted. */
	for (const char *p = s; *p; p++)
		room += ((unsigned char)*p & 0xc0) != 0x80;
	html_cut(t, s, room);
}

/* Everything about the device in one sentence, for those who hear the page, and as the tooltip where no script runs. */
static char *sentence(const struct page *page, const struct device *d)
{
	const struct appraisal *j = page_appraisal(page, d);
	struct text t = {};
	char what[512];

	device_describe(d, what, sizeof(what));
	text_printf(&t, "%s %s, %s", d->address, what, assessment_name(j->assessment));
	if (d->iommu_group >= 0)
		text_printf(&t, ", IOMMU group %d", d->iommu_group);
	text_printf(&t, ", driver %s", d->driver ? d->driver : "none");
	for (char **reason = j->reasons; reason && *reason; reason++)
		text_printf(&t, "; %s", *reason);
	for (char **caution = j->cautions; caution && *caution; caution++)
		text_printf(&t, "; care: %s", *caution);
	return text_take(&t);
}

/* A device or a bridge is a link to its row in the table, which the keyboard reaches, too. */
static void open_link(struct text *t, const struct page *page, const struct device *d, const char *class)
{
	_cleanup_free_ char *said = sentence(page, d);

	text_printf(t, "<a class=\"%s %s\" tabindex=\"0\" role=\"link\" href=\"#d-%s\" data-id=\"%s\"", class, page_kind(page, d), d->address, d->address);
	if (d->iommu_group >= 0)
		text_printf(t, " data-group=\"%d\"", d->iommu_group);
	else
		text_append(t, " data-group=\"\"");
	html_attribute(t, "aria-label", said);
	text_append(t, "><title>");
	html_text(t, said);
	text_append(t, "</title>");
}

static void add_device(struct text *t, const struct page *page, const struct box *b)
{
	const struct device *d = b->device;
	int room = d->slot ? 74 : DEVICE_WIDTH - STRIPE - 12;
	char what[512];

	short_name(d, what, sizeof(what));
	open_link(t, page, d, "chip");
	add_rect(t, "body", b->x, b->y, b->width, b->height, 6);
	text_printf(t, "<path class=\"stripe\" d=\"M%d %dh%dv%dh-%da6 6 0 0 1-6-6v-%da6 6 0 0 1 6-6z\"/>", b->x + 6, b->y, STRIPE - 6, b->height,
		    STRIPE - 6, b->height - 12);
	text_printf(t, "<use href=\"#i-%s\" x=\"%d\" y=\"%d\" width=\"16\" height=\"16\"/>", page_kind(page, d), b->x + 4, b->y + b->height / 2 - 8);
	text_printf(t, "<text class=\"strong\" x=\"%d\" y=\"%d\">%s</text>", b->x + STRIPE + 7, b->y + 16, short_address(d));
	text_printf(t, "<text class=\"soft\" text-anchor=\"end\" x=\"%d\" y=\"%d\">%s</text>", b->x + b->width - 7, b->y + 16, short_class(d));
	text_printf(t, "<text x=\"%d\" y=\"%d\">", b->x + STRIPE + 7, b->y + 31);
	add_fitting(t, what, DEVICE_WIDTH - STRIPE - 12);
	text_printf(t, "</text><text class=\"soft\" x=\"%d\" y=\"%d\">", b->x + STRIPE + 7, b->y + 45);
	/* Drives of one model are told apart by their serial numbers; who has them is seen by the colour. */
	if (d->serial)
		add_end(t, d->serial, room);
	else
		add_fitting(t, d->driver ? d->driver : "no driver", room);
	text_append(t, "</text>");
	if (d->slot) {
		text_printf(t, "<text class=\"soft\" text-anchor=\"end\" x=\"%d\" y=\"%d\">slot ", b->x + b->width - 7, b->y + 45);
		add_fitting(t, d->slot, 36);
		text_append(t, "</text>");
	}
	text_printf(t, "<rect class=\"ring\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"7\"/></a>\n", b->x - 2, b->y - 2, b->width + 4, b->height + 4);
}

/* The group of a bridge that has a box around it is written on that box. */
static void add_bridge(struct text *t, const struct page *page, const struct box *b, int around)
{
	const struct device *d = b->device;
	bool wide = b->width > DEVICE_WIDTH + 40;

	open_link(t, page, d, "bridge");
	add_rect(t, "frame", b->x, b->y, b->width, b->height, 6);
	text_printf(t, "<text x=\"%d\" y=\"%d\"><tspan class=\"strong\">%s</tspan><tspan class=\"soft\" dx=\"6\">%s", b->x + 8, b->y + 15, short_address(d),
		    port_word(d));
	if (b->n && d->iommu_group >= 0 && d->iommu_group != around)
		text_printf(t, "%s%d", wide ? ", group " : ", g", d->iommu_group);
	text_append(t, "</tspan></text>");
	if (b->n && lacks_acs(d))
		text_printf(t, "<text class=\"alarm\" text-anchor=\"end\" x=\"%d\" y=\"%d\">no ACS</text>", b->x + b->width - 7, b->y + 15);
	text_printf(t, "<rect class=\"ring\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"7\"/></a>\n", b->x - 2, b->y - 2, b->width + 4, b->height + 4);
}

static size_t count_endpoints(const struct host *host, int number)
{
	const struct iommu_group *group = iommu_find(&host->iommu, number);
	size_t n = 0;

	for (char **address = group ? group->devices : NULL; address && *address; address++) {
		const struct device *d = devices_find(&host->devices, *address);

		n += d && !device_is_infrastructure(d);
	}
	return n;
}

static void add_group(struct text *t, const struct page *page, const struct box *b, enum box_kind inside)
{
	size_t n = count_endpoints(page->host, b->number);
	char label[48];
	int length;

	length = snprintf(label, sizeof(label), n > 1 ? "group %d, %zu devices" : "group %d", b->number, n);
	text_printf(t, "<g class=\"group%s\" data-group=\"%d\">", n > 1 ? " shared" : "", b->number);
	add_rect(t, "frame", b->x, b->y + 5, b->width, b->height - 5, 5);
	add_rect(t, inside == BOX_BRIDGE ? "tab inner" : "tab", b->x + 7, b->y, length * (n > 1 ? 11 : 10) / 2 + 8, 11, 2);
	text_printf(t, "<text x=\"%d\" y=\"%d\">%s</text></g>\n", b->x + 11, b->y + 9, label);
}

static void add_node(struct text *t, const struct page *page, const struct box *b)
{
	add_rect(t, "node", b->x, b->y, b->width, b->height, 10);
	text_printf(t, "<text class=\"title\" x=\"%d\" y=\"%d\">", b->x + 14, b->y + 22);
	if (b->number >= 0)
		text_printf(t, "NUMA node %d</text>\n", b->number);
	else
		text_printf(t, "%s</text>\n", page->host->devices.n ? "no NUMA node" : "no PCI devices");
}

static void add_root(struct text *t, const struct box *b)
{
	const char *path = b->device->path;

	add_rect(t, "root", b->x, b->y, b->width, b->height, 8);
	text_printf(t, "<text class=\"soft\" x=\"%d\" y=\"%d\">root complex ", b->x + 11, b->y + 18);
	for (size_t n = path ? strcspn(path, "/") : 0, i = 0; i < n; i++) {
		const char one[] = { path[i], '\0' };

		html_text(t, one);
	}
	text_append(t, "</text>\n");
}

/* `around`: the group that there is a box for. */
static void add_box(struct text *t, const struct page *page, const struct box *b, enum box_kind inside, int around)
{
	switch (b->kind) {
	case BOX_MACHINE:
		break;
	case BOX_NODE:
		add_node(t, page, b);
		break;
	case BOX_ROOT:
		add_root(t, b);
		break;
	case BOX_BRIDGE:
		add_bridge(t, page, b, around);
		break;
	case BOX_GROUP:
		add_group(t, page, b, inside);
		around = b->number;
		break;
	case BOX_DEVICE:
		add_device(t, page, b);
		break;
	}
	for (size_t i = 0; i < b->n; i++)
		add_box(t, page, b->children[i], b->kind, around);
}

void page_add_drawing(struct text *t, const struct page *page, const struct box *machine)
{
	text_printf(t, "<figure class=\"drawing\"><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"-4 -4 %d %d\" role=\"group\" "
		       "aria-label=\"The machine: NUMA nodes, root complexes, bridges, IOMMU groups and devices\">\n",
		    machine->width + 8, machine->height + 8, machine->width + 8, machine->height + 8);
	add_box(t, page, machine, BOX_MACHINE, -1);
	text_append(t, "</svg></figure>\n");
}
