/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes: by which interface somebody is reached, and whose an address of ours is. */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "detect/route.h"

static bool matches(const struct route *route, const uint8_t address[16], bool is_ipv6)
{
	unsigned whole = route->prefix / 8, rest = route->prefix % 8;

	if (route->is_ipv6 != is_ipv6 || memcmp(route->network, address, whole) != 0)
		return false;
	return !rest || ((route->network[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

const struct route *route_find(const struct netifs *n, const uint8_t address[16], bool is_ipv6)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < n->n_routes; i++)
		if (matches(&n->routes[i], address, is_ipv6) && (!best || n->routes[i].prefix > best->prefix))
			best = &n->routes[i];
	return best;
}

int ip_parse(const char *text, uint8_t ret[16], bool *ret_is_ipv6)
{
	char plain[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "%/");

	if (*text == '[')
		n = strcspn(++text, "]%");
	else if (memchr(text, '.', n) && memchr(text, ':', n))
		n = strcspn(text, ":");
	if (n >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, n);
	plain[n] = '\0';
	*ret_is_ipv6 = strchr(plain, ':') != NULL;
	memset(ret, 0, 16);
	return inet_pton(*ret_is_ipv6 ? AF_INET6 : AF_INET, plain, ret) == 1 ? 0 : -EINVAL;
}

const struct netif *netifs_find_route(const struct netifs *n, const char *address)
{
	const struct route *route;
	uint8_t bytes[16];
	bool is_ipv6;

	if (strchr(address, '%') && netifs_find(n, strchr(address, '%') + 1))
		return netifs_find(n, strchr(address, '%') + 1);
	if (ip_parse(address, bytes, &is_ipv6) < 0)
		return NULL;
	route = route_find(n, bytes, is_ipv6);
	return route ? route->netif : NULL;
}

const struct netif *netifs_find_local(const struct netifs *n, const char *address)
{
	uint8_t wanted[16], own[16];
	bool is_ipv6, own_is_ipv6;

	if (netifs_find(n, address))
		return netifs_find(n, address);
	if (strchr(address, '%'))
		return netifs_find(n, strchr(address, '%') + 1);
	if (ip_parse(address, wanted, &is_ipv6) < 0)
		return NULL;
	for (size_t i = 0; i < n->n; i++)
		for (char **a = n->list[i].addresses; a && *a; a++)
			if (ip_parse(*a, own, &own_is_ipv6) == 0 && own_is_ipv6 == is_ipv6 && memcmp(own, wanted, 16) == 0)
				return &n->list[i];
	return NULL;
}
