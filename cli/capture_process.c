/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a capture takes of the processes: one mount table per namespace, and the device nodes that are open. */

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <unistd.h>

#include "cli/capture_process.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/opener.h"

/* What may not be read is an empty file in the capture; of hundreds of processes the first says it for all. */
struct taking {
	int from, to;
	void *seen;  /* "NAMESPACE ROOT" of the tables that are taken */
	bool has_hidden_mounts, has_hidden_files;
};

static int parent_open(int to, const char *path)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(str_base(path) - path));
	int r = parent ? fs_mkdir_all(to, parent) : -ENOMEM;

	return r < 0 ? r : fs_open(to, O_PATH | O_DIRECTORY, "%s", parent);
}

/* A capture is made anew when the machine fails meanwhile, so nothing is synced here. */
static int put_file(int to, const char *path, const char *data, size_t size)
{
	_cleanup_close_ int parent = parent_open(to, path), fd = -1;

	if (parent < 0)
		return parent;
	fd = openat(parent, str_base(path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	return write(fd, data, size) == (ssize_t)size ? 0 : -EIO;
}

static int put_link(int to, const char *path, const char *target)
{
	_cleanup_close_ int parent = parent_open(to, path);

	if (parent < 0)
		return parent;
	return symlinkat(target, parent, str_base(path)) < 0 && errno != EEXIST ? -errno : 0;
}

/* -EINVAL and -ENOTDIR: this is a capture of a capture. */
static bool is_hidden(int r)
{
	return r == -EACCES || r == -EPERM || r == -EINVAL || r == -ENOTDIR;
}

static int put_hidden(int to, const char *path, bool *is_told)
{
	if (*is_told)
		return 0;
	*is_told = true;
	return put_file(to, path, "", 0);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int note_seen(struct taking *t, const char *key)
{
	char *copy = strdup(key), **found;

	found = copy ? tsearch(copy, &t->seen, compare_text) : NULL;
	if (!found)
		free(copy);
	return found ? 0 : -ENOMEM;
}

/* The table of each namespace, and of each chroot in it, once. A process that has ended takes nothing with it. */
static int take_mounts(struct taking *t, const char *pid)
{
	_cleanup_free_ char *link = text_format("proc/%s/ns/mnt", pid), *table = text_format("proc/%s/mountinfo", pid);
	_cleanup_free_ char *root_link = text_format("proc/%s/root", pid), *namespace = NULL, *root = NULL, *key = NULL, *data = NULL;
	size_t size;
	int r;

	if (!link || !table || !root_link)
		return -ENOMEM;
	r = fs_read_link(t->from, &namespace, "%s", link);
	if (r < 0)
		return is_hidden(r) ? put_hidden(t->to, link, &t->has_hidden_mounts) : 0;
	if (fs_read_link(t->from, &root, "%s", root_link) < 0)
		root = NULL;
	key = text_format("%s %s", namespace, root ? root : "/");
	if (!key)
		return -ENOMEM;
	if (tfind(key, &t->seen, compare_text) || fs_read(t->from, &data, &size, "%s", table) < 0)
		return 0;
	r = note_seen(t, key);
	if (r >= 0)
		r = put_link(t->to, link, namespace);
	if (r >= 0 && root)
		r = put_link(t->to, root_link, root);
	return r < 0 ? r : put_file(t->to, table, data, size);
}

static int take_node(struct taking *t, const char *pid, const char *name)
{
	_cleanup_free_ char *path = text_format("proc/%s/fd/%s", pid, name), *comm = text_format("proc/%s/comm", pid);
	_cleanup_free_ char *node = NULL, *command = NULL;
	size_t size;
	int r;

	if (!path || !comm)
		return -ENOMEM;
	if (fs_read_link(t->from, &node, "%s", path) < 0 || !opener_node_counts(node))
		return 0;
	r = put_link(t->to, path, node);
	if (r < 0 || fs_read(t->from, &command, &size, "%s", comm) < 0)
		return r;
	return put_file(t->to, comm, command, size);
}

static int take_open_files(struct taking *t, const char *pid)
{
	_cleanup_free_ char *folder = text_format("proc/%s/fd", pid);
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	if (!folder)
		return -ENOMEM;
	r = dir_list(t->from, &names, "%s", folder);
	if (is_hidden(r))
		return put_hidden(t->to, folder, &t->has_hidden_files);
	r = 0;
	for (char **name = names; name && *name && r >= 0; name++)
		r = take_node(t, pid, *name);
	return r;
}

int capture_processes(int from, int to)
{
	struct taking t = { .from = from, .to = to };
	_cleanup_(strv_freep) char **names = NULL;
	unsigned pid;
	int r = 0;

	if (dir_list(from, &names, "proc") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		if (parse_unsigned(*name, &pid) < 0 || pid == (unsigned)getpid())
			continue;
		r = take_mounts(&t, *name);
		if (r >= 0)
			r = take_open_files(&t, *name);
	}
	tdestroy(t.seen, free);
	return r;
}

int capture_words(int from, int to, const char *path, size_t n)
{
	_cleanup_free_ char *text = NULL, *copy = NULL;
	struct text kept = {};
	char *save = NULL;
	int r = 0;

	if (fs_read(from, &text, NULL, "%s", path) < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &save); line && r >= 0; line = strtok_r(NULL, "\n", &save)) {
		_cleanup_(strv_freep) char **words = NULL;

		if (*str_trim(line) == '#')
			continue;
		r = strv_split(line, " \t\r", &words);
		for (size_t i = 0; words && words[i] && i < n; i++)
			text_printf(&kept, "%s%s", i ? " " : "", words[i]);
		text_append(&kept, "\n");
	}
	copy = text_take(&kept);
	return r < 0 || !copy ? -ENOMEM : put_file(to, path, copy, strlen(copy));
}
