/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the running kernel about its network (rtnetlink(7)). */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "detect/rtnetlink.h"

#define ANSWER_ROOM 65536
#define WAIT_SECONDS 10

/* 1: the kernel has said all. */
static int pass_on(const struct nlmsghdr *message, size_t size, bool is_dump, int (*each)(void *, const struct nlmsghdr *), void *context)
{
	int r = 0;

	for (; NLMSG_OK(message, size) && r >= 0; message = NLMSG_NEXT(message, size)) {
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR)
			return -EIO;
		r = each(context, message);
		if (r >= 0 && !is_dump)
			return 1;
	}
	return r;
}

int rtnetlink_ask(const struct nlmsghdr *question, int (*each)(void *context, const struct nlmsghdr *message), void *context)
{
	const struct timeval patience = { .tv_sec = WAIT_SECONDS };
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	_cleanup_free_ void *answer = malloc(ANSWER_ROOM);
	bool is_dump = question->nlmsg_flags & NLM_F_DUMP;
	int r = 0;

	if (!answer)
		return -ENOMEM;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    sendto(fd, question, question->nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	while (r == 0) {
		ssize_t n = recv(fd, answer, ANSWER_ROOM, 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
		r = n < 0 ? 0 : pass_on(answer, (size_t)n, is_dump, each, context);
	}
	return r < 0 ? r : 0;
}
