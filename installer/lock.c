/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock: one slipway at a time changes a host. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/journal.h"
#include "installer/lock.h"

#define LOCK JOURNAL_FOLDER "/lock"
#define STEP_MS 50
/* Somebody who only looks whether the lock is held has it for a moment, too. */
#define GRACE_MS 100

/* Made in its place and never replaced: a lock on a file that has lost its name locks nothing. */
static int lock_open(int root_fd)
{
	_cleanup_close_ int folder_fd = -1;
	int fd, r;

	r = fs_mkdir_all(root_fd, JOURNAL_FOLDER);
	if (r < 0)
		return log_errno(r, "cannot make the folder /" JOURNAL_FOLDER);
	folder_fd = fs_open(root_fd, O_RDONLY | O_DIRECTORY, JOURNAL_FOLDER);
	if (folder_fd < 0)
		return log_errno(folder_fd, "cannot open the folder /" JOURNAL_FOLDER);
	do /* without O_CLOEXEC: see lock.h */
		fd = openat(folder_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? log_errno(-errno, "cannot open /" LOCK) : fd;
}

/* "process 12 (apply, since 2026-01-31T12:00:00Z)"; a holder that has not written yet, or could not, is unknown. */
static char *holder_describe(int root_fd)
{
	_cleanup_json_ struct json_object *o = NULL;
	_cleanup_free_ char *line = NULL;
	const char *verb, *since;
	int64_t pid;

	if (fs_read_line(root_fd, &line, LOCK) < 0 || json_parse(line, strlen(line), &o) < 0)
		return strdup("another slipway is at work");
	verb = json_get_string(o, "verb");
	since = json_get_string(o, "since");
	pid = json_get_int(o, "pid");
	if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return text_format("a command that 'slipway %s' started at %s is still at work, and slipway itself has ended", verb ? verb : "",
				   since ? since : "an unknown time");
	return text_format("another slipway is at work: process %lld, '%s', since %s", (long long)pid, verb ? verb : "unknown",
			   since ? since : "an unknown time");
}

static int lock_wait(int fd, int root_fd, unsigned wait)
{
	const unsigned long limit = wait * 1000UL + GRACE_MS;
	_cleanup_free_ char *holder = NULL;

	for (unsigned long waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += STEP_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return log_errno(-errno, "cannot lock /" LOCK);
		if (waited < limit) {
			if (wait && waited == GRACE_MS && (holder = holder_describe(root_fd)))
				log_info("%s; waiting up to %u s", holder, wait);
			nanosleep(&(struct timespec){ .tv_nsec = STEP_MS * 1000L * 1000 }, NULL);
			continue;
		}
		free(holder);
		holder = holder_describe(root_fd);
		log_error("%s; %s", holder ? holder : "another slipway is at work",
			  wait ? "it did not end in time" : "wait until it has ended, or use --wait SECONDS");
		return -EBUSY;
	}
	return 0;
}

static void lock_sign(int fd, const char *verb)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	_cleanup_free_ char *line = NULL, *now = time_now();

	json_add_int(o, "pid", getpid());
	json_add_string(o, "verb", verb);
	json_add_string(o, "since", now);
	line = text_format("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	if (!line || ftruncate(fd, 0) < 0 || pwrite(fd, line, strlen(line), 0) != (ssize_t)strlen(line))
		log_warning("who holds it could not be written to /" LOCK);
}

int lock_take(int root_fd, const char *verb, unsigned wait)
{
	_cleanup_close_ int fd = lock_open(root_fd);
	struct stat held, named;
	int r;

	if (fd < 0)
		return fd;
	r = lock_wait(fd, root_fd, wait);
	if (r < 0)
		return r;
	/* Somebody may have removed the folder since: then the next slipway would lock another file. */
	if (fstat(fd, &held) < 0 || fs_stat(root_fd, &named, LOCK) < 0 || held.st_ino != named.st_ino)
		return log_error("/" LOCK " was removed by somebody else; try again"), -EBUSY;
	lock_sign(fd, verb);
	return TAKE_FD(fd);
}

void lock_release(int fd)
{
	if (fd < 0)
		return;
	/* The name of one that was killed stays: that is how a command which outlives it is known. */
	if (ftruncate(fd, 0) < 0)
		log_warning("the file /" LOCK " still names this slipway");
	close(fd);
}

bool lock_is_held(int root_fd)
{
	_cleanup_close_ int fd = fs_open(root_fd, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, LOCK);

	/* A lock for readers, for a moment; who wants it in earnest tries again. */
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
