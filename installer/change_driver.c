/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of drivers: device D is on driver V, now. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change.h"
#include "passthrough/bind.h"
#include "passthrough/driver_module.h"

/* Unplugged in the middle: what is not there has no driver to get back. */
static bool has_left(const struct site *site, const struct change *c)
{
	if (device_is_there(site->root_fd, c->target))
		return false;
	log_warning("%s has left the host in the meantime (unplugged?): there is no driver to give it back to", c->target);
	return true;
}

static int driver_set(const struct site *site, const char *address, const char *driver)
{
	_cleanup_free_ char *now = NULL;
	int r;

	r = device_get_driver(site->root_fd, address, &now);
	if (r < 0)
		return log_errno(r, "cannot read the driver of %s", address);
	if (str_eq(driver, VFIO_DRIVER)) {
		r = vfio_load();
		if (r < 0)
			return r;
	}
	return device_set_driver(site->root_fd, address, driver);
}

static int driver_apply(const struct site *site, struct change *c)
{
	if (!c->driver_after && has_left(site, c))
		return 0;
	return driver_set(site, c->target, c->driver_after);
}

/* A reboot has given the device to whom the boot gives it: only what was done in this boot is taken back. */
static int driver_revert(const struct site *site, struct change *c)
{
	_cleanup_free_ char *now = NULL;
	int r;

	if (c->is_spent || c->managed || has_left(site, c))
		return 0;
	r = device_get_driver(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read the driver of %s", c->target);
	if (str_eq(c->driver_before, VFIO_DRIVER) && !str_eq(now, VFIO_DRIVER)) {
		r = vfio_load();
		if (r < 0)
			return r;
	}
	return device_restore_driver(site->root_fd, c->target, c->driver_before, c->override_before);
}

static int driver_holds(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *now = NULL;

	if (!c->driver_after && !device_is_there(site->root_fd, c->target))
		return 1;
	if (device_get_driver(site->root_fd, c->target, &now) < 0)
		return 0;
	if (c->driver_after)
		return str_eq(now, c->driver_after);
	return now ? !str_eq(now, VFIO_DRIVER) : !device_has_host_driver(site->root_fd, c->target);
}

const struct change_ops change_driver_ops = { "driver", driver_apply, driver_revert, driver_holds };
