/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USB devices: what is plugged in where (sys/bus/usb/devices; Documentation/ABI/testing/sysfs-bus-usb), and what the host makes of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/block.h"
#include "detect/netif.h"

struct usb_device {
	char *port;          /* "1-4", or behind a hub "1-4.2": bus, and the ports on the way; the same while it stays plugged in there */
	unsigned vendor, product;
	unsigned bus, device; /* numbers; the second is another one after each plugging */
	char *name;          /* manufacturer and product, as the device says; may be empty */
	char *serial;        /* or NULL */
	char *controller;    /* address of the PCI function, or NULL */
	bool is_hub;
	char **blocks;       /* names of the disks that it is */
	char **netifs;       /* names of the network ports that it is */
	char **consoles;     /* names of the serial ports that it is, which are consoles of the kernel */
	char *keyboard;      /* name of the keyboard that it is, or NULL */
};

struct usb_devices {
	struct usb_device *list; /* sorted by bus and port; root hubs are part of their controllers, and left out */
	size_t n;
	bool has_other_keyboard; /* the host has a keyboard that is none of these: PS/2, or built in */
};

/* A host without USB has none. 0, or a negative errno after it has been said what could not be read. */
int usb_devices_read(int root_fd, const struct blocks *blocks, const struct netifs *netifs, struct usb_devices *ret);
void usb_devices_done(struct usb_devices *u);
/* "1-4", "12-1.4.2". */
bool usb_port_is(const char *text);
/* "046d:c52b"; -EINVAL. */
int usb_ids_parse(const char *text, unsigned *vendor, unsigned *product);
const struct usb_device *usb_devices_find(const struct usb_devices *u, const char *port);
/* Those with these ids: how many, and the first of them. */
size_t usb_devices_count(const struct usb_devices *u, unsigned vendor, unsigned product, const struct usb_device **ret_first);
/* Has the host a keyboard that is neither this device nor behind it? */
bool usb_has_keyboard_beside(const struct usb_devices *u, const struct usb_device *d);
