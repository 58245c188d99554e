/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest that is wanted: a profile, the user's file, and what the command line or the spec says, laid over each other. */
#pragma once

#include "detect/host.h"
#include "profiles/profile.h"
#include "profiles/settings_guest.h"

#define PROFILE_FOLDER "etc/slipway/profiles"

struct guest_wanted {
	const struct profile *profile;
	struct guest_options options; /* borrow from `own`, and from what is laid over it */
	struct guest_settings own;    /* of /etc/slipway/profiles/NAME.yaml */
	char **selectors;             /* borrowed */
	struct device **devices;      /* that they name, with the other functions of their cards; owned array, borrowed from the host */
	size_t n_devices;
};

/*
 * The profile of this name, the user's file for it, and over both what the file of a command line or an entry of the spec says
 * (`over`, borrowed; may be NULL). 0, or a negative errno after it was said what is wrong: -EINVAL, there is no such profile.
 */
int guest_wanted_read(int root_fd, const char *name, const struct guest_settings *over, struct guest_wanted *ret);
/* Finds the devices. -ENOENT where a selector names none, -ENOMEM; said. */
int guest_wanted_find_devices(const struct host *host, struct guest_wanted *w, struct choices *choices);
void guest_wanted_done(struct guest_wanted *w);

/* The profile of /etc/slipway/profiles/NAME.yaml; -ENOENT, silently, where there is no such file. */
int profile_file_read(int root_fd, const char *name, struct guest_settings *ret);
