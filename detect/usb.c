/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USB devices: what is plugged in where, and what the host makes of it. */

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/address.h"
#include "detect/peripheral.h"
#include "detect/usb.h"

#define DEVICES "sys/bus/usb/devices"
/* Universal Serial Bus class codes: bDeviceClass 9. */
#define CLASS_HUB "09"

static void usb_device_done(struct usb_device *d)
{
	free(d->port);
	free(d->name);
	free(d->serial);
	free(d->controller);
	free(d->keyboard);
	strv_free(d->blocks);
	strv_free(d->netifs);
	strv_free(d->consoles);
}

void usb_devices_done(struct usb_devices *u)
{
	for (size_t i = 0; i < u->n; i++)
		usb_device_done(&u->list[i]);
	free(u->list);
	*u = (struct usb_devices){};
}

bool usb_port_is(const char *text)
{
	size_t bus = strspn(text, "0123456789");

	if (!bus || text[bus] != '-' || !isdigit((unsigned char)text[bus + 1]))
		return false;
	return strspn(text + bus + 1, "0123456789.") == strlen(text + bus + 1) && !strstr(text, "..") && !str_ends(text, ".");
}

int usb_ids_parse(const char *text, unsigned *vendor, unsigned *product)
{
	_cleanup_(strv_freep) char **parts = NULL;
	uint64_t v, p;

	if (strv_split(text, ":", &parts) < 0 || strv_length(parts) != 2 || strlen(text) != 9 || parse_hex(parts[0], &v) < 0 ||
	    parse_hex(parts[1], &p) < 0 || v > UINT16_MAX || p > UINT16_MAX)
		return -EINVAL;
	*vendor = (unsigned)v;
	*product = (unsigned)p;
	return 0;
}

static unsigned read_number(int root_fd, const char *port, const char *name, int base)
{
	_cleanup_free_ char *line = NULL;

	return fs_read_line(root_fd, &line, DEVICES "/%s/%s", port, name) < 0 ? 0 : (unsigned)strtoul(line, NULL, base);
}

static char *read_text(int root_fd, const char *port, const char *name)
{
	char *line = NULL;

	return fs_read_line(root_fd, &line, DEVICES "/%s/%s", port, name) < 0 ? NULL : line;
}

static int device_read(int root_fd, const char *port, struct usb_device *d)
{
	_cleanup_free_ char *link = NULL, *maker = read_text(root_fd, port, "manufacturer"), *product = read_text(root_fd, port, "product");
	_cleanup_free_ char *class = read_text(root_fd, port, "bDeviceClass");

	d->port = strdup(port);
	d->vendor = read_number(root_fd, port, "idVendor", 16);
	d->product = read_number(root_fd, port, "idProduct", 16);
	d->bus = read_number(root_fd, port, "busnum", 10);
	d->device = read_number(root_fd, port, "devnum", 10);
	d->name = text_format("%s%s%s", maker ? maker : "", maker && product ? " " : "", product ? product : "");
	d->serial = read_text(root_fd, port, "serial");
	d->is_hub = str_eq(class, CLASS_HUB);
	if (fs_read_link(root_fd, &link, DEVICES "/%s", port) >= 0)
		d->controller = address_in_path(link);
	return d->port && d->name ? 0 : -ENOMEM;
}

/* Does a path in sysfs lead through this device? What is plugged into a hub is the hub's, too. */
static bool path_is_of(const char *path, const struct usb_device *d)
{
	size_t n = strlen(d->port);

	for (const char *at = strstr(path, d->port); at; at = strstr(at + 1, d->port))
		if (at > path && at[-1] == '/' && (at[n] == '/' || !at[n]))
			return true;
	return false;
}

enum list { BLOCKS, NETIFS, CONSOLES };

static int note(struct usb_devices *u, const char *path, const char *name, enum list list)
{
	int r = 0;

	for (size_t i = 0; i < u->n && r >= 0; i++) {
		char ***lists[] = { [BLOCKS] = &u->list[i].blocks, [NETIFS] = &u->list[i].netifs, [CONSOLES] = &u->list[i].consoles };

		if (path_is_of(path, &u->list[i]))
			r = strv_add(lists[list], name);
	}
	return r;
}

