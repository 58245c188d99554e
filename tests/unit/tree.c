/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host below a temporary folder. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "tests/unit/tree.h"

static void full_path(struct tree *t, const char *path, char full[PATH_MAX])
{
	if (snprintf(full, PATH_MAX, "%s/%s", t->folder, path) >= PATH_MAX)
		abort();
}

/* Does not go through fs.c: a helper must not rest on what it helps to test. */
static void make_parents(const char *full)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - full), full);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			abort();
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void tree_new(struct tree *t)
{
	*t = (struct tree){ .folder = "/tmp/slipway-tree-XXXXXX" };
	if (!mkdtemp(t->folder))
		abort();
	t->fd = root_open(t->folder);
	if (t->fd < 0)
		abort();
}

void tree_done(struct tree *t)
{
	uses_done(&t->uses);
	host_done(&t->host);
	close(t->fd);
	nftw(t->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void tree_put_bytes(struct tree *t, const char *path, const void *data, size_t size)
{
	char full[PATH_MAX];
	int fd;

	full_path(t, path, full);
	make_parents(full);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

void tree_put(struct tree *t, const char *path, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	tree_put_bytes(t, path, text, strlen(text));
}

void tree_link(struct tree *t, const char *path, const char *target)
{
	char full[PATH_MAX];

	full_path(t, path, full);
	make_parents(full);
	unlink(full);
	if (symlink(target, full) < 0)
		abort();
}

void tree_folder(struct tree *t, const char *path)
{
	char full[PATH_MAX];

	full_path(t, path, full);
	make_parents(full);
	if (mkdir(full, 0755) < 0 && errno != EEXIST)
		abort();
}

void tree_remove(struct tree *t, const char *path)
{
	char full[PATH_MAX];

	full_path(t, path, full);
	if (nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		abort();
}

char *tree_get(struct tree *t, const char *path)
{
	char full[PATH_MAX], *text = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	size_t size = 0;

	full_path(t, path, full);
	f = fopen(full, "re");
	if (!f)
		return NULL;
	if (getdelim(&text, &size, EOF, f) < 0)
		*text = '\0';
	return text;
}

static char **dump_lines;
static size_t dump_skip;

static int dump_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	_cleanup_free_ char *line = NULL, *content = NULL;
	char target[PATH_MAX] = "";

	(void)ftw;
	if (type == FTW_SL && readlink(path, target, sizeof(target) - 1) < 0)
		abort();
	if (type == FTW_F && (file_read(path, &content) < 0))
		content = NULL;
	line = text_format("%s %o %s%s", path + dump_skip, st->st_mode, target, content ? content : "");
	return strv_add(&dump_lines, line);
}

char *tree_dump(struct tree *t)
{
	char *joined;

	dump_lines = NULL;
	dump_skip = strlen(t->folder);
	if (nftw(t->folder, dump_one, 16, FTW_PHYS) != 0)
		abort();
	strv_sort(dump_lines);
	joined = strv_join(dump_lines, "\n");
	strv_free(dump_lines);
	return joined;
}

void tree_pci(struct tree *t, const char *chain, const char *class, const char *ids, int group)
{
	const char *address = str_base(chain);
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/vendor", chain);
	tree_put(t, path, "0x%.4s\n", ids);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/device", chain);
	tree_put(t, path, "0x%s\n", ids + 5);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/class", chain);
	tree_put(t, path, "0x%s\n", class);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/reset_method", chain);
	tree_put(t, path, "flr bus\n");
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", address);
	snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s", chain);
	tree_link(t, path, target);
	if (group < 0)
		return;
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/iommu_group", chain);
	snprintf(target, sizeof(target), "/sys/kernel/iommu_groups/%d", group);
	tree_link(t, path, target);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/devices/%s", group, address);
	snprintf(target, sizeof(target), "/sys/devices/pci0000:00/%s", chain);
	tree_link(t, path, target);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/type", group);
	tree_put(t, path, "DMA-FQ\n");
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/reserved_regions", group);
	if (!fs_exists(t->fd, "%s", path))
		tree_put(t, path, "0x00000000fee00000 0x00000000feefffff msi\n");
}

void tree_driver(struct tree *t, const char *chain, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(target, sizeof(target), "sys/bus/pci/drivers/%s", driver);
	tree_folder(t, target);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/driver", chain);
	snprintf(target, sizeof(target), "/sys/bus/pci/drivers/%s", driver);
	tree_link(t, path, target);
}

void tree_nvme(struct tree *t, const char *chain, int n, int group)
{
	char path[PATH_MAX], target[PATH_MAX];

	tree_pci(t, chain, "010802", "144d:a80a", group);
	tree_driver(t, chain, "nvme");
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/nvme/nvme%d/serial", chain, n);
	tree_put(t, path, "data%-16d\n", n);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/nvme/nvme%d/model", chain, n);
	tree_put(t, path, "Test Drive\n");
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/nvme/nvme%d/nvme%dn1/dev", chain, n, n);
	tree_put(t, path, "259:%d\n", 10 * n);
	snprintf(path, sizeof(path), "sys/block/nvme%dn1", n);
	snprintf(target, sizeof(target), "../devices/pci0000:00/%s/nvme/nvme%d/nvme%dn1", chain, n, n);
	tree_link(t, path, target);
	snprintf(path, sizeof(path), "run/udev/data/b259:%d", 10 * n);
	tree_put(t, path, "E:ID_MODEL=Test\n");
}

void tree_partition(struct tree *t, const char *chain, int n, int partition, const char *signature)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/nvme/nvme%d/nvme%dn1/nvme%dn1p%d/dev", chain, n, n, n, partition);
	tree_put(t, path, "259:%d\n", 10 * n + partition);
	snprintf(path, sizeof(path), "run/udev/data/b259:%d", 10 * n + partition);
	if (signature)
		tree_put(t, path, "E:ID_FS_TYPE=%s\n", signature);
	else
		tree_put(t, path, "E:ID_MODEL=Test\n");
}

void tree_mapped(struct tree *t, const char *name, const char *number, const char *dm_name, const char *const *slaves)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/dev", name);
	tree_put(t, path, "%s\n", number);
	if (dm_name) {
		snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/dm/name", name);
		tree_put(t, path, "%s\n", dm_name);
	}
	for (; *slaves; slaves++) {
		snprintf(path, sizeof(path), "sys/devices/virtual/block/%s/slaves/%s", name, *slaves);
		tree_link(t, path, "../somewhere");
	}
	snprintf(path, sizeof(path), "sys/block/%s", name);
	snprintf(target, sizeof(target), "../devices/virtual/block/%s", name);
	tree_link(t, path, target);
}

void tree_mounts(struct tree *t, const char *const *lines)
{
	struct text table = {};
	_cleanup_free_ char *text = NULL;

	for (unsigned id = 21; *lines; lines++, id++) {
		char number[32], source[128], target[128], type[32];

		if (sscanf(*lines, "%31s %127s %127s %31s", number, source, target, type) != 4)
			abort();
		text_printf(&table, "%u 1 %s / %s rw,relatime shared:1 - %s %s rw\n", id, number, target, type, source);
	}
	text = text_take(&table);
	tree_put(t, "proc/self/mountinfo", "%s", text);
}

void tree_netif(struct tree *t, const char *chain, const char *between, const char *name)
{
	char folder[PATH_MAX], path[PATH_MAX], target[PATH_MAX];

	if (chain)
		snprintf(folder, sizeof(folder), "devices/pci0000:00/%.500s/%.100snet/%.100s", chain, between, name);
	else
		snprintf(folder, sizeof(folder), "devices/virtual/net/%.100s", name);
	snprintf(path, sizeof(path), "sys/%.1000s/ifindex", folder);
	tree_put(t, path, "2\n");
	snprintf(path, sizeof(path), "sys/class/net/%s", name);
	snprintf(target, sizeof(target), "../../%.1000s", folder);
	tree_link(t, path, target);
}

void tree_enable(struct tree *t, const char *unit)
{
	_cleanup_free_ char *link = text_format("etc/systemd/system/multi-user.target.wants/%s", unit);

	tree_link(t, link, "/lib/systemd/system/nothing");
}

int tree_read(struct tree *t)
{
	int r;

	uses_done(&t->uses);
	host_done(&t->host);
	r = host_read(t->fd, false, &t->host);
	if (r >= 0)
		r = host_read_openers(&t->host);
	return r < 0 ? r : uses_find(&t->host, &t->uses);
}

struct device *tree_device(struct tree *t, const char *address)
{
	struct device *d = devices_find(&t->host.devices, address);

	if (!d)
		abort();
	return d;
}

const struct use *tree_use(struct tree *t, const char *address, enum use_kind kind, const char *what)
{
	const struct device *d = tree_device(t, address);

	for (size_t i = 0; i < t->uses.n; i++)
		if (t->uses.list[i].device == d && t->uses.list[i].kind == kind && strstr(t->uses.list[i].what, what))
			return &t->uses.list[i];
	return NULL;
}
