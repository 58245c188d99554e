/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest of the spec waits for: what the rest of the plan brings first, at once or at the next boot. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/guest_wait.h"
#include "installer/package_manager.h"
#include "passthrough/selector.h"

#define THEN "then slipway defines the guest"

static bool is_to_be_set_aside(const struct host *host, const struct wishes *wishes, const struct device *d)
{
	if (device_is_on_vfio(d) && sightings_identity(&host->sightings, &host->identities, d))
		return false;
	for (size_t i = 0; i < wishes->n_passthrough; i++) {
		_cleanup_(selector_done) struct selector s = {};

		if (selector_parse(wishes->passthrough[i].selector, &s) >= 0 && selector_matches(&s, d))
			return true;
	}
	return false;
}

static bool brings_packages(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_COMMAND && package_manager_of(plan->list[i].argv))
			return true;
	return false;
}

static bool brings_network(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_NETWORK)
			return true;
	return false;
}

/* Values of the kernel's are set at once, arguments at the next boot. */
static bool brings_pages(const struct wishes *wishes, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_VALUE && strstr(plan->list[i].target, "hugepages"))
			return true;
	return wishes->memory.n_hugepages && plan->needs_reboot;
}

/* "POOL/VOLUME": libvirt knows the volumes of a pool when it runs. */
static bool brings_pool(const struct plan *plan, const char *disk)
{
	for (size_t i = 0; disk && i < plan->n; i++) {
		const struct change *c = &plan->list[i];
		size_t n = strlen(c->target);

		if (c->kind == CHANGE_POOL && !c->was_active && str_starts(disk, c->target) && disk[n] == '/')
			return true;
	}
	return false;
}

/* What the whole host waits for; NULL: nothing. */
static const char *find_general(const struct wishes *wishes, const struct plan *rest, const struct guest_options *options)
{
	if (wishes->pending)
		return "the trial is for the host alone; when it has gone well, slipway defines the guest";
	if (brings_packages(rest))
		return "packages come first; " THEN;
	if (options->hugepages != HUGEPAGES_OFF && brings_pages(wishes, rest))
		return rest->needs_reboot ? "its huge pages come at the next boot; " THEN : "its huge pages come first; " THEN;
	if (brings_pool(rest, options->disk))
		return "its storage pool comes first; " THEN;
	if (str_eq(options->bridge, "auto") && brings_network(rest))
		return "its bridge comes first; " THEN;
	return NULL;
}

int guest_wait_find(const struct host *host, const struct wishes *wishes, const struct plan *rest, const struct guest_wanted *w, bool is_boot,
		    char **ret)
{
	const char *why = find_general(wishes, rest, &w->options);

	*ret = NULL;
	if (why)
		return (*ret = strdup(why)) ? 0 : -ENOMEM;
	for (size_t i = 0; i < w->n_devices; i++) {
		if (!is_to_be_set_aside(host, wishes, w->devices[i]))
			continue;
		*ret = text_format(is_boot ? "%s is not set aside, or not yet; 'slipway audit' says why" : "%s is set aside at the next boot; " THEN,
				   w->devices[i]->address);
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}
