/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening beneath a root: the kernel's resolution, the one step by step, and names within one folder, all alike. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

/* What an open has led to: a negative errno, or 0 and the inode. */
static int look(int fd, ino_t *ret)
{
	struct stat st;

	*ret = 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0)
		*ret = st.st_ino;
	close(fd);
	return 0;
}

static void make_maze(struct tree *t)
{
	tree_new(t);
	tree_put(t, "a/b/file", "in\n");
	tree_put(t, "etc/hostname", "ours\n");
	tree_link(t, "a/to-b", "b");
	tree_link(t, "a/to-file", "b/file");
	tree_link(t, "a/up", "..");
	tree_link(t, "a/slash", "b/");
	tree_link(t, "a/absolute", "/a/b/file");
	tree_link(t, "a/out", "../../../../../../etc/hostname");
	tree_link(t, "a/outside", "/etc/passwd");
	tree_link(t, "a/nowhere", "missing");
	tree_link(t, "a/ring", "ring");
	tree_link(t, "a/chain", "to-b/../to-file");
	tree_link(t, "root", "/");
}

TEST(both_ways_of_opening_agree)
{
	static const char *const paths[] = {
		"", ".", "..", "/", "a", "a/", "a/b", "a//b", "a/./b/file", "a/b/../b/file", "a/b/file/", "a/b/file/x", "../a/b/file",
		"/a/b/file", "a/to-b", "a/to-b/", "a/to-b/file", "a/to-file", "a/to-file/", "a/up", "a/up/a/b/file", "a/slash",
		"a/slash/file", "a/absolute", "a/out", "a/outside", "a/nowhere", "a/ring", "a/ring/x", "a/chain", "root",
		"root/a/b/file", "root/root/root/a", "missing", "missing/x", "a/missing", "a/b/../../..", "etc/hostname",
	};
	static const int flags[] = { O_RDONLY, O_RDONLY | O_DIRECTORY, O_PATH, O_PATH | O_NOFOLLOW, O_PATH | O_DIRECTORY, O_RDONLY | O_NOFOLLOW,
				     O_RDONLY | O_NONBLOCK };
	_cleanup_tree_ struct tree t;

	make_maze(&t);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		for (size_t j = 0; j < ARRAY_SIZE(flags); j++) {
			_cleanup_free_ char *row = text_format("'%s' with flags %#o", paths[i], (unsigned)flags[j]);
			ino_t by_kernel, by_steps;
			int r = look(beneath_open(t.fd, paths[i], flags[j]), &by_kernel);

			CHECK_ROW(row, look(beneath_walk(t.fd, paths[i], flags[j]), &by_steps) == r);
			CHECK_ROW(row, by_steps == by_kernel);
		}
}

TEST(magic_links_of_procfs_end_both_ways)
{
	static const struct { const char *path; int r; } rows[] = {
		{ "self/exe", -ELOOP }, { "self/root", -ELOOP }, { "self/root/etc", -ELOOP }, { "self/cwd/", -ELOOP }, { "self/ns/mnt", -ELOOP },
		{ "self/status", 0 }, { "mounts", 0 }, { "self/fd", 0 },
	};
	_cleanup_close_ int proc = root_open("/proc");
	ino_t inode;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_ROW(rows[i].path, look(beneath_open(proc, rows[i].path, O_RDONLY), &inode) == rows[i].r);
		CHECK_ROW(rows[i].path, look(beneath_walk(proc, rows[i].path, O_RDONLY), &inode) == rows[i].r);
	}
}

TEST(a_name_is_opened_in_its_folder_alone)
{
	static const struct { const char *name; int r; } rows[] = {
		{ "file", 0 }, { "missing", -ENOENT }, { "to-etc", -ENOENT }, { "..", 0 }, { "to-file", 0 }, { "to-passwd", -ENOENT },
	};
	_cleanup_close_ int folder = -1, above = -1;
	_cleanup_free_ char *text = NULL;
	_cleanup_tree_ struct tree t;
	ino_t inode, own;

	tree_new(&t);
	tree_put(&t, "device/file", "in\n");
	tree_put(&t, "etc/passwd", "not yours\n");
	tree_link(&t, "device/to-etc", "../etc/passwd");
	tree_link(&t, "device/to-passwd", "/etc/passwd");
	tree_link(&t, "device/to-file", "/file");
	folder = fs_open(t.fd, O_PATH | O_DIRECTORY, "device");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(rows[i].name, look(beneath_open(folder, rows[i].name, O_RDONLY), &inode) == rows[i].r);
	/* The folder that was opened is the root of what is below it. */
	above = beneath_open(folder, "..", O_PATH);
	CHECK(look(TAKE_FD(above), &inode) == 0 && look(fs_open(t.fd, O_PATH, "device"), &own) == 0 && inode == own);
	CHECK(fs_read(folder, &text, NULL, "to-etc") == -ENOENT);
}

