/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI variables, through libefivar, which is loaded when the first one is asked for. */

#include <dlfcn.h>
#include <efivar/efivar.h>
#include <errno.h>
#include <fcntl.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/efi.h"

#define EFIVARS "sys/firmware/efi/efivars"

static int (*get_variable)(efi_guid_t, const char *, uint8_t **, size_t *, uint32_t *);

/* libefivar reads EFIVARFS_PATH once, when it is loaded, and wants its final slash: so it is loaded after the root is known. */
static int load(int root_fd)
{
	static int directory = -1;
	_cleanup_free_ char *path = NULL;
	void *library;

	if (get_variable)
		return 0;
	directory = fs_open(root_fd, O_PATH | O_DIRECTORY, EFIVARS);
	if (directory < 0)
		return directory;
	path = text_format("/proc/self/fd/%d/", directory);
	if (!path || setenv("EFIVARFS_PATH", path, 1) < 0)
		return -ENOMEM;
	library = dlopen("libefivar.so.1", RTLD_NOW | RTLD_LOCAL);
	unsetenv("EFIVARFS_PATH");
	if (!library)
		return -ENOPKG;
	*(void **)&get_variable = dlsym(library, "efi_get_variable");
	return get_variable ? 0 : -ENOPKG;
}

int efi_global_read(int root_fd, const char *name, uint8_t **ret, size_t *ret_size)
{
	_cleanup_close_ int fd = -1;
	uint32_t attributes;
	struct stat st;
	int r;

	/* Looked at first, inside the root and never through a link, so that a capture cannot lead the library astray. */
	fd = fs_open(root_fd, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, EFIVARS "/%s-8be4df61-93ca-11d2-aa0d-00e098032b8c", name);
	if (fd < 0)
		return fd;
	/* The library would wait at a pipe for ever. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	r = load(root_fd);
	if (r < 0)
		return r;
	if (get_variable(EFI_GLOBAL_GUID, name, ret, ret_size, &attributes) < 0)
		return errno ? -errno : -EIO;
	return 0;
}
