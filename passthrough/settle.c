/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for udev: after a driver has changed, its device nodes and links are there when udev is done. */

#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <stddef.h>

#include "common/log.h"
#include "passthrough/settle.h"

#define WAIT_MS 30000
#define STEP_MS 100

int settle(void)
{
	struct udev *udev = udev_new();
	struct udev_queue *queue = udev ? udev_queue_new(udev) : NULL;
	struct pollfd poll_fd = { .events = POLLIN };

	if (!queue) {
		udev_unref(udev);
		return log_oom();
	}
	poll_fd.fd = udev_queue_get_fd(queue);
	for (int waited = 0; waited < WAIT_MS && !udev_queue_get_queue_is_empty(queue); waited += STEP_MS) {
		if (poll(&poll_fd, poll_fd.fd >= 0, STEP_MS) > 0)
			udev_queue_flush(queue);
	}
	udev_queue_unref(queue);
	udev_unref(udev);
	return 0;
}
