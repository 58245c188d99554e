/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest that is wanted: a profile, the user's file and the command line, laid over each other. */
#pragma once

#include "cli/cli.h"
#include "profiles/profile.h"
#include "profiles/settings_guest.h"

#define PROFILE_FOLDER "etc/slipway/profiles"

struct guest_wanted {
	const struct profile *profile;
	struct guest_options options;      /* borrow from the two below and from the command line */
	struct guest_settings own, file;   /* of /etc/slipway/profiles/NAME.yaml, and of --file */
	char **selectors;                  /* borrowed */
	struct device **devices;           /* that they name, with the other functions of their cards; owned array, borrowed from the host */
	size_t n_devices;
};

/* By the profile's name and the options; 0, or a negative errno after it was said what is wrong. */
int guest_wanted_read(const struct cli *cli, const struct arguments *arguments, const char *name, struct guest_wanted *ret);
/* Finds the devices. -ENOENT where a selector names none, -ENOMEM; said. */
int guest_wanted_find_devices(const struct host *host, struct guest_wanted *w, struct choices *choices);
void guest_wanted_done(struct guest_wanted *w);

/* The profile of /etc/slipway/profiles/NAME.yaml; -ENOENT, silently, where there is no such file. */
int profile_file_read(const struct cli *cli, const char *name, struct guest_settings *ret);
