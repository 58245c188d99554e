/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a file on an EFI system partition that is mounted nowhere: what change_file.c does, with that file system as the
 * root. The partition is opened for each of the three questions alone, since the boot loader's own tool mounts it, too.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "installer/change.h"
#include "installer/esp.h"

/* "AAAA-BBBB/loader/entries/x.conf", opened; the path on it in *ret_path (borrowed). */
static int open_partition(const struct change *c, bool is_writable, char **ret_path)
{
	char *slash = strchr(c->target, '/');
	_cleanup_free_ char *uuid = slash ? strndup(c->target, (size_t)(slash - c->target)) : NULL;

	if (!uuid)
		return slash ? log_oom() : -EINVAL;
	*ret_path = slash + 1;
	return esp_open(uuid, is_writable);
}

static int with_partition(const struct site *site, struct change *c, int (*act)(const struct site *site, struct change *c), int when_gone)
{
	struct change there = *c; /* shallow: the target alone is another */
	_cleanup_close_ int fd = open_partition(c, true, &there.target);
	struct site partition = *site;

	if (fd == -ENOENT && when_gone == 0)
		return log_warning("the EFI system partition of %s is not there", c->target), 0;
	if (fd < 0)
		return log_errno(fd, "cannot open the EFI system partition of %s", c->target);
	partition.root_fd = fd;
	return act(&partition, &there);
}

static int esp_apply(const struct site *site, struct change *c)
{
	return with_partition(site, c, change_file_ops.apply, -ENOENT);
}

/* With a disk that was taken out of its mirror, what stood on it went. */
static int esp_revert(const struct site *site, struct change *c)
{
	return with_partition(site, c, change_file_ops.revert, 0);
}

static int esp_holds(const struct site *site, const struct change *c)
{
	struct change there = *c;
	_cleanup_close_ int fd = open_partition(c, false, &there.target);
	struct site partition = *site;

	if (fd == -ENOENT)
		return 1;
	if (fd < 0)
		return log_errno(fd, "cannot open the EFI system partition of %s", c->target);
	partition.root_fd = fd;
	return change_file_ops.holds(&partition, &there);
}

const struct change_ops change_esp_ops = { "esp-file", esp_apply, esp_revert, esp_holds };
