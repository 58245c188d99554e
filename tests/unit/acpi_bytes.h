/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI tables for tests: those of real machines, and such as are put together structure by structure. */
#pragma once

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bytes {
	uint8_t data[4096];
	size_t size;
};

/* A file of tests/hosts/acpi. */
static inline struct bytes bytes_load(const char *name)
{
	const char *tests = getenv("SLIPWAY_TESTS");
	struct bytes b = {};
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/hosts/acpi/%s", tests ? tests : "tests", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, b.data, sizeof(b.data));
	if (n <= 0)
		abort();
	close(fd);
	b.size = (size_t)n;
	return b;
}

static inline void bytes_number(uint8_t *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Length and checksum are made right. */
static inline void bytes_seal(struct bytes *b)
{
	uint8_t sum = 0;

	bytes_number(b->data + 4, b->size, 4);
	b->data[9] = 0;
	for (size_t i = 0; i < b->size; i++)
		sum = (uint8_t)(sum + b->data[i]);
	b->data[9] = (uint8_t)-sum;
}

/* An empty table: what it has before its first structure. */
static inline struct bytes bytes_table(const char *signature)
{
	struct bytes b = { .size = 48 };

	memcpy(b.data, signature, 4);
	return b;
}

static inline uint8_t *bytes_add(struct bytes *b, const void *data, size_t size)
{
	uint8_t *at = b->data + b->size;

	if (size > sizeof(b->data) - b->size)
		abort();
	memcpy(at, data, size);
	b->size += size;
	return at;
}

/* A DRHD for all devices of a segment. */
static inline void bytes_unit(struct bytes *b, unsigned segment, uint64_t base)
{
	uint8_t *at = bytes_add(b, (const uint8_t[16]){ 0, 0, 16, 0, 1 }, 16);

	bytes_number(at + 6, segment, 2);
	bytes_number(at + 8, base, 8);
}

/* An RMRR with one scope; kind 1 endpoint, 2 bridge; hops: (device, function) pairs. */
static inline void bytes_rmrr(struct bytes *b, unsigned segment, uint64_t base, uint64_t limit, uint8_t kind, uint8_t bus,
			      const uint8_t *hops, size_t n)
{
	uint8_t *at = bytes_add(b, (const uint8_t[24]){ 1, 0, (uint8_t)(30 + 2 * n), 0 }, 24);

	bytes_number(at + 6, segment, 2);
	bytes_number(at + 8, base, 8);
	bytes_number(at + 16, limit, 8);
	bytes_add(b, (const uint8_t[6]){ kind, (uint8_t)(6 + 2 * n), 0, 0, 0, bus }, 6);
	bytes_add(b, hops, 2 * n);
}

/* An IVMD; type 0x20 all, 0x21 one, 0x22 range; flags 1 unity, 8 exclusion. */
static inline void bytes_ivmd(struct bytes *b, uint8_t type, uint8_t flags, unsigned first, unsigned last, uint64_t start, uint64_t length)
{
	uint8_t *at = bytes_add(b, (const uint8_t[32]){ type, flags, 32, 0 }, 32);

	bytes_number(at + 4, first, 2);
	bytes_number(at + 6, last, 2);
	bytes_number(at + 16, start, 8);
	bytes_number(at + 24, length, 8);
}

/* An IVHD of type 0x10 with no device entries. */
static inline void bytes_ivhd(struct bytes *b, uint64_t base)
{
	uint8_t *at = bytes_add(b, (const uint8_t[24]){ 0x10, 0, 24, 0 }, 24);

	bytes_number(at + 8, base, 8);
}
