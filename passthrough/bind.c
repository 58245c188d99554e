/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding now: a device changes its driver through driver_override. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "detect/identity.h"
#include "passthrough/bind.h"
#include "passthrough/driver_module.h"
#include "passthrough/settle.h"

#define DEVICE "sys/bus/pci/devices/%s"
/* NVMe drives take a while to come up after a reset; a driver that has not taken the device by then will not. */
#define PROBE_WAIT_MS 10000
/* libvirt lets go at once where it does at all: it leaves on vfio-pci what it has found there. */
#define RETURN_WAIT_MS 5000

int device_get_driver(int root_fd, const char *address, char **ret)
{
	char *driver = NULL;
	int r;

	r = fs_read_link_base(root_fd, &driver, DEVICE "/driver", address);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r < 0 ? NULL : driver;
	return 0;
}

static int write_override(int root_fd, const char *address, const char *driver)
{
	_cleanup_free_ char *line = text_format("%s\n", driver ? driver : "");

	return line ? fs_poke(root_fd, line, DEVICE "/driver_override", address) : -ENOMEM;
}

/* Two writes: let go, and look for a driver again. drivers_probe succeeds even when nobody wanted the device. */
static int rebind(int root_fd, const char *address, const char *override)
{
	int r;

	r = write_override(root_fd, address, override);
	if (r < 0)
		return r;
	r = fs_poke(root_fd, address, DEVICE "/driver/unbind", address);
	if (r < 0 && r != -ENOENT)
		return r;
	return fs_poke(root_fd, address, "sys/bus/pci/drivers_probe");
}

/* A VF made for guests is offered to no driver of the host (sriov_drivers_autoprobe), so none will have it. */
bool device_has_host_driver(int root_fd, const char *address)
{
	_cleanup_free_ char *line = NULL;

	return fs_read_line(root_fd, &line, DEVICE "/physfn/sriov_drivers_autoprobe", address) < 0 || !str_eq(line, "0");
}

static bool is_bound_as_wanted(int root_fd, const char *address, const char *wanted, char **ret_now)
{
	if (device_get_driver(root_fd, address, ret_now) < 0)
		*ret_now = NULL;
	if (wanted)
		return str_eq(*ret_now, wanted);
	return *ret_now != NULL || !device_has_host_driver(root_fd, address);
}

/* Drivers such as nvme probe in the background: the link appears a little later. */
static bool wait_for_driver(int root_fd, const char *address, const char *wanted)
{
	for (unsigned waited = 0;; waited += 20) {
		_cleanup_free_ char *now = NULL;

		if (is_bound_as_wanted(root_fd, address, wanted, &now))
			return true;
		if (waited >= PROBE_WAIT_MS || now)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 20L * 1000 * 1000 }, NULL);
	}
}

int device_wait_for_return(int root_fd, const char *address)
{
	for (unsigned waited = 0;; waited += 20) {
		_cleanup_free_ char *now = NULL;

		if (device_get_driver(root_fd, address, &now) < 0 || !str_eq(now, VFIO_DRIVER))
			return 1;
		if (waited >= RETURN_WAIT_MS)
			return 0;
		nanosleep(&(struct timespec){ .tv_nsec = 20L * 1000 * 1000 }, NULL);
	}
}

bool device_is_there(int root_fd, const char *address)
{
	return fs_exists(root_fd, DEVICE, address);
}

static char *read_override(int root_fd, const char *address)
{
	char *line = NULL;

	if (fs_read_line(root_fd, &line, DEVICE "/driver_override", address) < 0 || (!str_eq(line, "(null)") && *line))
		return line;
	free(line);
	return NULL;
}

/* The driver is asked for by name: which one the kernel would choose may be another by now. */
static int give_to(int root_fd, const char *address, const char *driver)
{
	int r = rebind(root_fd, address, driver);

	if (r >= 0 && !wait_for_driver(root_fd, address, driver))
		r = -EUNATCH;
	return r;
}

static int take_from(int root_fd, const char *address)
{
	int r = fs_poke(root_fd, address, DEVICE "/driver/unbind", address);

	return r == -ENOENT ? 0 : r;
}

