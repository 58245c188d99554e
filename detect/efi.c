/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI variables below sys/firmware/efi/efivars (Documentation/filesystems/efivarfs.rst). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/efi.h"

#define ATTRIBUTES_SIZE 4 /* in front of the data, in every file of efivarfs */

int efi_read(int root_fd, const char *guid, const char *name, uint8_t **ret, size_t *ret_size)
{
	_cleanup_free_ char *content = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &content, &size, EFIVARS "/%s-%s", name, guid);
	if (r < 0)
		return r;
	if (size < ATTRIBUTES_SIZE)
		return -EINVAL;
	size -= ATTRIBUTES_SIZE;
	memmove(content, content + ATTRIBUTES_SIZE, size + 1);
	*ret = (uint8_t *)TAKE(content);
	*ret_size = size;
	return 0;
}
