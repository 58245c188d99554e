/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of a file beside its content: mode, owner, and extended attributes. */

#include <errno.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "common/attributes.h"
#include "common/cleanup.h"
#include "common/text.h"

void attributes_done(struct attributes *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->list[i].name);
		free(a->list[i].value);
	}
	free(a->list);
	*a = (struct attributes){};
}

int attributes_add(struct attributes *a, const char *name, const void *value, size_t size)
{
	struct attribute *grown = realloc(a->list, (a->n + 1) * sizeof(*grown)), one = { .name = strdup(name), .size = size };

	if (grown)
		a->list = grown;
	one.value = malloc(size + 1);
	if (!grown || !one.name || !one.value) {
		free(one.name);
		free(one.value);
		return -ENOMEM;
	}
	memcpy(one.value, value, size);
	one.value[size] = '\0';
	grown[a->n++] = one;
	return 0;
}

/* Digests of the old content: on a new one they would forbid to read it. The kernel makes its own where it wants them. */
static bool is_digest(const char *name)
{
	return str_eq(name, "security.ima") || str_eq(name, "security.evm");
}

/* A file system without extended attributes has none to read. */
static int read_list(int fd, struct attributes *a)
{
	_cleanup_free_ char *names = malloc(XATTR_LIST_MAX), *value = malloc(XATTR_SIZE_MAX);
	ssize_t n, size;
	int r = 0;

	if (!names || !value)
		return -ENOMEM;
	n = flistxattr(fd, names, XATTR_LIST_MAX);
	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (const char *name = names; name < names + n && r >= 0; name += strlen(name) + 1) {
		if (is_digest(name))
			continue;
		size = fgetxattr(fd, name, value, XATTR_SIZE_MAX);
		r = size < 0 ? -errno : attributes_add(a, name, value, (size_t)size);
	}
	return r;
}

int attributes_read(int fd, struct attributes *ret)
{
	_cleanup_(attributes_done) struct attributes a = {};
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	a.mode = st.st_mode & 07777;
	a.uid = st.st_uid;
	a.gid = st.st_gid;
	r = read_list(fd, &a);
	if (r < 0)
		return r;
	*ret = TAKE(a);
	return 0;
}

/* Owner first: a change of it takes away set-user-id bits and capabilities. */
int attributes_set(int fd, const struct attributes *a)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (((a->uid != (uid_t)-1 && a->uid != st.st_uid) || (a->gid != (gid_t)-1 && a->gid != st.st_gid)) && fchown(fd, a->uid, a->gid) < 0)
		return -errno;
	if (fchmod(fd, a->mode) < 0)
		return -errno;
	for (size_t i = 0; i < a->n; i++)
		if (fsetxattr(fd, a->list[i].name, a->list[i].value, a->list[i].size, 0) < 0)
			return -errno;
	return 0;
}
