/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksum that cksum(1) prints. */

#include "common/checksum.h"

#define POLYNOMIAL 0x04c11db7u

static uint32_t add(uint32_t crc, unsigned char byte)
{
	crc ^= (uint32_t)byte << 24;
	for (int bit = 0; bit < 8; bit++)
		crc = crc << 1 ^ (crc & 0x80000000u ? POLYNOMIAL : 0);
	return crc;
}

uint32_t checksum(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	uint32_t crc = 0;

	for (size_t i = 0; i < size; i++)
		crc = add(crc, bytes[i]);
	for (; size; size >>= 8)
		crc = add(crc, size & 0xff);
	return ~crc;
}
