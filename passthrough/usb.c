/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USB devices for guests: which of them is meant, and what speaks against giving it away. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/usb.h"

#define PREFIX "usb="

bool usb_selector_is(const char *selector)
{
	return str_starts(selector, PREFIX);
}

static int select_by_ids(const struct usb_devices *all, const char *selector, unsigned vendor, unsigned product, const struct usb_device **ret)
{
	struct text ports = {};
	_cleanup_free_ char *names = NULL;
	size_t n = usb_devices_count(all, vendor, product, ret);

	if (n == 1)
		return 0;
	if (!n)
		return -ENOENT;
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].vendor == vendor && all->list[i].product == product)
			text_printf(&ports, "%s" PREFIX "%s", ports.size ? ", " : "", all->list[i].port);
	names = text_take(&ports);
	return log_invalid("%zu USB devices are %s; name one by its port: %s", n, selector + strlen(PREFIX), names ? names : "");
}

int usb_select(const struct usb_devices *all, const char *selector, const struct usb_device **ret, unsigned *ret_vendor, unsigned *ret_product)
{
	const char *value = selector + strlen(PREFIX);

	if (usb_port_is(value)) {
		*ret = usb_devices_find(all, value);
		if (!*ret)
			return -ENOENT;
		*ret_vendor = (*ret)->vendor;
		*ret_product = (*ret)->product;
		return 0;
	}
	if (usb_ids_parse(value, ret_vendor, ret_product) < 0)
		return log_invalid("'%s': wanted is a port, such as usb=1-4, or ids, such as usb=046d:c52b", selector);
	return select_by_ids(all, selector, *ret_vendor, *ret_product, ret);
}

/* "sda → sda1": the disk or the network port on which it all stands. */
static bool begins_with_one_of(const char *via, char *const *names)
{
	size_t n = strcspn(via, " ");

	for (; names && *names; names++)
		if (strlen(*names) == n && strncmp(*names, via, n) == 0)
			return true;
	return false;
}

static bool is_allowed(const struct allowances *allowed, const struct usb_device *d, enum use_kind kind)
{
	for (size_t i = 0; allowed && i < allowed->n; i++)
		if (str_eq(allowed->list[i].address, d->port) && str_eq(allowed->list[i].kind, use_kind_name(kind)))
			return true;
	return false;
}

static int refuse(const struct usb_device *d, enum use_kind kind, const char *via, const char *what, bool is_vital, const struct allowances *allowed,
		  struct refusals *refusals)
{
	_cleanup_free_ char *way_out = NULL;

	if (!is_vital && is_allowed(allowed, d, kind))
		return 0;
	way_out = is_vital ? strdup("; the host lives on it, and nothing overrides that") :
			     text_format("; free it first, or take it all the same with --allow %s=%s", d->port, use_kind_name(kind));
	if (!way_out)
		return -ENOMEM;
	return refusals_add(refusals, d->port, "in-use", use_kind_name(kind), "USB %s (%s)%s%s → %s%s", d->port, *d->name ? d->name : "no name",
			    *via ? " → " : "", via, what, way_out);
}

static int check_peripherals(const struct usb_devices *all, const struct usb_device *d, const struct allowances *allowed, struct refusals *refusals)
{
	_cleanup_free_ char *keyboard = NULL;
	int r = 0;

	if (d->is_hub)
		return refusals_add(refusals, d->port, "hub", "", "USB %s (%s) is a hub: QEMU passes what is plugged into it, and not the hub itself", d->port,
				    *d->name ? d->name : "no name");
	for (char **name = d->consoles; name && *name && r >= 0; name++) {
		_cleanup_free_ char *what = text_format("console %s of the kernel", *name);

		r = what ? refuse(d, USE_CONSOLE, "", what, false, allowed, refusals) : -ENOMEM;
	}
	if (r < 0 || !d->keyboard || usb_has_keyboard_beside(all, d))
		return r;
	keyboard = text_format("the only keyboard (%s)", d->keyboard);
	return keyboard ? refuse(d, USE_INPUT, "", keyboard, false, allowed, refusals) : -ENOMEM;
}

int usb_check(const struct host *host, const struct uses *uses, const struct usb_devices *all, const struct usb_device *d,
	      const struct allowances *allowed, struct refusals *refusals)
{
	const struct device *controller = d->controller ? devices_find(&host->devices, d->controller) : NULL;
	const struct use *use = NULL;
	size_t n = 0;
	int r;

	if (controller)
		use = uses_of(uses, controller, &n);
	r = check_peripherals(all, d, allowed, refusals);
	for (size_t i = 0; i < n && r >= 0; i++)
		if (begins_with_one_of(use[i].via, d->blocks) || begins_with_one_of(use[i].via, d->netifs))
			r = refuse(d, use[i].kind, use[i].via, use[i].what, use[i].is_vital, allowed, refusals);
	return r < 0 ? log_oom() : 0;
}
