/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subchannels of s390x change their driver. */

#include <errno.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/ccw.h"
#include "passthrough/bind.h"
#include "passthrough/subchannel.h"

#define SUBCHANNEL "sys/bus/css/devices/%s"
#define WAIT_MS 10000u
#define STEP_MS 50u

int channel_load(int root_fd, const char *module)
{
	return fs_exists(root_fd, "sys/module/%s", module) ? 0 : vfio_load_module(module);
}

int subchannel_get_driver(int root_fd, const char *subchannel, char **ret)
{
	char *driver = NULL;
	int r;

	if (!fs_exists(root_fd, SUBCHANNEL, subchannel))
		return -ENODEV;
	r = fs_read_link_base(root_fd, &driver, SUBCHANNEL "/driver", subchannel);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r < 0 ? NULL : driver;
	return 0;
}

static bool has_device(int root_fd, const char *subchannel)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, SUBCHANNEL, subchannel) < 0)
		return false;
	for (char **name = names; name && *name; name++)
		if (ccw_id_is(*name))
			return true;
	return false;
}

/* The channel subsystem senses what is there before the device appears (drivers/s390/cio/device.c). */
static bool is_done(int root_fd, const char *subchannel, const char *driver)
{
	_cleanup_free_ char *now = NULL;

	if (subchannel_get_driver(root_fd, subchannel, &now) < 0)
		return false;
	return driver ? str_eq(now, driver) : now && !str_eq(now, SUBCHANNEL_VFIO) && has_device(root_fd, subchannel);
}

static int wait_for(int root_fd, const char *subchannel, const char *driver)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (unsigned waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		if (is_done(root_fd, subchannel, driver))
			return 0;
		nanosleep(&step, NULL);
	}
	return -EBUSY;
}

int subchannel_set_driver(int root_fd, const char *subchannel, const char *driver)
{
	_cleanup_free_ char *line = text_format("%s\n", driver ? driver : "");
	int r;

	if (!line)
		return -ENOMEM;
	r = fs_poke(root_fd, line, SUBCHANNEL "/driver_override", subchannel);
	if (r >= 0)
		r = fs_poke(root_fd, subchannel, SUBCHANNEL "/driver/unbind", subchannel);
	if (r >= 0 || r == -ENOENT)
		r = fs_poke(root_fd, subchannel, "sys/bus/css/drivers_probe");
	return r < 0 ? r : wait_for(root_fd, subchannel, driver);
}
