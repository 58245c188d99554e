/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cautions: what speaks for care with a device that can be given to a guest. They block nothing. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/link.h"
#include "passthrough/caution.h"
#include "passthrough/closure.h"

#define LARGE_BAR (4ull << 30)
#define NAMED_MOST 4

/* The other functions on its bus, which a reset of that bus would hit; no more than four are named. */
static size_t name_siblings(const struct host *host, const struct device *d, struct text *names)
{
	const struct device *all = host->devices.list, *end = all + host->devices.n, *first = d;
	size_t n = 0;

	while (first > all && first[-1].domain == d->domain && first[-1].bus == d->bus)
		first--;
	for (; first < end && first->domain == d->domain && first->bus == d->bus; first++)
		if (first != d && !first->physical_function && ++n <= NAMED_MOST)
			text_printf(names, "%s%s", n > 1 ? ", " : "", first->address);
	if (n > NAMED_MOST)
		text_printf(names, " and %zu more", n - NAMED_MOST);
	return n;
}

/*
 * vfio-pci opens a device that it cannot reset, and says nothing: so no refusal. But the guest gets it in the state in
 * which the one before left it, and cannot start it anew by a reboot of its own.
 */
static void say_reset(const struct host *host, const struct device *d, struct text *out)
{
	_cleanup_(text_done) struct text siblings = {};
	size_t n;

	if (d->resets == TRUTH_UNKNOWN || device_resets_alone(d) || (d->resets == TRUTH_YES && !d->reset_methods_known))
		return;
	/* A root bus is never reset, so neighbours there do not matter. */
	n = d->parent ? name_siblings(host, d, &siblings) : 0;
	if (n && siblings.data)
		text_printf(out, "no reset of its own: resetting its bus hits %s, too; give them to the same guest, and expect trouble when only "
			    "one of them starts anew", siblings.data);
	else if (d->resets == TRUTH_NO)
		text_append(out, "the kernel knows no way to reset it: a guest gets it as the one before left it, and a rebooted guest may "
			    "not find it working before the host was switched off and on");
}

static void say_link(const struct host *host, const struct device *d, struct text *out)
{
	const struct device *port = devices_parent(&host->devices, d);
	struct link link = link_of(d, port);

	if (!link_is_degraded(d, &link))
		return;
	text_printf(out, "its link runs at %u.%u GT/s x%u, where both ends can %u.%u GT/s x%u: look at slot, riser and cable", link.speed / 10,
		    link.speed % 10, link.width, link.speed_both / 10, link.speed_both % 10, link.width_both);
}

static void say_unassigned(const struct host *host, const struct device *d, struct text *out)
{
	(void)host;
	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++)
		if (d->bars[i].size && d->bars[i].is_unassigned && !d->bars[i].is_io) {
			text_printf(out, "BAR %zu found no room in memory, so no driver can use it: switch on 'Above 4G Decoding' (or raise the MMIO "
				    "size) in the firmware's set-up", i);
			return;
		}
}

static void say_large(const struct host *host, const struct device *d, struct text *out)
{
	(void)host;
	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++)
		if (d->bars[i].size >= LARGE_BAR) {
			text_printf(out, "BAR %zu has %llu GiB: the guest needs UEFI firmware with a 64-bit window that is large enough", i,
				    (unsigned long long)(d->bars[i].size >> 30));
			return;
		}
}

static void say_framebuffer(const struct host *host, const struct device *d, struct text *out)
{
	(void)host;
	if (d->boot_framebuffer == TRUTH_YES && device_is_on_vfio(d))
		text_append(out, "the boot framebuffer still lies in its memory (BOOTFB in /proc/iomem), and the guest cannot map that BAR; let the "
			    "firmware use another display, or boot with initcall_blacklist=sysfb_init");
}

typedef void (*say_function)(const struct host *host, const struct device *d, struct text *out);

int device_cautions(const struct host *host, const struct device *d, char ***ret)
{
	static const say_function say[] = { say_reset, say_unassigned, say_framebuffer, say_link, say_large };
	_cleanup_(strv_freep) char **cautions = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(say) && !device_is_infrastructure(d); i++) {
		_cleanup_(text_done) struct text out = {};

		say[i](host, d, &out);
		if (out.failed || (out.size && strv_consume(&cautions, text_take(&out)) < 0))
			return -ENOMEM;
	}
	*ret = TAKE(cautions);
	return 0;
}