int device_restore_driver(int root_fd, const char *address, const char *driver, const char *override)
{
	_cleanup_free_ char *now = NULL, *has = read_override(root_fd, address);
	bool is_there;
	int r;

	r = device_get_driver(root_fd, address, &now);
	if (r < 0)
		return log_errno(r, "cannot read the driver of %s", address);
	is_there = str_eq(now, driver);
	if (is_there && str_eq(has, override))
		return 0;
	if (!is_there)
		r = driver ? give_to(root_fd, address, driver) : take_from(root_fd, address);
	if (r < 0)
		return log_errno(r, "%s could not be given back to %s; 'echo %s > /sys/bus/pci/drivers_probe' tries again", address,
				 driver ? driver : "no driver", address);
	r = write_override(root_fd, address, override);
	if (r < 0)
		return log_errno(r, "cannot put back the driver_override of %s", address);
	return is_there ? 0 : settle();
}

/*
 * Without an override every driver is asked, and vfio-pci has the device again at once where it knows the id (vfio-pci.ids=): then
 * those that drive it for the host are asked by name.
 */
static int give_to_host(int root_fd, const char *address)
{
	_cleanup_(strv_freep) char **drivers = NULL;
	_cleanup_free_ char *now = NULL;
	int r;

	r = rebind(root_fd, address, NULL);
	if (r >= 0 && !wait_for_driver(root_fd, address, NULL))
		return -EUNATCH;
	if (r >= 0)
		r = device_get_driver(root_fd, address, &now);
	if (r < 0 || !str_eq(now, VFIO_DRIVER))
		return r;
	r = host_drivers_load(root_fd, address, &drivers);
	if (r < 0)
		return r;
	r = drivers ? -EUNATCH : -ENXIO;
	for (char **driver = drivers; driver && *driver && r == -EUNATCH; driver++)
		r = give_to(root_fd, address, *driver);
	return r < 0 ? r : write_override(root_fd, address, NULL);
}

/* `driver` NULL: the host's own. */
static void say_why(const char *address, const char *driver, int error)
{
	if (error == -ENXIO)
		log_error("vfio-pci knows the id of %s and takes it again, and no other module that may be loaded knows it", address);
	else if (error == -EUNATCH)
		log_error("%s was offered to %s, which did not take it; the kernel log (dmesg) has the reason", address,
			  driver ? driver : "the host's drivers");
	else
		log_errno(error, "cannot bind %s to %s", address, driver ? driver : "the host's driver");
}

int device_set_driver(int root_fd, const char *address, const char *driver)
{
	_cleanup_free_ char *had_driver = NULL, *had_override = read_override(root_fd, address);
	int r;

	r = device_get_driver(root_fd, address, &had_driver);
	if (r < 0)
		return log_errno(r, "cannot read the driver of %s", address);
	/* libvirt may have given it back already: then it is not taken from its driver once more. */
	if (!driver && had_driver && !had_override && !str_eq(had_driver, VFIO_DRIVER))
		return settle();
	r = driver ? give_to(root_fd, address, driver) : give_to_host(root_fd, address);
	if (r >= 0)
		return settle();
	say_why(address, driver, r);
	if (device_restore_driver(root_fd, address, had_driver, had_override) < 0)
		return -EIO;
	log_info("%s is back on %s", address, had_driver ? had_driver : "no driver, as before");
	return r == -EIO ? -ENODEV : r;
}

int device_note_seen(int root_fd, const struct device *d)
{
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_free_ char *line = NULL, *path = NULL;
	struct text t = {};
	int r;

	if (!d->serial || d->serial_remembered)
		return 0;
	r = identity_of(d, BIND_NONE, &id);
	if (r < 0)
		return log_oom();
	id.inode = d->inode;
	identity_format(&id, &t);
	line = text_take(&t);
	path = text_format(IDENTITY_SEEN "/%s", d->address);
	if (!line || !path)
		return log_oom();
	r = fs_mkdir_all(root_fd, IDENTITY_SEEN);
	if (r >= 0)
		r = fs_write(root_fd, path, line, strlen(line), 0644, true);
	return r < 0 ? log_errno(r, "cannot note the identity of %s in /%s", d->address, path) : 0;
}