static int find_blocks(struct usb_devices *u, const struct blocks *blocks)
{
	int r = 0;

	for (size_t i = 0; i < blocks->n && r >= 0; i++)
		if (blocks->list[i].link)
			r = note(u, blocks->list[i].link, blocks->list[i].name, BLOCKS);
	return r;
}

static int find_netifs(int root_fd, struct usb_devices *u, const struct netifs *netifs)
{
	int r = 0;

	for (size_t i = 0; i < netifs->n && r >= 0; i++) {
		_cleanup_free_ char *link = NULL;

		if (fs_read_link(root_fd, &link, "sys/class/net/%s", netifs->list[i].name) >= 0)
			r = note(u, link, netifs->list[i].name, NETIFS);
	}
	return r;
}

/* sys/class/tty/console/active: "tty0 ttyUSB0". */
static int find_consoles(int root_fd, struct usb_devices *u)
{
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	if (fs_read_line(root_fd, &text, "sys/class/tty/console/active") < 0)
		return 0;
	r = strv_split(text, " ", &names);
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *link = NULL;

		if (fs_read_link(root_fd, &link, "sys/class/tty/%s", *name) >= 0)
			r = note(u, link, *name, CONSOLES);
	}
	return r;
}

static int note_keyboard(void *devices, const char *name, const char *path)
{
	struct usb_devices *u = devices;
	bool found = false;

	for (size_t i = 0; i < u->n; i++) {
		if (!path_is_of(path, &u->list[i]))
			continue;
		found = true;
		if (!u->list[i].keyboard && !(u->list[i].keyboard = strdup(name)))
			return -ENOMEM;
	}
	u->has_other_keyboard = u->has_other_keyboard || !found;
	return 0;
}

/* "1-10" stands behind "1-9". */
static int compare(const void *a, const void *b)
{
	const struct usb_device *x = a, *y = b;

	return strverscmp(x->port, y->port);
}

static int read_list(int root_fd, struct usb_devices *u)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, DEVICES);
	if (r < 0)
		return r == -ENOENT ? 0 : log_errno(r, "cannot list the USB devices in /" DEVICES);
	u->list = calloc(strv_length(names) + 1, sizeof(*u->list));
	if (!u->list)
		return log_oom();
	for (char **name = names; name && *name; name++)
		if (usb_port_is(*name) && device_read(root_fd, *name, &u->list[u->n++]) < 0)
			return log_oom();
	if (u->n)
		qsort(u->list, u->n, sizeof(*u->list), compare);
	return 0;
}

int usb_devices_read(int root_fd, const struct blocks *blocks, const struct netifs *netifs, struct usb_devices *ret)
{
	_cleanup_(usb_devices_done) struct usb_devices u = {};
	int r;

	r = read_list(root_fd, &u);
	if (r < 0)
		return r;
	if (find_blocks(&u, blocks) < 0 || find_netifs(root_fd, &u, netifs) < 0 || find_consoles(root_fd, &u) < 0 || keyboards_each(root_fd, note_keyboard, &u) < 0)
		return log_oom();
	*ret = TAKE(u);
	return 0;
}

const struct usb_device *usb_devices_find(const struct usb_devices *u, const char *port)
{
	for (size_t i = 0; i < u->n; i++)
		if (str_eq(u->list[i].port, port))
			return &u->list[i];
	return NULL;
}

size_t usb_devices_count(const struct usb_devices *u, unsigned vendor, unsigned product, const struct usb_device **ret_first)
{
	size_t n = 0;

	*ret_first = NULL;
	for (size_t i = 0; i < u->n; i++)
		if (u->list[i].vendor == vendor && u->list[i].product == product && !n++)
			*ret_first = &u->list[i];
	return n;
}

/* Through hubs a keyboard belongs to several: only what is neither this device nor behind it counts. */
bool usb_has_keyboard_beside(const struct usb_devices *u, const struct usb_device *d)
{
	size_t n = strlen(d->port);

	for (size_t i = 0; i < u->n; i++) {
		const struct usb_device *other = &u->list[i];
		bool is_behind = strncmp(other->port, d->port, n) == 0 && (!other->port[n] || other->port[n] == '.');

		if (other->keyboard && !other->is_hub && !is_behind)
			return true;
	}
	return u->has_other_keyboard;
}
