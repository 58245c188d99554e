/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below a root: nothing leaves it, and a write leaves the old file or the new one. */

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/xattr.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define WRITE(path, text) fs_write(t.fd, path, text, strlen(text), 0644, false)

TEST(links_never_lead_out_of_the_root)
{
	static const char *const targets[] = { "/etc/passwd", "../../../../../../../etc/passwd", "../outside", "/proc/self/root/etc/passwd",
					       "/proc/self/exe" };
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "inside/file", "in\n");
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		_cleanup_free_ char *text = NULL, *line = NULL;

		tree_link(&t, "inside/link", targets[i]);
		CHECK_ROW(targets[i], fs_read(t.fd, &text, NULL, "inside/link") == -ENOENT);
		CHECK_ROW(targets[i], fs_read_line(t.fd, &line, "inside/link") == -ENOENT);
		CHECK_ROW(targets[i], !fs_exists(t.fd, "inside/link"));
	}
	/* The same path inside the tree is what such a link means. */
	tree_put(&t, "etc/passwd", "ours\n");
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *text = NULL;

		tree_link(&t, "inside/link", targets[i]);
		CHECK_ROW(targets[i], fs_read(t.fd, &text, NULL, "inside/link") == 0);
		CHECK_STR(text, "ours\n");
	}
}

TEST(dots_in_a_path_stop_at_the_root)
{
	_cleanup_free_ char *text = NULL, *absolute = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "file", "ours\n");
	CHECK(fs_read(t.fd, &text, NULL, "../../../file") == 0);
	CHECK(fs_read(t.fd, &absolute, NULL, "/file") == 0);
	CHECK_STR(text, "ours\n");
	CHECK(!fs_exists(t.fd, "../../../etc/hostname") && !fs_exists(t.fd, "/etc/hostname"));
}

TEST(magic_links_are_not_followed)
{
	_cleanup_close_ int proc = root_open("/proc");
	char *text = NULL;
	int r;

	CHECK(proc >= 0);
	r = fs_read(proc, &text, NULL, "self/exe");
	free(text);
	CHECK(r == -ELOOP);
}

TEST(a_link_is_there_where_what_it_leads_to_is)
{
	static const struct {
		const char *target;
		bool exists;
	} rows[] = { { "file", true }, { "/folder/file", true }, { "/", true }, { "gone", false }, { "/folder/../../folder", true } };
	_cleanup_close_ int fd = -1;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "folder/file", "in\n");
	fd = fs_open(t.fd, O_PATH | O_DIRECTORY, "folder");
	CHECK(fs_exists(fd, "file") && fs_exists(fd, ".") && fs_exists(fd, "..") && !fs_exists(fd, "none"));
	CHECK(fs_exists(t.fd, "folder") && fs_exists(t.fd, "/") && fs_exists(t.fd, "folder/") && !fs_exists(t.fd, "folder/file/"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tree_link(&t, "folder/link", rows[i].target);
		CHECK_ROW(rows[i].target, fs_exists(t.fd, "folder/link") == rows[i].exists);
		tree_link(&t, "link", rows[i].target);
		CHECK_ROW(rows[i].target, fs_exists(t.fd, "link") == (rows[i].exists && rows[i].target[0] == '/'));
	}
}

TEST(a_mapped_file_ends_with_a_nul_wherever_its_page_ends)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 65536 };
	_cleanup_tree_ struct tree t;
	const char *text;

	tree_new(&t);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *content = calloc(1, sizes[i] + 1), *path = text_format("%s/list", t.folder);

		memset(content, 'x', sizes[i]);
		tree_put_bytes(&t, "list", content, sizes[i]);
		CHECK(file_map(path, &text) == 0);
		CHECK_STR(text, content);
		tree_remove(&t, "list");
	}
	CHECK(file_map(t.folder, &text) == -EFBIG);
	CHECK(file_map("/nowhere", &text) == -ENOENT);
}

TEST(a_loop_of_links_and_a_fifo_come_to_an_end)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_link(&t, "a", "b");
	tree_link(&t, "b", "a");
	CHECK(fs_read(t.fd, &text, NULL, "a") == -ELOOP);
	path = text_format("%s/fifo", t.folder);
	CHECK(mkfifo(path, 0600) == 0);
	CHECK(fs_read(t.fd, &text, NULL, "fifo") == 0);
	CHECK_STR(text, "");
}

TEST(names_come_sorted_and_without_dot_files)
{
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "d/b", "%s", "");
	tree_put(&t, "d/a", "%s", "");
	tree_put(&t, "d/.gitkeep", "%s", "");
	CHECK(dir_list(t.fd, &names, "d") == 0);
	CHECK(strv_length(names) == 2);
	CHECK_STR(names[0], "a");
	CHECK(dir_list(t.fd, &names, "nothing") == -ENOENT);
	CHECK(dir_list(t.fd, &names, "d/a") == -ENOTDIR);
}

