/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dracut, of Fedora, RHEL, SUSE and others: a line of configuration that asks for slipway's dracut module. Kernels to
 * come are given their images by the same dracut, which reads the same line.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/initramfs_images.h"
#include "early/scripts.h"
#include "installer/initramfs_backend.h"

/* dracut.conf(5): only files in *.conf are read, and lists want blanks at both ends, since others append without any. */
#define CONFIG "etc/dracut.conf.d/90-slipway.conf"

static const char config[] =
	"# Written by slipway; 'slipway rollback' takes it away.\n"
	"# The early binder in every image, from /" DRACUT_MODULE ".\n"
	"add_dracutmodules+=\" slipway \"\n";

/* dracut.conf(5), uefi: images go into unified kernel images then, with a command line sealed inside. */
static bool says_uefi(int root_fd, const char *path)
{
	_cleanup_free_ char *text = NULL, *value = NULL;

	if (fs_read(root_fd, &text, NULL, "%s", path) < 0)
		return false;
	value = preset_value(text, "uefi");
	return str_eq(value, "yes");
}

static int find_uefi(int root_fd, char **ret)
{
	static const char *const folders[] = { "etc/dracut.conf.d", "usr/lib/dracut/dracut.conf.d" };

	if (says_uefi(root_fd, "etc/dracut.conf"))
		return (*ret = strdup("etc/dracut.conf")) ? 0 : -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "%s", folders[i]) < 0)
			continue;
		for (char **name = names; name && *name; name++) {
			_cleanup_free_ char *path = text_format("%s/%s", folders[i], *name);

			if (!path)
				return -ENOMEM;
			if (str_ends(path, ".conf") && says_uefi(root_fd, path)) {
				*ret = TAKE(path);
				return 0;
			}
		}
	}
	return 0;
}

/* --regenerate-all makes an image for every folder in lib/modules that depmod has been to, be it a leftover. */
static void warn_of_leftovers(const struct host *host)
{
	for (char **release = host->kernel.installed; host->is_live && release && *release; release++) {
		size_t i = 0;

		while (i < host->initramfs.n && !str_eq(host->initramfs.images[i].release, *release))
			i++;
		if (i == host->initramfs.n && fs_exists(host->root_fd, "lib/modules/%s/modules.dep", *release))
			log_warning("/lib/modules/%s has no image in /boot, and dracut will make one; remove that folder if its kernel is gone",
				    *release);
	}
}

/* dracut looks for modules in one folder only, which belongs to packages: so the module came with slipway. */
static int check(const struct host *host)
{
	_cleanup_free_ char *uefi = NULL;

	if (find_uefi(host->root_fd, &uefi) < 0)
		return log_oom();
	if (uefi)
		return log_error("devices cannot be bound at boot here: /%s has uefi=yes, so dracut makes unified kernel images, whose command "
				 "line is sealed inside; take it out", uefi), -EOPNOTSUPP;
	warn_of_leftovers(host);
	if (fs_exists(host->root_fd, DRACUT_MODULE "/module-setup.sh"))
		return 0;
	return log_error("/" DRACUT_MODULE " is missing; install slipway on the host (meson install), since dracut takes the early binder "
			 "from there"), -ENOENT;
}

static int plan_files(const struct host *host, bool wanted, struct plan *plan)
{
	return plan_want_file(plan, host->root_fd, CONFIG, wanted ? config : NULL, 0644, "puts the early binder into the initramfs");
}

static char *const rebuild[] = { (char *)"dracut", (char *)"--force", (char *)"--regenerate-all", NULL };
static char *const lister[] = { (char *)"lsinitrd", NULL };
/* All that lies in that folder runs before udev is started, in the shell's init as well as under systemd (dracut.bootup(7)). */
static const char *const contents[] = { "usr/libexec/slipway/slipway-bind", "etc/slipway/devices.conf",
					"dracut/hooks/pre-udev/00-slipway-bind.sh", NULL };

const struct initramfs_backend dracut_backend = { INITRAMFS_DRACUT, rebuild, lister, contents, check, plan_files };