TEST(a_device_folder_outside_of_the_tree_is_not_read)
{
	_cleanup_tree_ struct tree outside, t;
	_cleanup_free_ char *said = NULL;

	tree_new(&outside);
	tree_put(&outside, "vendor", "0x8086\n");
	tree_put(&outside, "device", "0x1234\n");
	tree_put(&outside, "class", "0x020000\n");
	tree_new(&t);
	tree_pci(&t, "0000:00:02.0", "020000", "8086:1111", 1);
	tree_link(&t, "sys/bus/pci/devices/0000:00:03.0", outside.folder);
	/* A file in it is a link that leads out. */
	tree_pci(&t, "0000:00:04.0", "020000", "8086:2222", 2);
	tree_link(&t, "sys/devices/pci0000:00/0000:00:04.0/driver_override", "/../../../../../../etc/hostname");
	CHECK(tree_read(&t) == 0);
	CHECK(tree_device(&t, "0000:00:02.0") != NULL);
	CHECK(!devices_find(&t.host.devices, "0000:00:03.0"));
	said = stderr_caught();
	CHECK_HAS(said, "PCI device 0000:00:03.0 is left out");
	CHECK(tree_device(&t, "0000:00:04.0") != NULL && !tree_device(&t, "0000:00:04.0")->driver_override);
}

struct swap {
	struct tree *tree;
	atomic_bool over;
};

/* The folder becomes a link out of the tree, and a folder again, without a pause between. */
static void *swap_folder(void *data)
{
	struct swap *s = data;

	while (!atomic_load(&s->over)) {
		renameat2(s->tree->fd, "device", s->tree->fd, "link", RENAME_EXCHANGE);
		sched_yield();
	}
	return NULL;
}

TEST(a_folder_swapped_while_it_is_read_leads_nowhere_else)
{
	_cleanup_tree_ struct tree outside, t;
	struct swap swap = { .tree = &t };
	unsigned foreign = 0, own = 0;
	pthread_t thread;

	tree_new(&outside);
	tree_put(&outside, "vendor", "outside\n");
	tree_new(&t);
	tree_put(&t, "device/vendor", "inside\n");
	tree_link(&t, "link", outside.folder);
	CHECK(pthread_create(&thread, NULL, swap_folder, &swap) == 0);
	for (size_t i = 0; i < 20000; i++) {
		_cleanup_close_ int folder = i % 2 ? beneath_walk(t.fd, "device", O_PATH | O_DIRECTORY)
						   : beneath_open(t.fd, "device", O_PATH | O_DIRECTORY);
		_cleanup_free_ char *line = NULL;

		if (folder < 0 || fs_read_line(folder, &line, "vendor") < 0)
			continue;
		own += str_eq(line, "inside");
		foreign += !str_eq(line, "inside");
	}
	atomic_store(&swap.over, true);
	pthread_join(thread, NULL);
	CHECK(own > 0);
	CHECK(foreign == 0);
}

TEST(a_walk_goes_neither_too_deep_nor_too_long)
{
	_cleanup_free_ char *deep = NULL, *name = NULL;
	struct text long_path = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	for (size_t i = 0; i < 200; i++)
		text_append(&long_path, "d/");
	deep = text_take(&long_path);
	tree_folder(&t, deep);
	CHECK(beneath_walk(t.fd, deep, O_PATH) == -ENAMETOOLONG);
	for (size_t i = 0; i < 256; i++)
		text_append(&long_path, "n");
	name = text_take(&long_path);
	CHECK(beneath_walk(t.fd, name, O_RDONLY) == -ENAMETOOLONG);
	CHECK(beneath_open(t.fd, name, O_RDONLY) == -ENAMETOOLONG);
}

TEST_MAIN()
