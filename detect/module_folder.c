/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules of a kernel release, for libkmod to look in. */

#include <fcntl.h>
#include <libkmod.h>
#include <stdarg.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/module_folder.h"

/* A module that another needs may be left out of a capture: what could not be looked up is for the caller to say. */
static void say_nothing(void *data, int priority, const char *file, int line, const char *function, const char *format, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)function, (void)format, (void)args;
}

struct module_folder module_folder_open(int root_fd, const char *release)
{
	struct module_folder folder = { .fd = release ? fs_open(root_fd, O_PATH | O_DIRECTORY, "lib/modules/%s", release) : -1 };
	_cleanup_free_ char *path = folder.fd >= 0 ? text_format("/proc/self/fd/%d", folder.fd) : NULL;
	const char *no_config[] = { NULL };

	folder.ctx = path ? kmod_new(path, no_config) : NULL;
	if (folder.ctx)
		kmod_set_log_fn(folder.ctx, say_nothing, NULL);
	return folder;
}

void module_folder_done(struct module_folder *folder)
{
	if (folder->ctx)
		kmod_unref(folder->ctx);
	closep(&folder->fd);
}
