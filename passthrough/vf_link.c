/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VF links: the MAC address and the VLAN that a network port sets for its virtual functions, by rtnetlink. */

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/cleanup.h"
#include "passthrough/vf_link.h"

/* A port with 256 VFs says some 30 KiB of them. */
#define ANSWER_ROOM (256ul * 1024)
#define WAIT_SECONDS 10

/* Attributes lie one behind the other, and inside one another. */
struct message {
	uint8_t *bytes;
	size_t size;
};

static struct rtattr *put(struct message *m, unsigned short type, const void *data, size_t size)
{
	struct rtattr *a = (struct rtattr *)(m->bytes + m->size);

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	m->size += RTA_ALIGN(a->rta_len);
	return a;
}

/* What came since is inside. */
static void close_attribute(struct message *m, struct rtattr *a)
{
	a->rta_len = (unsigned short)(m->bytes + m->size - (uint8_t *)a);
}

static int begin(struct message *m, unsigned short type, unsigned short flags, const char *port)
{
	struct nlmsghdr *header = (struct nlmsghdr *)m->bytes;

	if (!*port || strlen(port) >= IFNAMSIZ)
		return -EINVAL;
	memset(m->bytes, 0, VF_LINK_ROOM);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	m->size = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	put(m, IFLA_IFNAME, port, strlen(port) + 1);
	return 0;
}

static int finish(struct message *m)
{
	((struct nlmsghdr *)m->bytes)->nlmsg_len = (uint32_t)m->size;
	return (int)m->size;
}

int vf_link_request(const char *port, const struct vf *vf, void *buffer)
{
	struct ifla_vf_vlan vlan = { .vf = vf->number, .vlan = vf->vlan };
	struct ifla_vf_mac mac = { .vf = vf->number };
	struct message m = { .bytes = buffer };
	struct rtattr *list, *info;
	int r;

	r = begin(&m, RTM_SETLINK, NLM_F_ACK, port);
	if (r < 0)
		return r;
	list = put(&m, IFLA_VFINFO_LIST | NLA_F_NESTED, NULL, 0);
	info = put(&m, IFLA_VF_INFO | NLA_F_NESTED, NULL, 0);
	if (vf->has_mac) {
		memcpy(mac.mac, vf->mac, MAC_BYTES);
		put(&m, IFLA_VF_MAC, &mac, sizeof(mac));
	}
	put(&m, IFLA_VF_VLAN, &vlan, sizeof(vlan));
	close_attribute(&m, info);
	close_attribute(&m, list);
	return finish(&m);
}

/* The next attribute of `*size` bytes; NULL at the end, or where it is cut off. */
static const struct rtattr *next(const uint8_t **at, size_t *size)
{
	const struct rtattr *a = (const struct rtattr *)*at;
	size_t step;

	if (*size < sizeof(*a) || a->rta_len < sizeof(*a) || a->rta_len > *size)
		return NULL;
	step = RTA_ALIGN(a->rta_len);
	if (step > *size)
		step = *size;
	*at += step;
	*size -= step;
	return a;
}

static const uint8_t *inside(const struct rtattr *a, size_t *ret_size)
{
	*ret_size = a->rta_len - RTA_LENGTH(0);
	return (const uint8_t *)a + RTA_LENGTH(0);
}

static int parse_vf(const uint8_t *at, size_t size, struct vf_set *set)
{
	const struct rtattr *a;
	struct vf *vf;

	while ((a = next(&at, &size))) {
		struct ifla_vf_vlan vlan;
		struct ifla_vf_mac mac;
		const uint8_t *data;
		size_t n;

		data = inside(a, &n);
		if ((a->rta_type & NLA_TYPE_MASK) == IFLA_VF_MAC && n >= sizeof(mac)) {
			memcpy(&mac, data, sizeof(mac));
			vf = vf_set_own(set, mac.vf);
			if (!vf)
				return -ENOMEM;
			memcpy(vf->mac, mac.mac, MAC_BYTES);
			/* Drivers that have set none say zeros. */
			vf->has_mac = memcmp(vf->mac, (const uint8_t[MAC_BYTES]){ 0 }, MAC_BYTES) != 0;
		} else if ((a->rta_type & NLA_TYPE_MASK) == IFLA_VF_VLAN && n >= sizeof(vlan)) {
			memcpy(&vlan, data, sizeof(vlan));
			vf = vf_set_own(set, vlan.vf);
			if (!vf)
				return -ENOMEM;
			vf->vlan = vlan.vlan;
		}
	}
	return size ? -EBADMSG : 0;
}

/* Hands over what is inside each attribute of this type. */
static int each_inside(const uint8_t *at, size_t size, int type, int (*parse)(const uint8_t *at, size_t size, struct vf_set *set), struct vf_set *set)
{
	const struct rtattr *a;

	while ((a = next(&at, &size))) {
		const uint8_t *data;
		size_t n;
		int r;

		data = inside(a, &n);
		r = (a->rta_type & NLA_TYPE_MASK) == type ? parse(data, n, set) : 0;
		if (r < 0)
			return r;
	}
	return size ? -EBADMSG : 0;
}

static int parse_list(const uint8_t *at, size_t size, struct vf_set *set)
{
	return each_inside(at, size, IFLA_VF_INFO, parse_vf, set);
}

int vf_link_parse(const void *message, size_t size, struct vf_set *set)
{
	const struct nlmsghdr *header = message;
	const size_t head = NLMSG_LENGTH(sizeof(struct ifinfomsg));

	if (size < head || header->nlmsg_len < head || header->nlmsg_len > size)
		return -EBADMSG;
	return each_inside((const uint8_t *)message + head, header->nlmsg_len - head, IFLA_VFINFO_LIST, parse_list, set);
}

/* One question, one answer: its size, or what the kernel says is wrong. */
static int ask(struct message *m, uint8_t *answer, size_t room)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct timeval patience = { .tv_sec = WAIT_SECONDS };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	struct nlmsgerr error;
	ssize_t n;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	if (sendto(fd, m->bytes, m->size, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	do
		n = recv(fd, answer, room, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < sizeof(*header) || header->nlmsg_len > (size_t)n)
		return -EBADMSG;
	if (header->nlmsg_type != NLMSG_ERROR)
		return (int)n;
	if ((size_t)n < NLMSG_LENGTH(sizeof(error)))
		return -EBADMSG;
	memcpy(&error, answer + NLMSG_LENGTH(0), sizeof(error));
	return error.error;
}

int vf_link_set(const char *port, const struct vf *vf)
{
	_Alignas(struct nlmsghdr) uint8_t request[VF_LINK_ROOM], answer[4096];
	struct message m = { .bytes = request };
	int r;

	r = vf_link_request(port, vf, request);
	if (r < 0)
		return r;
	m.size = (size_t)r;
	r = ask(&m, answer, sizeof(answer));
	return r < 0 ? r : 0;
}

int vf_link_get(const char *port, struct vf_set *set)
{
	_Alignas(struct nlmsghdr) uint8_t request[VF_LINK_ROOM];
	_cleanup_free_ uint8_t *answer = calloc(1, ANSWER_ROOM);
	struct message m = { .bytes = request };
	uint32_t wanted = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS;
	int r;

	if (!answer)
		return -ENOMEM;
	r = begin(&m, RTM_GETLINK, 0, port);
	if (r < 0)
		return r;
	put(&m, IFLA_EXT_MASK, &wanted, sizeof(wanted));
	finish(&m);
	r = ask(&m, answer, ANSWER_ROOM);
	return r < 0 ? r : vf_link_parse(answer, (size_t)r, set);
}
