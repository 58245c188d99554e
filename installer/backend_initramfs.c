/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs-tools: the early binder and the vfio modules in every installed kernel's initramfs. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "early/scripts.h"
#include "installer/backend_initramfs.h"

#define HOOK "etc/initramfs-tools/hooks/slipway"
#define SCRIPT "etc/initramfs-tools/scripts/init-top/slipway"

/* As they are called inside the image. */
static const char *const image_files[] = { "usr/libexec/slipway/slipway-bind", "etc/slipway/devices.conf", "scripts/init-top/slipway" };

static int check_supported(const struct host *host)
{
	if (!host->software.has_update_initramfs || !fs_exists(host->root_fd, "etc/initramfs-tools"))
		return log_error("devices cannot be bound at boot here: this host's initramfs is not made by initramfs-tools, and other "
				 "tools are not known yet"), -EOPNOTSUPP;
	if (!fs_exists(host->root_fd, "usr/libexec/slipway/slipway-bind"))
		return log_error("/usr/libexec/slipway/slipway-bind is missing; install slipway on the host (meson install), since this "
				 "program goes into the initramfs"), -ENOENT;
	return 0;
}

int initramfs_plan(const struct host *host, const char *devices, struct plan *plan)
{
	static char *const update[] = { (char *)"update-initramfs", (char *)"-u", (char *)"-k", (char *)"all", NULL };
	const struct {
		const char *path, *content, *summary;
		mode_t mode;
	} files[] = {
		{ IDENTITY_FILE, devices, "the devices that are bound at boot, and how to know them again", 0644 },
		{ HOOK, devices ? initramfs_hook : NULL, "puts the early binder into the initramfs", 0755 },
		{ SCRIPT, devices ? initramfs_script : NULL, "runs the early binder before udev", 0755 },
	};
	_cleanup_(strv_freep) char **expects = NULL;
	bool changed = false;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		r = plan_want_file(plan, host->root_fd, files[i].path, files[i].content, files[i].mode, files[i].summary);
		if (r < 0)
			return r;
		changed = changed || r > 0;
	}
	if (!changed)
		return 0;
	r = check_supported(host);
	for (size_t i = 0; devices && i < ARRAY_SIZE(image_files) && r >= 0; i++)
		r = strv_add(&expects, image_files[i]) < 0 ? log_oom() : 0;
	if (r < 0)
		return r;
	plan->needs_reboot = true;
	return plan_add_command(plan, update, TAKE(expects), "build the initramfs of every installed kernel anew");
}

static int image_has_files(const char *path, char *const *files)
{
	char *argv[] = { (char *)"lsinitramfs", (char *)path, NULL };
	_cleanup_free_ char *output = NULL;
	_cleanup_(strv_freep) char **names = NULL;
	int status;

	status = process_run(argv, &output);
	if (status != 0 || strv_split(output, "\n", &names) < 0) {
		log_error("%s cannot be read back with lsinitramfs", path);
		return 0;
	}
	for (char *const *file = files; *file; file++)
		if (!strv_contains(names, *file)) {
			log_error("%s was built without %s", path, *file);
			return 0;
		}
	return 1;
}

int initramfs_has_files(int root_fd, char *const *files)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	if (!files || !*files)
		return 1;
	r = dir_list(root_fd, &names, "boot");
	if (r < 0) {
		log_errno(r, "cannot list /boot");
		return 0;
	}
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *path = NULL;

		if (!str_starts(*name, "initrd.img-") || strstr(*name, ".bak") || strstr(*name, ".new") || strstr(*name, ".dpkg"))
			continue;
		path = text_format("/boot/%s", *name);
		if (!path || !image_has_files(path, files))
			return 0;
	}
	return 1;
}
