/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes: by which interface somebody is reached, and whose an address of ours is. */
#pragma once

#include "detect/netif.h"

/* "192.0.2.9:3260", "[2001:db8::9]:3260" and "2001:db8::9" as bytes, those of IPv4 the first four; -EINVAL. */
int ip_parse(const char *text, uint8_t ret[16], bool *ret_is_ipv6);
/* The longest route that matches; NULL: none. */
const struct route *route_find(const struct netifs *n, const uint8_t address[16], bool is_ipv6);
