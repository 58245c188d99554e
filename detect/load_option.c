/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot entry of the firmware: what a Boot#### variable holds (EFI_LOAD_OPTION, UEFI specification 2.10, 3.1.3). */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/load_option.h"

#define LOAD_OPTION_ACTIVE 0x1
#define HEAD_SIZE 6 /* attributes, and the length of the device path */

/* Nodes of a device path (UEFI 2.10, chapter 10.3) as type << 8 | subtype. */
#define NODE_PCI 0x0101
#define NODE_ACPI 0x0201
#define NODE_MAC 0x030b
#define NODE_IPV4 0x030c
#define NODE_IPV6 0x030d
#define NODE_URI 0x0318
#define NODE_HARD_DRIVE 0x0401
#define NODE_FILE 0x0404
#define NODE_HEAD 4
#define NODE_END_TYPE 0x7f
#define HID_PCI 0x0a0341d0  /* PNP0A03 as a compressed EISA id */
#define HID_PCIE 0x0a0841d0 /* PNP0A08 */

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

void load_option_done(struct load_option *o)
{
	free(o->label);
	free(o->partition_uuid);
	free(o->file);
	free(o->pci_path);
	*o = (struct load_option){};
}

static void append_utf8(struct text *t, uint32_t c)
{
	char s[4];

	if (c < 0x80) {
		s[0] = (char)c;
		text_append_bytes(t, s, 1);
	} else if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		text_append_bytes(t, s, 2);
	} else if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		text_append_bytes(t, s, 3);
	} else {
		s[0] = (char)(0xf0 | c >> 18);
		s[1] = (char)(0x80 | (c >> 12 & 0x3f));
		s[2] = (char)(0x80 | (c >> 6 & 0x3f));
		s[3] = (char)(0x80 | (c & 0x3f));
		text_append_bytes(t, s, 4);
	}
}

char *utf16_to_utf8(const void *data, size_t n)
{
	const uint8_t *p = data;
	struct text t = {};

	for (size_t i = 0; i < n && get16(p + 2 * i); i++) {
		uint32_t c = get16(p + 2 * i), low = i + 1 < n ? get16(p + 2 * i + 2) : 0;

		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i++;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		append_utf8(&t, c);
	}
	return text_take(&t);
}

/* The GUID's first three fields are little-endian, the rest is in the order it is written (UEFI 2.10, appendix A). */
static char *guid_format(const uint8_t *g)
{
	return text_format("%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", get32(g), get16(g + 4), get16(g + 6), g[8], g[9], g[10], g[11],
			   g[12], g[13], g[14], g[15]);
}

/* number u32, start u64, size u64, signature 16 bytes, format u8, kind of signature u8 (1: MBR's 32 bits, 2: GUID) */
static int parse_hard_drive(const uint8_t *node, size_t size, struct load_option *o)
{
	const uint8_t *signature = node + 24;

	if (size < 42 || o->partition_uuid)
		return 0;
	if (node[41] == 2)
		o->partition_uuid = guid_format(signature);
	else if (node[41] == 1)
		o->partition_uuid = text_format("%08x-%02x", get32(signature), get32(node + 4));
	else
		return 0;
	return o->partition_uuid ? 0 : -ENOMEM;
}

static int parse_pci(const uint8_t *node, struct load_option *o)
{
	char *longer = text_format("%s%s%02x.%x", o->pci_path ? o->pci_path : "", o->pci_path ? "/" : "", node[5] & 0x1fu, node[4] & 7u);

	if (!longer)
		return -ENOMEM;
	free(o->pci_path);
	o->pci_path = longer;
	return 0;
}

/* `in_pci`: all nodes until now were a host bridge and functions below it. */
static int parse_node(const uint8_t *node, size_t size, struct load_option *o, bool *in_pci)
{
	unsigned kind = (unsigned)node[0] << 8 | node[1];
	bool is_first = *in_pci && !o->pci_path && !o->has_pci;
	bool is_pci = false;
	int r = 0;

	if (kind == NODE_ACPI && is_first && size >= 12 && (get32(node + 4) == HID_PCI || get32(node + 4) == HID_PCIE)) {
		o->root_uid = get32(node + 8);
		o->has_pci = is_pci = true;
	} else if (kind == NODE_PCI && *in_pci && o->has_pci && size >= 6) {
		r = parse_pci(node, o);
		is_pci = true;
	} else if (kind == NODE_HARD_DRIVE) {
		r = parse_hard_drive(node, size, o);
	} else if (kind == NODE_FILE && !o->file) {
		o->file = utf16_to_utf8(node + NODE_HEAD, (size - NODE_HEAD) / 2);
		r = o->file ? 0 : -ENOMEM;
	} else if (kind == NODE_MAC || kind == NODE_IPV4 || kind == NODE_IPV6 || kind == NODE_URI) {
		o->is_network = true;
	}
	*in_pci = *in_pci && is_pci;
	return r;
}

/* Only the first path of the list says what is started; what follows is the entry's own business. */
static int parse_path(const uint8_t *path, size_t size, struct load_option *o)
{
	bool in_pci = true;
	int r;

	for (size_t at = 0; size - at >= NODE_HEAD;) {
		size_t length = get16(path + at + 2);

		if (length < NODE_HEAD || length > size - at)
			return -EINVAL;
		if (path[at] == NODE_END_TYPE)
			break;
		r = parse_node(path + at, length, o, &in_pci);
		if (r < 0)
			return r;
		at += length;
	}
	o->has_pci = o->pci_path != NULL;
	return 0;
}

int load_option_parse(const void *data, size_t size, struct load_option *ret)
{
	_cleanup_(load_option_done) struct load_option o = {};
	const uint8_t *bytes = data;
	size_t path_size, label = 0;
	int r;

	if (size < HEAD_SIZE + 2)
		return -EINVAL;
	o.is_active = get32(bytes) & LOAD_OPTION_ACTIVE;
	path_size = get16(bytes + 4);
	while (HEAD_SIZE + 2 * label + 2 <= size && get16(bytes + HEAD_SIZE + 2 * label))
		label++;
	/* A description without an end, or a path that would begin or end behind the variable. */
	if (HEAD_SIZE + 2 * label + 2 > size || path_size > size - HEAD_SIZE - 2 * label - 2)
		return -EINVAL;
	o.label = utf16_to_utf8(bytes + HEAD_SIZE, label);
	if (!o.label)
		return -ENOMEM;
	r = parse_path(bytes + HEAD_SIZE + 2 * label + 2, path_size, &o);
	if (r < 0)
		return r;
	*ret = TAKE(o);
	return 0;
}
