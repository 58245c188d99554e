/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checksum that cksum(1) prints. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* POSIX.1-2017, "cksum": a CRC over the bytes and then their number. It tells contents apart; it does not stop a forger. */
uint32_t checksum(const void *data, size_t size);
