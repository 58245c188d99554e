/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IPv4 routes of the running kernel that proc/net/route does not show: of a route with several next hops it has the
 * first alone, and tables other than main it has not (rtnetlink(7)).
 */

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/text.h"
#include "detect/netif_tables.h"
#include "detect/rtnetlink.h"

struct hop {
	unsigned link;     /* number of the interface; 0: not told */
	in_addr_t gateway; /* 0: none, or one of IPv6 */
};

/* What of a route or of one of its next hops stands in these attributes. */
static struct hop parse_hop(const struct rtattr *a, size_t size, in_addr_t *ret_network, uint32_t *ret_table, const struct rtattr **ret_hops)
{
	struct hop hop = {};

	for (; RTA_OK(a, size); a = RTA_NEXT(a, size))
		switch (a->rta_type) {
		case RTA_OIF:
			memcpy(&hop.link, RTA_DATA(a), sizeof(hop.link));
			break;
		case RTA_GATEWAY:
			memcpy(&hop.gateway, RTA_DATA(a), sizeof(hop.gateway));
			break;
		case RTA_DST:
			if (ret_network)
				memcpy(ret_network, RTA_DATA(a), sizeof(*ret_network));
			break;
		case RTA_TABLE:
			if (ret_table)
				memcpy(ret_table, RTA_DATA(a), sizeof(*ret_table));
			break;
		case RTA_MULTIPATH:
			if (ret_hops)
				*ret_hops = a;
			break;
		default:
			break;
		}
	return hop;
}

/* A default route of another table is none that all of the host goes by, and is told as any other. */
static int add_hop(struct netifs *netifs, struct hop hop, in_addr_t network, unsigned prefix, uint32_t table)
{
	char name[IF_NAMESIZE], network_text[INET_ADDRSTRLEN], text[64];
	struct netif *n = hop.link && if_indextoname(hop.link, name) ? netifs_own(netifs, name) : NULL;

	if (!n)
		return 0;
	if (table == RT_TABLE_MAIN)
		return netif_add_route4(n, network, prefix, hop.gateway);
	inet_ntop(AF_INET, &network, network_text, sizeof(network_text));
	snprintf(text, sizeof(text), "%s/%u in table %u", network_text, prefix, table);
	return strv_length(n->routes) >= NAMED_MOST ? 0 : strv_add_new(&n->routes, text);
}

static int add_route(struct netifs *netifs, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	const struct rtattr *hops = NULL;
	uint32_t table = route->rtm_table;
	in_addr_t network = 0;
	struct hop only;
	int r = 0;

	only = parse_hop(RTM_RTA(route), RTM_PAYLOAD(message), &network, &table, &hops);
	if (route->rtm_type != RTN_UNICAST || table == RT_TABLE_LOCAL || route->rtm_flags & RTM_F_CLONED)
		return 0;
	if (!hops)
		return add_hop(netifs, only, network, route->rtm_dst_len, table);
	for (const struct rtnexthop *next = RTA_DATA(hops); r >= 0;) {
		int left = (int)RTA_PAYLOAD(hops) - (int)((const char *)next - (const char *)RTA_DATA(hops));
		struct hop hop;

		if (left < (int)sizeof(*next) || !RTNH_OK(next, left))
			break;
		hop = parse_hop(RTNH_DATA(next), next->rtnh_len - sizeof(*next), NULL, NULL, NULL);
		hop.link = (unsigned)next->rtnh_ifindex;
		r = add_hop(netifs, hop, network, route->rtm_dst_len, table);
		next = RTNH_NEXT(next);
	}
	return r;
}

static int take_route(void *context, const struct nlmsghdr *message)
{
	return message->nlmsg_type == RTM_NEWROUTE ? add_route(context, message) : 0;
}

int netif_routes_read(struct netifs *netifs)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} question = {
		.header = { .nlmsg_len = sizeof(question), .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.route = { .rtm_family = AF_INET },
	};

	return rtnetlink_ask(&question.header, take_route, netifs);
}
