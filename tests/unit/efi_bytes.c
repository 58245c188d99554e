/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI boot entries, byte by byte, for tests. */

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/efi_bytes.h"

static const unsigned char guid[] = { 0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 1, 2, 3, 4, 5, 6, 7, 8 };

static void put(struct efi_bytes *b, const void *data, size_t size)
{
	if (b->size + size > sizeof(b->data))
		abort();
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

static void put_head(struct efi_bytes *b, unsigned char type, unsigned char subtype, size_t size)
{
	const unsigned char head[] = { type, subtype, (unsigned char)size, (unsigned char)(size >> 8) };

	put(b, head, sizeof(head));
}

void efi_utf16(struct efi_bytes *b, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text;; s++) {
		unsigned c = *s;

		if (c >= 0xc0)
			c = (c & 0x1fu) << 6 | (*++s & 0x3fu);
		put(b, (const unsigned char[]){ (unsigned char)c, (unsigned char)(c >> 8) }, 2);
		if (!c)
			break;
	}
}

size_t efi_option(struct efi_bytes *b, const char *label)
{
	put(b, "\1\0\0\0\0\0", 6);
	efi_utf16(b, label);
	return b->size;
}

void efi_hard_drive(struct efi_bytes *b, unsigned char kind)
{
	unsigned char tail[2] = { kind == 2 ? 2 : 1, kind };

	put_head(b, 4, 1, 42);
	put(b, "\3\0\0\0" "\0\10\0\0\0\0\0\0" "\0\0\20\0\0\0\0\0", 20);
	put(b, guid, sizeof(guid));
	put(b, tail, 2);
}

void efi_file(struct efi_bytes *b, const char *path)
{
	put_head(b, 4, 4, 4 + 2 * (strlen(path) + 1));
	efi_utf16(b, path);
}

void efi_nodes(struct efi_bytes *b, const char *letters)
{
	for (; *letters; letters++)
		switch (*letters) {
		case 'r':
			put_head(b, 2, 1, 12);
			put(b, "\xd0\x41\x08\x0a\0\0\0\0", 8);
			break;
		case 'p':
			put_head(b, 1, 1, 6);
			put(b, "\0\6", 2);
			break;
		case 'n':
			put_head(b, 3, 0x17, 16);
			put(b, "\1\0\0\0\0\0\0\0\0\0\0\0", 12);
			break;
		case 'x':
			put_head(b, 3, 0x0b, 37);
			put(b, "\x52\x54\0\x12\x34\x56\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 33);
			break;
		case 'u':
			put_head(b, 3, 0x18, 4);
			break;
		default:
			efi_hard_drive(b, *letters == 'g' ? 2 : *letters == 'm' ? 1 : 0);
		}
}

void efi_end(struct efi_bytes *b, size_t path)
{
	put_head(b, 0x7f, 0xff, 4);
	b->data[4] = (unsigned char)(b->size - path);
	b->data[5] = (unsigned char)((b->size - path) >> 8);
}

void tree_put_variable(struct tree *t, const char *name, const void *data, size_t size)
{
	_cleanup_free_ char *path = text_format("sys/firmware/efi/efivars/%s-8be4df61-93ca-11d2-aa0d-00e098032b8c", name);
	_cleanup_free_ unsigned char *content = malloc(size + 4);

	if (!path || !content)
		abort();
	memcpy(content, (const unsigned char[]){ 7, 0, 0, 0 }, 4);
	memcpy(content + 4, data, size);
	tree_put_bytes(t, path, content, size + 4);
}
