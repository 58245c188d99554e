/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the running kernel about its network (rtnetlink(7)). */
#pragma once

#include <linux/rtnetlink.h>
#include <stddef.h>

/*
 * Sends `question`, which begins with its header, and hands each message of the answer to `each`: one, or with NLM_F_DUMP all
 * until the kernel has said that it is done. What `each` returns below 0 ends it. 0 or a negative errno.
 */
int rtnetlink_ask(const struct nlmsghdr *question, int (*each)(void *context, const struct nlmsghdr *message), void *context);
