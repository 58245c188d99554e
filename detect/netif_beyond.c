/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands on our ports in other network namespaces: the macvlan of a container, say. Sysfs shows the interfaces above a
 * port where both are in one namespace alone; the one that is elsewhere names its port by number (IFLA_LINK, rtnetlink(7)).
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <net/if.h>
#include <sched.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/netif_tables.h"
#include "detect/rtnetlink.h"

/* An interface elsewhere, and what it says of the one below it. */
struct upper {
	char name[IF_NAMESIZE];
	unsigned below;
	int32_t namespace; /* of the one below, by the number that it has there; -1: the same */
};

struct look {
	struct upper *list;
	size_t n;
	int32_t own; /* the number of our own namespace there; -1: it has none */
};

static int add_upper(void *context, const struct nlmsghdr *message)
{
	const struct rtattr *a = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(message));
	size_t size = IFLA_PAYLOAD(message);
	struct upper upper = { .namespace = -1 }, *grown;
	struct look *look = context;

	for (; RTA_OK(a, size); a = RTA_NEXT(a, size))
		if (a->rta_type == IFLA_IFNAME)
			snprintf(upper.name, sizeof(upper.name), "%s", (const char *)RTA_DATA(a));
		else if (a->rta_type == IFLA_LINK)
			memcpy(&upper.below, RTA_DATA(a), sizeof(upper.below));
		else if (a->rta_type == IFLA_LINK_NETNSID)
			memcpy(&upper.namespace, RTA_DATA(a), sizeof(upper.namespace));
	if (!upper.below || upper.namespace < 0)
		return 0;
	grown = realloc(look->list, (look->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	look->list = grown;
	look->list[look->n++] = upper;
	return 0;
}

static int take_number(void *context, const struct nlmsghdr *message)
{
	const struct rtattr *a = (const void *)((const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	size_t size = NLMSG_PAYLOAD(message, sizeof(struct rtgenmsg));
	struct look *look = context;

	for (; RTA_OK(a, size); a = RTA_NEXT(a, size))
		if (a->rta_type == NETNSA_NSID)
			memcpy(&look->own, RTA_DATA(a), sizeof(look->own));
	return 0;
}

/* In the other namespace. The kernel gives ours a number there when it first has to name it: so the interfaces come first. */
static int look_around(int own_fd, struct look *look)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} links = { .header = { .nlmsg_len = sizeof(links), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct {
		struct nlmsghdr header;
		struct rtgenmsg general;
		uint8_t padding[NLMSG_ALIGN(sizeof(struct rtgenmsg)) - sizeof(struct rtgenmsg)];
		struct rtattr attribute;
		int32_t fd;
	} number = {
		.header = { .nlmsg_len = sizeof(number), .nlmsg_type = RTM_GETNSID, .nlmsg_flags = NLM_F_REQUEST },
		.attribute = { .rta_len = RTA_LENGTH(sizeof(int32_t)), .rta_type = NETNSA_FD },
		.fd = own_fd,
	};
	int r;

	r = rtnetlink_ask(&links.header, add_upper, look);
	if (r >= 0 && look->n)
		r = rtnetlink_ask(&number.header, take_number, look);
	return r;
}

static int note(struct netifs *netifs, const struct upper *upper)
{
	char name[IF_NAMESIZE], text[64];
	struct netif *n = if_indextoname(upper->below, name) ? netifs_own(netifs, name) : NULL;

	snprintf(text, sizeof(text), "%s in another network namespace", upper->name);
	return n ? strv_add_new(&n->beyond, text) : 0;
}

/* -EBADF: we did not come back from there. */
static int look_into(int own_fd, const char *path, struct netifs *netifs)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct look look = { .own = -1 };
	int r = 0;

	/* It may have ended, and only root may look in. */
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return 0;
	r = look_around(own_fd, &look);
	if (setns(own_fd, CLONE_NEWNET) < 0)
		r = -EBADF;
	for (size_t i = 0; i < look.n && r >= 0; i++)
		if (look.list[i].namespace == look.own)
			r = note(netifs, &look.list[i]);
	free(look.list);
	return r;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* 1: it is new. */
static int note_seen(void **seen, char *id)
{
	char **found = tsearch(id, seen, compare_text);

	if (found && *found == id)
		return 1;
	free(id);
	return found ? 0 : -ENOMEM;
}

static int read_processes(int root_fd, int own_fd, void **seen, struct netifs *netifs)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "proc") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		char path[64], *id;

		if (strspn(*name, "0123456789") != strlen(*name) || strlen(*name) > 20 || fs_read_link(root_fd, &id, "proc/%s/ns/net", *name) < 0)
			continue;
		r = note_seen(seen, id);
		snprintf(path, sizeof(path), "/proc/%.20s/ns/net", *name);
		if (r > 0)
			r = look_into(own_fd, path, netifs);
	}
	return r;
}

int netif_beyond_read(int root_fd, struct netifs *netifs)
{
	_cleanup_close_ int own_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	void *seen = NULL;
	char *own;
	int r;

	if (own_fd < 0 || fs_read_link(root_fd, &own, "proc/self/ns/net") < 0)
		return 0;
	r = note_seen(&seen, own);
	if (r >= 0)
		r = read_processes(root_fd, own_fd, &seen, netifs);
	tdestroy(seen, free);
	return r < 0 ? r : 0;
}
