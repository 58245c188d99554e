/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that change state, and what each is about to change. */

#include "tests/inject/calls.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(name) #name, SYS_##name

const struct call_kind call_kinds[] = {
	{ CALL(openat), AT_NAME, 0, false },      { CALL(openat2), AT_NAME, 0, false },     { CALL(write), AT_FD, 0, true },
	{ CALL(pwrite64), AT_FD, 0, true },       { CALL(writev), AT_FD, 0, false },        { CALL(fsync), AT_FD, 0, false },
	{ CALL(fdatasync), AT_FD, 0, false },     { CALL(sync), AT_ALL, 0, false },         { CALL(syncfs), AT_FD, 0, false },
	{ CALL(ftruncate), AT_FD, 0, false },     { CALL(truncate), AT_PATH, 0, false },    { CALL(fallocate), AT_FD, 0, false },
	{ CALL(unlinkat), AT_NAME, 0, false },    { CALL(mkdirat), AT_NAME, 0, false },     { CALL(mknodat), AT_NAME, 0, false },
	{ CALL(renameat2), AT_NEW_NAME, 2, false }, { CALL(linkat), AT_NEW_NAME, 2, false }, { CALL(symlinkat), AT_NAME, 1, false },
	{ CALL(fchmod), AT_FD, 0, false },        { CALL(fchmodat), AT_NAME, 0, false },    { CALL(fchown), AT_FD, 0, false },
	{ CALL(fchownat), AT_NAME, 0, false },    { CALL(fsetxattr), AT_FD, 0, false },     { CALL(setxattr), AT_PATH, 0, false },
	{ CALL(lsetxattr), AT_PATH, 0, false },   { CALL(fremovexattr), AT_FD, 0, false },  { CALL(removexattr), AT_PATH, 0, false },
	{ CALL(utimensat), AT_NAME, 0, false },   { CALL(ioctl), AT_FD, 0, false },         { CALL(execve), AT_PATH, 0, false },
	{ CALL(execveat), AT_NAME, 0, false },    { CALL(copy_file_range), AT_FD, 2, false },
#ifdef SYS_renameat
	{ CALL(renameat), AT_NEW_NAME, 2, false },
#endif
#ifdef SYS_open /* those which younger architectures leave out */
	{ CALL(open), AT_PATH, 0, false },        { CALL(creat), AT_PATH, 0, false },       { CALL(rename), AT_PATH, 1, false },
	{ CALL(unlink), AT_PATH, 0, false },      { CALL(mkdir), AT_PATH, 0, false },       { CALL(rmdir), AT_PATH, 0, false },
	{ CALL(link), AT_PATH, 1, false },        { CALL(symlink), AT_PATH, 1, false },     { CALL(chmod), AT_PATH, 0, false },
	{ CALL(chown), AT_PATH, 0, false },       { CALL(lchown), AT_PATH, 0, false },
#endif
	{},
};

/* How much of it there is: a string may end right before memory that is not there. */
static ssize_t read_some(pid_t pid, uint64_t at, void *buffer, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = pread(fd, buffer, size, (off_t)at);
	close(fd);
	return n;
}

static bool read_memory(pid_t pid, uint64_t at, void *buffer, size_t size)
{
	return read_some(pid, at, buffer, size) == (ssize_t)size;
}

static void read_string(pid_t pid, uint64_t at, char *buffer, size_t size)
{
	ssize_t n = read_some(pid, at, buffer, size - 1);

	buffer[n > 0 ? n : 0] = '\0';
}

static void read_descriptor(pid_t pid, int fd, char *buffer, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), fd == AT_FDCWD ? "/proc/%d/cwd" : "/proc/%d/fd/%d", (int)pid, fd);
	n = readlink(link, buffer, size - 1);
	buffer[n > 0 ? n : 0] = '\0';
}

static void describe_name(struct call *c, int fd, uint64_t name, const char *root, bool is_chroot)
{
	char folder[2048], text[2047];

	read_string(c->pid, name, text, sizeof(text));
	read_descriptor(c->pid, fd, folder, sizeof(folder));
	if (*text == '/')
		snprintf(c->path, sizeof(c->path), "%s%s", is_chroot ? root : "", text);
	else
		snprintf(c->path, sizeof(c->path), "%s%s%s", folder, *text ? "/" : "", text);
}

/* open() and friends change something only where they make a file, or empty it. */
static bool opening_changes(const struct call *c)
{
	struct open_how how = {};

	if (c->nr == SYS_openat2)
		return read_memory(c->pid, c->args[2], &how, sizeof(how)) && (how.flags & (O_CREAT | O_TRUNC));
#ifdef SYS_open
	if (c->nr == SYS_open)
		return c->args[1] & (O_CREAT | O_TRUNC);
#endif
	return true;
}

static bool changes_anything(const struct call *c, enum where where)
{
	struct stat st;

	if (strncmp(c->name, "open", 4) == 0)
		return opening_changes(c);
	if (c->nr == SYS_ioctl)
		return (uint32_t)c->args[1] == (uint32_t)FS_IOC_SETFLAGS;
	if (c->nr == SYS_execve || c->nr == SYS_execveat)
		return access(c->path, X_OK) == 0;
	/* Pipes, sockets and terminals. */
	return where != AT_FD || (*c->path == '/' && stat(c->path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)));
}

bool call_describe(const struct seccomp_notif *n, const char *root, bool is_chroot, struct call *ret)
{
	const struct call_kind *k = call_kinds;
	size_t length = strlen(root);

	while (k->name && k->nr != n->data.nr)
		k++;
	if (!k->name)
		return false;
	*ret = (struct call){ .pid = (pid_t)n->pid, .name = k->name, .nr = k->nr, .args = (const uint64_t *)n->data.args, .is_write = k->is_write };
	if (k->where == AT_ALL)
		return true;
	if (k->where == AT_FD)
		read_descriptor(ret->pid, (int)n->data.args[k->arg], ret->path, sizeof(ret->path));
	else if (k->where == AT_PATH)
		describe_name(ret, AT_FDCWD, n->data.args[k->arg], root, is_chroot);
	else
		describe_name(ret, (int)n->data.args[k->arg], n->data.args[k->arg + 1], root, is_chroot);
	if (!changes_anything(ret, k->where))
		return false;
	if (n->data.nr == SYS_execve || n->data.nr == SYS_execveat)
		return true;
	return strncmp(ret->path, root, length) == 0 && (ret->path[length] == '/' || !ret->path[length]);
}

ssize_t call_bytes(const struct call *c, void *buffer, size_t size)
{
	size_t n = c->args[2] < size ? (size_t)c->args[2] : size;

	return read_memory(c->pid, c->args[1], buffer, n) ? (ssize_t)n : -1;
}

ssize_t call_write_half(const struct call *c)
{
	int process = (int)syscall(SYS_pidfd_open, c->pid, 0);
	int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, (int)c->args[0], 0);
	size_t size = (size_t)c->args[2] / 2;
	char *bytes = malloc(size + 1);
	ssize_t n = -1;

	if (fd >= 0 && bytes && read_memory(c->pid, c->args[1], bytes, size))
		n = c->nr == SYS_pwrite64 ? pwrite(fd, bytes, size, (off_t)c->args[3]) : write(fd, bytes, size);
	free(bytes);
	if (fd >= 0)
		close(fd);
	if (process >= 0)
		close(process);
	return n;
}
