/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules of a kernel release, for libkmod to look in. */
#pragma once

struct kmod_ctx;

/* ctx NULL: the release has no folder. */
struct module_folder {
	struct kmod_ctx *ctx;
	int fd; /* what the context's paths begin with */
};

/* lib/modules/RELEASE below root_fd (NULL: none known), with no configuration. To be ended by module_folder_done() in any case. */
struct module_folder module_folder_open(int root_fd, const char *release);
void module_folder_done(struct module_folder *folder);
