/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subchannels of s390x change their driver. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/ccw.h"
#include "passthrough/driver_module.h"
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

/* Its bus id (new string); NULL: there is none now. */
static char *find_device(int root_fd, const char *subchannel)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, SUBCHANNEL, subchannel) < 0)
		return NULL;
	for (char **name = names; name && *name; name++)
		if (ccw_id_is(*name))
			return strdup(*name);
	return NULL;
}

static bool has_device(int root_fd, const char *subchannel)
{
	_cleanup_free_ char *id = find_device(root_fd, subchannel);

	return id;
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

/* Nothing drives a device that no driver has yet, and udev may still be loading it; while another such wish is being met it is -EAGAIN. */
static int try_online(int root_fd, const char *subchannel, bool online)
{
	_cleanup_free_ char *id = find_device(root_fd, subchannel), *now = NULL, *driver = NULL;
	int r;

	if (!id)
		return online ? -EAGAIN : 0;
	r = fs_read_line(root_fd, &now, SUBCHANNEL "/%s/online", subchannel, id);
	if (r < 0 || str_eq(now, online ? "1" : "0"))
		return r < 0 ? r : 0;
	if (online && fs_read_link_base(root_fd, &driver, SUBCHANNEL "/%s/driver", subchannel, id) < 0)
		return -EAGAIN;
	return fs_poke(root_fd, online ? "1" : "0", SUBCHANNEL "/%s/online", subchannel, id);
}

int subchannel_set_online(int root_fd, const char *subchannel, bool online)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	int r = -EAGAIN;

	for (unsigned waited = 0; waited < WAIT_MS && r == -EAGAIN; waited += STEP_MS) {
		if (waited)
			nanosleep(&step, NULL);
		r = try_online(root_fd, subchannel, online);
	}
	return r;
}
