/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file has beside its content, kept when it is replaced and brought back when it had been removed. */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/transaction.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define ACL "system.posix_acl_access"

static void full_path(struct tree *t, const char *path, char out[256])
{
	snprintf(out, 256, "%s/%s", t->folder, path);
}

/* false: this user or file system cannot have such an attribute. */
static bool put_attribute(struct tree *t, const char *path, const char *name, const void *value, size_t size)
{
	char full[256];

	full_path(t, path, full);
	return setxattr(full, name, value, size, 0) == 0;
}

static bool has_attribute(struct tree *t, const char *path, const char *name, const void *value, size_t size)
{
	char full[256], got[1024];
	ssize_t n;

	full_path(t, path, full);
	n = getxattr(full, name, got, sizeof(got));
	return n == (ssize_t)size && memcmp(got, value, size) == 0;
}

static bool looks(struct tree *t, const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st;

	return fs_stat(t->fd, &st, "%s", path) == 0 && (st.st_mode & 07777) == mode && st.st_uid == uid && st.st_gid == gid;
}

static enum outcome set(struct tree *t, const char *path, const char *content)
{
	_cleanup_(journal_done) struct journal j = {};
	_cleanup_(plan_done) struct plan plan = {};
	const struct site site = { .root_fd = t->fd };

	if (journal_read(t->fd, &j) < 0 || plan_want_file(&plan, t->fd, path, content, 0644, "x") != 1)
		abort();
	return transaction_apply(&site, &j, "apply", &plan);
}

static enum outcome undo(struct tree *t)
{
	_cleanup_(journal_done) struct journal j = {};
	const struct site site = { .root_fd = t->fd };

	if (journal_read(t->fd, &j) < 0)
		abort();
	return transaction_undo(&site, &j, journal_last(&j, NULL));
}

/* An access control list as the kernel has it: version 2, then tag, permissions, id; user 1234 may read. */
static const unsigned char acl[] = {
	2, 0, 0, 0,
	0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 4, 0, 0xd2, 0x04, 0, 0, 0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
	0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};

static const struct {
	const char *name;
	const void *value;
	size_t size;
	bool kept;
} attributes[] = {
	{ "user.note", "any\0\377bytes", 10, true },
	{ "user.empty", "", 0, true },
	{ "security.selinux", "system_u:object_r:etc_t:s0", 27, true },
	{ "security.slipway-test", "\1\2", 2, true },
	{ "trusted.slipway", "t", 1, true },
	{ ACL, acl, sizeof(acl), true },
};

/* Nobody else's file looks like this one. */
static mode_t odd(struct tree *t, bool with[ARRAY_SIZE(attributes)])
{
	char full[256];

	tree_put(t, "etc/odd", "old\n");
	full_path(t, "etc/odd", full);
	if (geteuid() == 0 && chown(full, 1234, 4321) < 0)
		abort();
	if (chmod(full, 04640) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		with[i] = put_attribute(t, "etc/odd", attributes[i].name, attributes[i].value, attributes[i].size);
	return 04640;
}

static const char *check_odd(struct tree *t, const bool with[ARRAY_SIZE(attributes)])
{
	bool root = geteuid() == 0;

	if (!looks(t, "etc/odd", 04640, root ? 1234 : geteuid(), root ? 4321 : getegid()))
		return "mode or owner";
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (with[i] && !has_attribute(t, "etc/odd", attributes[i].name, attributes[i].value, attributes[i].size))
			return attributes[i].name;
	return NULL;
}

TEST(a_replaced_file_keeps_mode_owner_and_attributes)
{
	bool with[ARRAY_SIZE(attributes)];
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	odd(&t, with);
	CHECK(set(&t, "etc/odd", "new\n") == OUTCOME_DONE);
	CHECK_STR(check_odd(&t, with), NULL);
	CHECK(undo(&t) == OUTCOME_DONE);
	CHECK_STR(check_odd(&t, with), NULL);
}

TEST(a_removed_file_comes_back_with_mode_owner_and_attributes)
{
	_cleanup_free_ char *text = NULL;
	bool with[ARRAY_SIZE(attributes)];
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	odd(&t, with);
	CHECK(set(&t, "etc/odd", NULL) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, "etc/odd"));
	CHECK(undo(&t) == OUTCOME_DONE);
	CHECK_STR(check_odd(&t, with), NULL);
	text = tree_get(&t, "etc/odd");
	CHECK_STR(text, "old\n");
}

TEST(a_digest_of_the_old_content_is_not_copied)
{
	static const char *const digests[] = { "security.ima", "security.evm" };

	for (size_t i = 0; i < ARRAY_SIZE(digests); i++) {
		_cleanup_(attributes_done) struct attributes a = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "etc/a", "old\n");
		if (!put_attribute(&t, "etc/a", digests[i], "\1digest", 7))
			continue;
		CHECK(fs_attributes(t.fd, "etc/a", &a) == 0);
		for (size_t k = 0; k < a.n; k++)
			CHECK(!str_eq(a.list[k].name, digests[i]));
	}
}