TEST(a_write_keeps_mode_owner_and_attributes)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	_cleanup_tree_ struct tree t;
	struct stat st;
	char value[16];
	bool has_xattrs;

	tree_new(&t);
	tree_put(&t, "f", "old\n");
	path = text_format("%s/f", t.folder);
	CHECK(chmod(path, 04751) == 0);
	if (geteuid() == 0)
		CHECK(chown(path, 12, 34) == 0 && chmod(path, 04751) == 0);
	has_xattrs = setxattr(path, "user.note", "kept", 4, 0) == 0;
	CHECK(WRITE("f", "new\n") == 0);
	text = tree_get(&t, "f");
	CHECK_STR(text, "new\n");
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 04751);
	if (geteuid() == 0)
		CHECK(st.st_uid == 12 && st.st_gid == 34);
	if (has_xattrs)
		CHECK(getxattr(path, "user.note", value, sizeof(value)) == 4 && memcmp(value, "kept", 4) == 0);
	CHECK(fs_write(t.fd, "f", "x", 1, 0600, true) == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK(fs_write(t.fd, "new", "x", 1, 0640, false) == 0);
	free(path);
	path = text_format("%s/new", t.folder);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640);
}

TEST(a_write_refuses_what_is_no_file_and_leaves_nothing)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *before = NULL, *after = NULL;

	tree_new(&t);
	tree_put(&t, "target", "old\n");
	tree_link(&t, "link", "target");
	tree_folder(&t, "folder");
	tree_link(&t, "out", "/tmp");
	unlink("/tmp/slipway-escaped"); /* what an earlier run that failed has left */
	before = tree_dump(&t);
	CHECK(WRITE("link", "new") == -ELOOP);
	CHECK(WRITE("folder", "new") < 0);
	CHECK(WRITE("missing/file", "new") == -ENOENT);
	CHECK(WRITE("out/slipway-escaped", "new") == -ENOENT);
	CHECK(WRITE("..", "new") == -EINVAL);
	CHECK(WRITE("", "new") == -EINVAL);
	after = tree_dump(&t);
	CHECK_STR(after, before);
	CHECK(access("/tmp/slipway-escaped", F_OK) < 0);
}

TEST(a_write_that_fails_leaves_the_old_file)
{
	struct rlimit all, small = { .rlim_cur = 4096, .rlim_max = RLIM_INFINITY };
	_cleanup_free_ char *big = calloc(1, 100001), *before = NULL, *after = NULL;
	_cleanup_tree_ struct tree t;
	int r;

	tree_new(&t);
	tree_put(&t, "f", "old\n");
	before = tree_dump(&t);
	memset(big, 'x', 100000);
	CHECK(getrlimit(RLIMIT_FSIZE, &all) == 0);
	small.rlim_max = all.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	r = fs_write(t.fd, "f", big, 100000, 0644, false);
	CHECK(setrlimit(RLIMIT_FSIZE, &all) == 0);
	CHECK(r == -EFBIG);
	after = tree_dump(&t);
	CHECK_STR(after, before);
}

TEST(what_a_crash_left_is_replaced_and_removed)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, ".f.slipway-new", "half");
	CHECK(WRITE("f", "new\n") == 0);
	CHECK(!fs_exists(t.fd, ".f.slipway-new"));
	tree_put(&t, ".f.slipway-new", "half");
	fs_remove_leftover(t.fd, "f");
	CHECK(!fs_exists(t.fd, ".f.slipway-new"));
	text = tree_get(&t, "f");
	CHECK_STR(text, "new\n");
	CHECK(fs_remove(t.fd, "f") == 0);
	CHECK(fs_remove(t.fd, "f") == -ENOENT);
}

TEST(folders_are_made_and_only_empty_ones_removed)
{
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	CHECK(fs_mkdir_all(t.fd, "a/b/c") == 0 && fs_mkdir_all(t.fd, "a/b/c") == 0);
	CHECK(fs_rmdir(t.fd, "a/b") == -ENOTEMPTY);
	CHECK(fs_rmdir(t.fd, "a/b/c") == 0);
	CHECK(!fs_exists(t.fd, "a/b/c") && fs_exists(t.fd, "a/b"));
}

TEST(a_line_is_trimmed_and_bounded)
{
	_cleanup_free_ char *line = NULL, *longer = NULL, *text = calloc(1, 9001);
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "serial", "  data1   \n");
	CHECK(fs_read_line(t.fd, &line, "serial") == 0);
	CHECK_STR(line, "data1");
	memset(text, 'y', 9000);
	tree_put_bytes(&t, "long", text, 9000);
	CHECK(fs_read_line(t.fd, &longer, "long") == 0);
	CHECK(strlen(longer) == 4095);
}

TEST_MAIN()
