/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs image, read back: does it hold what was asked for? */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "detect/kernel.h"
#include "installer/initramfs_backend.h"
#include "installer/initramfs_image.h"

#define MODULE "module "

/* The end of a path in a line: some listers print mode, owner and time before it, and "-> target" behind. */
static size_t path_end(const char *line)
{
	size_t n = strcspn(line, "\n");
	const char *arrow = memmem(line, n, " -> ", 4);

	return arrow ? (size_t)(arrow - line) : n;
}

static bool is_path(const char *line, size_t n, const char *path)
{
	size_t length = strlen(path);

	return n >= length && memcmp(line + n - length, path, length) == 0 && (n == length || strchr("/ ", line[n - length - 1]));
}

static char same(char c)
{
	return c == '-' ? '_' : c;
}

/* .../vfio-pci.ko.xz is the module vfio_pci. */
static bool is_module(const char *line, size_t n, const char *name)
{
	const char *base = memrchr(line, '/', n), *end = line + n;

	if (!base)
		return false;
	for (base++; *name && base < end && same(*base) == same(*name); base++)
		name++;
	return !*name && end - base >= 3 && memcmp(base, ".ko", 3) == 0 && (base + 3 == end || base[3] == '.');
}

static bool has_line(const char *listing, const char *wanted, bool (*matches)(const char *line, size_t n, const char *wanted))
{
	for (const char *line = listing; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (matches(line, path_end(line), wanted))
			return true;
	return false;
}

static bool is_met(const char *listing, const char *expected)
{
	if (*expected == '!')
		return !has_line(listing, expected + 1, is_path);
	if (str_starts(expected, MODULE))
		return has_line(listing, expected + strlen(MODULE), is_module);
	return has_line(listing, expected, is_path);
}

const char *listing_misses(const char *listing, char *const *expects)
{
	for (; expects && *expects; expects++)
		if (!is_met(listing, *expects))
			return *expects;
	return NULL;
}

/* A module that this kernel has built in, or not at all, is no file that could be in the image. */
static int expects_of_release(int root_fd, const char *release, char *const *expects, char ***ret)
{
	_cleanup_(strv_freep) char **v = NULL;
	int r = 0;

	for (; *expects && r >= 0; expects++)
		if (!str_starts(*expects, MODULE) ||
		    module_find_installed(root_fd, release, *expects + strlen(MODULE)) == MODULE_FILE)
			r = strv_add(&v, *expects);
	if (r < 0)
		return r;
	*ret = TAKE(v);
	return 0;
}

static int list_image(const struct initramfs_backend *backend, const char *path, char **ret)
{
	_cleanup_(strv_freep) char **argv = NULL;
	_cleanup_free_ char *output = NULL;
	int r;

	r = strv_copy(backend->lister, &argv);
	if (r >= 0)
		r = strv_consume(&argv, text_format("/%s", path));
	if (r < 0)
		return log_oom();
	r = process_run(argv, &output);
	if (r != 0)
		return log_error("/%s cannot be read back with %s", path, argv[0]), -EIO;
	*ret = TAKE(output);
	return 0;
}

static bool image_meets(int root_fd, const struct initramfs_backend *backend, const struct initramfs_image *image, char *const *expects)
{
	_cleanup_(strv_freep) char **wanted = NULL;
	_cleanup_free_ char *listing = NULL;
	const char *missed;

	if (expects_of_release(root_fd, image->release, expects, &wanted) < 0)
		return log_oom(), false;
	if (list_image(backend, image->path, &listing) < 0)
		return false;
	missed = listing_misses(listing, wanted);
	if (!missed)
		return true;
	if (*missed == '!')
		log_error("/%s still holds %s", image->path, missed + 1);
	else
		log_error("/%s was built without %s", image->path, missed);
	return false;
}

int initramfs_has_files(int root_fd, char *const *expects)
{
	_cleanup_(initramfs_done) struct initramfs initramfs = {};
	_cleanup_(strv_freep) char **releases = NULL;
	const struct initramfs_backend *backend;
	int r;

	if (!expects || !*expects)
		return 1;
	r = dir_list(root_fd, &releases, "lib/modules");
	if (r < 0)
		return log_errno(r, "cannot list the kernels in /lib/modules"), 0;
	if (initramfs_read(root_fd, releases, &initramfs) < 0)
		return log_oom(), 0;
	backend = initramfs_backend(initramfs.generator);
	if (!backend || !initramfs.n) {
		log_error("no initramfs image of an installed kernel is there to be read back");
		return 0;
	}
	for (size_t i = 0; i < initramfs.n; i++)
		if (!image_meets(root_fd, backend, &initramfs.images[i], expects))
			return 0;
	return 1;
}
