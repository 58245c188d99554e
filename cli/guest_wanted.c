/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest that is wanted: a profile, the user's file and the command line, laid over each other. */

#include <errno.h>
#include <string.h>

#include "cli/guest_wanted.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/selector.h"

void guest_wanted_done(struct guest_wanted *w)
{
	guest_settings_done(&w->own);
	guest_settings_done(&w->file);
	free(w->devices);
	*w = (struct guest_wanted){};
}

int profile_file_read(const struct cli *cli, const char *name, struct guest_settings *ret)
{
	_cleanup_free_ char *text = NULL, *path = text_format("/" PROFILE_FOLDER "/%s.yaml", name);
	int r;

	if (!path)
		return log_oom();
	if (strchr(name, '/'))
		return -ENOENT;
	r = fs_read(cli->root_fd, &text, NULL, "%s", path);
	if (r == -ENOENT)
		return r;
	return r < 0 ? log_errno(r, "cannot read %s", path) : guest_settings_parse(text, path, ret);
}

/* A profile of slipway's own, which the user's file of the same name changes, or one that is the user's whole. */
static int find_profile(const struct cli *cli, const char *name, struct guest_wanted *w)
{
	const char *base;
	int r;

	r = profile_file_read(cli, name, &w->own);
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

static int read_file(const char *path, const char *name, struct guest_wanted *w)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = file_read(path, &text);
	if (r < 0)
		return log_errno(r, "cannot read the options in %s", path);
	r = guest_settings_parse(text, path, &w->file);
	if (r >= 0 && w->file.profile && !str_eq(w->file.profile, name))
		return log_invalid("%s: it is for the profile %s, and %s was asked for", path, w->file.profile, name);
	return r;
}

static int read_command_line(const struct arguments *arguments, struct guest_options *options)
{
	int r = 0;

	guest_options_layer(options);
	for (const struct guest_option *o = guest_options; o->name && r >= 0; o++) {
		_cleanup_free_ char *name = text_format("--%s", o->name);
		const char *value = name ? arguments_value(arguments, name) : NULL;

		if (!name)
			r = log_oom();
		else if (value)
			r = guest_option_set(options, o->name, value);
	}
	return r;
}

int guest_wanted_read(const struct cli *cli, const struct arguments *arguments, const char *name, struct guest_wanted *ret)
{
	_cleanup_(guest_wanted_done) struct guest_wanted w = {};
	const char *file = arguments_value(arguments, "--file");
	int r;

	r = find_profile(cli, name, &w);
	if (r >= 0 && file)
		r = read_file(file, name, &w);
	if (r < 0)
		return r;
	w.options = w.profile->defaults;
	r = guest_settings_apply(&w.own, &w.options);
	if (r >= 0)
		r = guest_settings_apply(&w.file, &w.options);
	if (r >= 0)
		r = read_command_line(arguments, &w.options);
	if (r < 0)
		return r;
	w.selectors = arguments_values(arguments, "--device");
	if (!w.selectors)
		w.selectors = w.file.devices ? w.file.devices : w.own.devices;
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