TEST(a_new_file_has_its_mode_whatever_the_umask)
{
	mode_t mask = umask(077);
	_cleanup_tree_ struct tree t;
	enum outcome outcome;

	tree_new(&t);
	outcome = set(&t, "new/a", "x\n");
	umask(mask);
	CHECK(outcome == OUTCOME_DONE);
	CHECK(looks(&t, "new/a", 0644, geteuid(), getegid()));
	CHECK(looks(&t, "new", 0755, geteuid(), getegid()));
}

TEST(a_link_stays_and_what_it_leads_to_is_changed)
{
	static const struct {
		const char *link, *target, *file;
	} rows[] = {
		{ "etc/default/grub", "../managed/grub", "etc/managed/grub" },
		{ "etc/default/grub", "/srv/grub", "srv/grub" },
		{ "etc/default/grub", "grub.real", "etc/default/grub.real" },
		{ "etc/default/grub", "../../../../srv/./grub", "srv/grub" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *before = NULL, *after = NULL, *text = NULL, *link = NULL;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, rows[i].file, "old\n");
		tree_link(&t, rows[i].link, rows[i].target);
		before = tree_dump(&t);
		CHECK_ROW(rows[i].target, set(&t, rows[i].link, "new\n") == OUTCOME_DONE);
		text = tree_get(&t, rows[i].file);
		CHECK_STR(text, "new\n");
		CHECK(fs_read_link(t.fd, &link, "%s", rows[i].link) == 0);
		CHECK_STR(link, rows[i].target);
		CHECK_ROW(rows[i].target, undo(&t) == OUTCOME_DONE);
		tree_remove(&t, "var");
		after = tree_dump(&t);
		CHECK_STR(after, before);
	}
}

TEST(a_path_is_resolved_to_the_file_itself)
{
	static const struct {
		const char *path;
		int r;
		const char *real;
	} rows[] = {
		{ "etc/file", 0, "etc/file" },
		{ "etc/none", 0, "etc/none" },
		{ "none/none", 0, "none/none" },
		{ "etc/one", 0, "etc/file" },
		{ "etc/two", 0, "etc/file" },
		{ "etc/dangling", -ELOOP, NULL },
		{ "etc/loop", -ELOOP, NULL },
		{ "etc/to-folder", -ELOOP, NULL },
		/* a "." or ".." behind a link to a folder is not what it looks like */
		{ "etc/odd", 0, "etc/sub/../deep/file" },
	};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "etc/file", "x");
	tree_put(&t, "etc/deep/file", "wrong");
	tree_put(&t, "srv/deep/file", "right");
	tree_folder(&t, "srv/sub");
	tree_link(&t, "etc/sub", "/srv/sub");
	tree_link(&t, "etc/odd", "sub/../deep/file");
	tree_link(&t, "etc/one", "file");
	tree_link(&t, "etc/two", "/etc/one");
	tree_link(&t, "etc/dangling", "nowhere");
	tree_link(&t, "etc/loop", "loop");
	tree_link(&t, "etc/to-folder", "deep");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *real = NULL;

		CHECK_ROW(rows[i].path, fs_resolve(t.fd, rows[i].path, &real) == rows[i].r);
		CHECK_STR(real, rows[i].real);
	}
}

TEST(what_could_not_come_back_as_it_was_is_refused)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *said = NULL;
	char from[256], to[256];
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "etc/a", "x");
	full_path(&t, "etc/a", from);
	full_path(&t, "etc/b", to);
	CHECK(link(from, to) == 0);
	tree_link(&t, "etc/link", "c");
	tree_put(&t, "etc/c", "x");
	tree_link(&t, "etc/dangling", "d");
	CHECK(plan_want_file(&plan, t.fd, "etc/a", "new", 0644, "x") == -EMLINK);
	CHECK(plan_want_file(&plan, t.fd, "etc/a", NULL, 0644, "x") == -EMLINK);
	CHECK(plan_want_file(&plan, t.fd, "etc/link", NULL, 0644, "x") == -ELOOP);
	CHECK(plan_want_file(&plan, t.fd, "etc/dangling", "new", 0644, "x") == -ELOOP);
	CHECK(plan.n == 0);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/a has other names (hard links: 1)");
	CHECK_HAS(said, "/etc/link is a link, which slipway has not made");
	CHECK_HAS(said, "/etc/dangling is a link that leads to no file");
}

TEST(a_file_that_is_nailed_down_is_left_and_said)
{
	_cleanup_free_ char *said = NULL, *text = NULL;
	_cleanup_close_ int fd = -1;
	int flags = FS_IMMUTABLE_FL, none = 0;
	enum outcome outcome;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "etc/a", "old\n");
	fd = fs_open(t.fd, O_RDONLY, "etc/a");
	if (fd < 0 || ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0)
		return;
	outcome = set(&t, "etc/a", "new\n");
	CHECK(ioctl(fd, FS_IOC_SETFLAGS, &none) == 0);
	CHECK(outcome == OUTCOME_UNDONE);
	text = tree_get(&t, "etc/a");
	CHECK_STR(text, "old\n");
	said = stderr_caught();
	CHECK_HAS(said, "cannot write /etc/a: Operation not permitted");
	CHECK(!fs_exists(t.fd, "etc/.a.slipway-new"));
}

TEST_MAIN()
