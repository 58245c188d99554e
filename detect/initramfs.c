/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs: which tool makes this host's images, and which images of installed kernels it writes. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/initramfs.h"
#include "detect/initramfs_images.h"

void initramfs_done(struct initramfs *i)
{
	for (size_t k = 0; k < i->n; k++) {
		free(i->images[k].path);
		free(i->images[k].release);
	}
	free(i->images);
	free(i->reason);
	*i = (struct initramfs){};
}

static bool text_has(int root_fd, const char *path, const char *word)
{
	_cleanup_free_ char *text = NULL;

	return fs_read(root_fd, &text, NULL, "%s", path) >= 0 && strstr(text, word);
}

/* dracut's packages bring an update-initramfs of their own, which calls dracut. */
static bool tools_installed(int root_fd)
{
	return fs_exists(root_fd, "usr/sbin/update-initramfs") && fs_exists(root_fd, "etc/initramfs-tools") &&
	       !text_has(root_fd, "usr/sbin/update-initramfs", "dracut");
}

static bool dracut_installed(int root_fd)
{
	return fs_exists(root_fd, "usr/bin/dracut") || fs_exists(root_fd, "usr/sbin/dracut");
}

static bool mkinitcpio_installed(int root_fd)
{
	return fs_exists(root_fd, "usr/bin/mkinitcpio");
}

/* update-initramfs keeps a note for each image that it has made. */
static bool tools_made(int root_fd, const struct initramfs *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (fs_exists(root_fd, "var/lib/initramfs-tools/%s", found->images[i].release))
			return true;
	return found->n && fs_exists(root_fd, "etc/kernel/postinst.d/initramfs-tools");
}

/* On Debian both tools write the same names. */
static bool dracut_made(int root_fd, const struct initramfs *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (!str_starts(found->images[i].path, "boot/initrd.img-") || fs_exists(root_fd, "etc/kernel/postinst.d/dracut"))
			return true;
	return false;
}

static bool mkinitcpio_made(int root_fd, const struct initramfs *found)
{
	(void)root_fd;
	return found->n;
}

static const struct generator {
	enum initramfs_generator id;
	const char *name;
	bool (*is_installed)(int root_fd);
	int (*find_images)(int root_fd, char *const *releases, struct initramfs *to);
	bool (*has_made)(int root_fd, const struct initramfs *found);
} generators[] = {
	{ INITRAMFS_TOOLS, "initramfs-tools", tools_installed, images_of_initramfs_tools, tools_made },
	{ INITRAMFS_DRACUT, "dracut", dracut_installed, images_of_dracut, dracut_made },
	{ INITRAMFS_MKINITCPIO, "mkinitcpio", mkinitcpio_installed, images_of_mkinitcpio, mkinitcpio_made },
};

const char *initramfs_generator_name(enum initramfs_generator id)
{
	for (size_t i = 0; i < ARRAY_SIZE(generators); i++)
		if (generators[i].id == id)
			return generators[i].name;
	return id == INITRAMFS_NONE ? "none" : "unknown";
}

/* kernel-install(8): initrd_generator= in install.conf; the file in /etc replaces the one in /usr. */
static char *read_configured(int root_fd)
{
	_cleanup_free_ char *text = NULL;

	if (fs_read(root_fd, &text, NULL, "etc/kernel/install.conf") < 0 &&
	    fs_read(root_fd, &text, NULL, "usr/lib/kernel/install.conf") < 0)
		return NULL;
	return preset_value(text, "initrd_generator");
}

static bool boot_has_images(int root_fd)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, "boot") < 0)
		return false;
	for (char **name = names; name && *name; name++)
		if (str_starts(*name, "initr"))
			return true;
	return false;
}

static int set_unknown(struct initramfs *i, char *reason)
{
	i->generator = INITRAMFS_UNKNOWN;
	i->reason = reason;
	return reason ? 0 : -ENOMEM;
}

struct candidates {
	const struct generator *installed[ARRAY_SIZE(generators)], *maker;
	size_t n, n_makers;
};

static int find_candidates(int root_fd, char *const *releases, struct candidates *c)
{
	_cleanup_free_ char *configured = read_configured(root_fd);

	for (size_t k = 0; k < ARRAY_SIZE(generators); k++) {
		const struct generator *g = &generators[k];
		_cleanup_(initramfs_done) struct initramfs found = {};

		if (!g->is_installed(root_fd))
			continue;
		c->installed[c->n++] = g;
		if (g->find_images(root_fd, releases, &found) < 0)
			return -ENOMEM;
		if (configured ? str_eq(configured, g->name) : g->has_made(root_fd, &found)) {
			c->maker = g;
			c->n_makers++;
		}
	}
	return 0;
}

static int tell_generator(int root_fd, const struct candidates *c, struct initramfs *i)
{
	if (fs_exists(root_fd, "run/ostree-booted"))
		return set_unknown(i, strdup("this host is deployed by ostree, which takes its initramfs from the image ('rpm-ostree initramfs' "
					     "would make one here)"));
	if (c->n == 0 && !boot_has_images(root_fd))
		return 0;
	if (c->n == 0)
		return set_unknown(i, strdup("/boot has initramfs images, and none of initramfs-tools, dracut and mkinitcpio is installed"));
	if (c->n > 1 && c->n_makers != 1)
		return set_unknown(i, text_format("%s and %s are both installed, and %s made the images in /boot; remove the one that is not "
						  "used, or name the other as initrd_generator= in /etc/kernel/install.conf",
						  c->installed[0]->name, c->installed[1]->name,
						  c->n_makers ? "both seem to have" : "nothing tells which of them"));
	i->generator = c->n > 1 ? c->maker->id : c->installed[0]->id;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct initramfs_image *)a)->path, ((const struct initramfs_image *)b)->path);
}

int initramfs_read(int root_fd, char *const *releases, struct initramfs *ret)
{
	_cleanup_(initramfs_done) struct initramfs i = {};
	struct candidates c = {};
	int r;

	r = find_candidates(root_fd, releases, &c);
	if (r >= 0)
		r = tell_generator(root_fd, &c, &i);
	for (size_t k = 0; k < c.n && r >= 0; k++)
		if (c.installed[k]->id == i.generator)
			r = c.installed[k]->find_images(root_fd, releases, &i);
	if (r < 0)
		return r;
	if (i.n)
		qsort(i.images, i.n, sizeof(*i.images), compare);
	*ret = TAKE(i);
	return 0;
}
