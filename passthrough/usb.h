/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USB devices for guests: which of them is meant, and what speaks against giving it away. */
#pragma once

#include "detect/usb.h"
#include "passthrough/element.h"
#include "passthrough/refusal.h"

/* Is it a selector of a USB device: "usb=1-4", "usb=046d:c52b"? */
bool usb_selector_is(const char *selector);
/*
 * The one that is meant. -EINVAL, said: the selector is none, or its ids fit several; -ENOENT, silent: none is plugged in (with ids a guest may
 * have it all the same: then *ret_vendor and *ret_product are set).
 */
int usb_select(const struct usb_devices *all, const char *selector, const struct usb_device **ret, unsigned *ret_vendor, unsigned *ret_product);
/*
 * What the host uses it for: the rules of storage and network hold for a USB device as for its controller, of whose uses those of its disks
 * and ports are taken. -ENOMEM, said.
 */
int usb_check(const struct host *host, const struct uses *uses, const struct usb_devices *all, const struct usb_device *d,
	      const struct allowances *allowed, struct refusals *refusals);
