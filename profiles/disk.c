/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest disks: what kind of file holds the guest's system, and in which format. */

#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/disk.h"

/* QEMU's docs/interop/qcow2.txt; numbers are big-endian. */
struct qcow2_header {
	char magic[4];
	uint32_t version;
	uint64_t backing_file_offset;
	unsigned char unused[56];
	uint64_t incompatible_features; /* version 3 */
} __attribute__((packed));

#define QCOW2_EXTERNAL_DATA (1u << 2)

static bool is_qcow2(const struct qcow2_header *h)
{
	return memcmp(h->magic, "QFI\xfb", sizeof(h->magic)) == 0;
}

static bool refers_to_others(const struct qcow2_header *h)
{
	return h->backing_file_offset ||
	       (be32toh(h->version) >= 3 && be64toh(h->incompatible_features) & QCOW2_EXTERNAL_DATA);
}

static int header_read(int root_fd, const char *path, struct qcow2_header *ret)
{
	_cleanup_close_ int fd = -1;
	struct qcow2_header h = {}; /* a shorter file is no qcow2 image */

	fd = fs_open(root_fd, O_RDONLY | O_NONBLOCK, "%s", path);
	if (fd < 0)
		return fd;
	if (pread(fd, &h, sizeof(h), 0) < 0)
		return -errno;
	*ret = h;
	return 0;
}

static int format_read(int root_fd, const char *path, const char **ret)
{
	struct qcow2_header header = {};
	int r;

	r = header_read(root_fd, path, &header);
	if (r < 0)
		return log_errno(r, "cannot look into the disk %s (make it first, or name its format)", path);
	if (is_qcow2(&header) && refers_to_others(&header))
		return log_invalid("disk '%s' is a qcow2 image that refers to another file: say that it may, by naming the format qcow2", path);
	*ret = is_qcow2(&header) ? "qcow2" : "raw";
	return 0;
}

int guest_disk_look(int root_fd, const char *path, enum disk_format format, struct guest_disk *ret)
{
	struct guest_disk disk = { .format = format == DISK_QCOW2 ? "qcow2" : "raw" };
	struct stat st;
	int r;

	r = fs_stat(root_fd, &st, "%s", path);
	if (r >= 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return log_invalid("disk '%s' cannot be used: it is neither a file nor a block device", path);
	/* Below a captured root there are no device nodes. */
	disk.is_block = r >= 0 ? S_ISBLK(st.st_mode) : str_starts(path, "/dev/");
	if (format == DISK_AUTO && !disk.is_block) {
		r = format_read(root_fd, path, &disk.format);
		if (r < 0)
			return r;
	}
	*ret = disk;
	return 0;
}
