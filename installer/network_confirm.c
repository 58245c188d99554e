/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confirmation: what a network must have when it was changed. */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/text.h"
#include "detect/netif.h"
#include "installer/network_confirm.h"

#define DISCARD_PORT 9 /* RFC 863 */

/* Whoever is to get a datagram must be found on the link first: by ARP, or by neighbour discovery. */
static void nudge(const char *interface, const char *address)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(DISCARD_PORT), .sin6_scope_id = if_nametoindex(interface) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(DISCARD_PORT) };
	bool is_ipv6 = strchr(address, ':') != NULL;
	_cleanup_close_ int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, is_ipv6 ? (void *)&to6.sin6_addr : (void *)&to.sin_addr) != 1)
		return;
	(void)!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1);
	(void)!sendto(fd, "", 1, 0, is_ipv6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to, is_ipv6 ? sizeof(to6) : sizeof(to));
}

/* ip-neighbour(8): one that was found has an address of the link layer. */
static bool is_found(const char *interface, const char *address)
{
	char *argv[] = { (char *)"ip", (char *)"neigh", (char *)"show", (char *)"to", (char *)address, (char *)"dev", (char *)interface, NULL };
	_cleanup_free_ char *said = NULL;

	return process_run(argv, &said) == 0 && strstr(said, "lladdr") && !strstr(said, "FAILED") && !strstr(said, "INCOMPLETE");
}

static bool gateway_answers(const char *interface, const char *address)
{
	const struct timespec pause = { .tv_nsec = 250000000 };

	for (int i = 0; i < 4; i++) {
		nudge(interface, address);
		nanosleep(&pause, NULL);
		if (is_found(interface, address))
			return true;
	}
	return false;
}

static bool has_family(const struct netif *n, const char *family)
{
	for (char **a = n ? n->addresses : NULL; a && *a; a++)
		if ((strchr(*a, ':') != NULL) == str_eq(family, "ipv6"))
			return true;
	return false;
}

/* A duplicate address is one that is there, and cannot be used; a tentative one will be soon: getifaddrs(3) tells neither. */
static char *look(int root_fd, const struct netifs *now, char *const *words)
{
	const struct netif *n = netifs_find(now, words[1]);
	_cleanup_free_ char *master = NULL;

	if (!n)
		return text_format("there is no interface %s", words[1]);
	if (str_eq(words[0], "member")) {
		fs_read_link_base(root_fd, &master, "sys/class/net/%s/master", words[1]);
		return str_eq(master, words[2]) ? NULL : text_format("%s is not in %s", words[1], words[2]);
	}
	if (str_eq(words[0], "family"))
		return has_family(n, words[2]) ? NULL : text_format("%s has no %s address", words[1], words[2]);
	if (str_eq(words[0], "address"))
		return strv_contains(n->addresses, words[2]) ? NULL : text_format("%s has not the address %s", words[1], words[2]);
	return gateway_answers(words[1], words[2]) ? NULL : text_format("the gateway %s does not answer on %s", words[2], words[1]);
}

int network_confirm(int root_fd, char *const *expects, char **ret)
{
	_cleanup_(netifs_done) struct netifs now = {};
	const struct devices none = {};
	int r = netifs_read(root_fd, true, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, &none, &now);

	*ret = NULL;
	for (char *const *e = expects; e && *e && r >= 0 && !*ret; e++) {
		_cleanup_(strv_freep) char **words = NULL;

		if (str_starts(*e, "within "))
			continue;
		if (strv_split(*e, " ", &words) < 0)
			return -ENOMEM;
		if (strv_length(words) != 3)
			return -EINVAL;
		*ret = look(root_fd, &now, words);
	}
	return r;
}
