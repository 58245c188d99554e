/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest that is wanted: a profile, the user's file, and what the command line or the spec says, laid over each other. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/guest_wanted.h"
#include "passthrough/selector.h"

void guest_wanted_done(struct guest_wanted *w)
{
	guest_settings_done(&w->own);
	free(w->devices);
	*w = (struct guest_wanted){};
}

int profile_file_read(int root_fd, const char *name, struct guest_settings *ret)
{
	_cleanup_free_ char *text = NULL, *path = text_format("/" PROFILE_FOLDER "/%s.yaml", name);
	int r;

	if (!path)
		return log_oom();
	if (strchr(name, '/'))
		return -ENOENT;
	r = fs_read(root_fd, &text, NULL, "%s", path);
	if (r == -ENOENT)
		return r;
	return r < 0 ? log_errno(r, "cannot read %s", path) : guest_settings_parse(text, path, ret);
}

/* A profile of slipway's own, which the user's file of the same name changes, or one that is the user's whole. */
static int find_profile(int root_fd, const char *name, struct guest_wanted *w)
{
	const char *base;
	int r;

	r = profile_file_read(root_fd, name, &w->own);
	if (r < 0 && r != -ENOENT)
		return r;
	base = w->own.profile ? w->own.profile : name;
	w->profile = profile_find(base);
	if (!w->profile && r == -ENOENT)
		return log_invalid("there is no profile '%s'; 'slipway profile list' names them", name);
	if (!w->profile && !w->own.profile)
		return log_invalid("/" PROFILE_FOLDER "/%s.yaml: it must say which profile it is made of, such as 'profile: uefi'", name);
	if (!w->profile)
		return log_invalid("/" PROFILE_FOLDER "/%s.yaml: there is no profile '%s' of slipway's own; 'slipway profile list' names them", name, base);
	return 0;
}

int guest_wanted_read(int root_fd, const char *name, const struct guest_settings *over, struct guest_wanted *ret)
{
	_cleanup_(guest_wanted_done) struct guest_wanted w = {};
	int r;

	r = find_profile(root_fd, name, &w);
	if (r < 0)
		return r;
	w.options = w.profile->defaults;
	r = guest_settings_apply(&w.own, &w.options);
	if (r >= 0 && over)
		r = guest_settings_apply(over, &w.options);
	if (r < 0)
		return r;
	w.selectors = over && over->devices ? over->devices : w.own.devices;
	*ret = TAKE(w);
	return 0;
}

static bool has_device(const struct guest_wanted *w, const struct device *d)
{
	for (size_t i = 0; i < w->n_devices; i++)
		if (w->devices[i] == d)
			return true;
	return false;
}

/* A card's other functions go to the guest with it; its VFs may go to others. */
static void add_functions(const struct host *host, struct device *d, struct guest_wanted *w, struct choices *choices)
{
	for (size_t i = 0; i < host->devices.n && !d->physical_function; i++) {
		struct device *mate = &host->devices.list[i];

		if (mate->physical_function || !devices_share_slot(d, mate) || has_device(w, mate))
			continue;
		w->devices[w->n_devices++] = mate;
		choices_add(choices, "device", mate->address, NULL, NULL, "a function of the same card as %s", d->address);
	}
}

int guest_wanted_find_devices(const struct host *host, struct guest_wanted *w, struct choices *choices)
{
	w->devices = calloc(host->devices.n + 1, sizeof(*w->devices));
	if (!w->devices)
		return log_oom();
	for (char **selector = w->selectors; selector && *selector; selector++) {
		_cleanup_free_ struct device **found = NULL;
		size_t n;
		int r;

		r = selector_find(*selector, &host->devices, &found, &n);
		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++) {
			if (has_device(w, found[i]))
				continue;
			w->devices[w->n_devices++] = found[i];
			choices_add(choices, "device", found[i]->address, NULL, NULL, "named by %s", *selector);
			add_functions(host, found[i], w, choices);
		}
	}
	return choices->failed ? log_oom() : 0;
}
