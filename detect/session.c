/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session: where the one who runs us comes from. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/session.h"

#define VARIABLE "SSH_CONNECTION="
#define PARENTS_MAX 64

char *session_parse(const char *connection)
{
	_cleanup_(strv_freep) char **words = NULL;
	const char *address;

	if (strv_split(connection, " ", &words) < 0 || strv_length(words) != 4)
		return NULL;
	address = words[2];
	if (strncasecmp(address, "::ffff:", 7) == 0 && strchr(address, '.'))
		address += 7;
	return strdup(address);
}

/* The words of proc/PID/environ end with NULs. */
static char *find_in_environment(int root_fd, unsigned pid)
{
	_cleanup_free_ char *data = NULL;
	size_t size;

	if (fs_read(root_fd, &data, &size, "proc/%u/environ", pid) < 0)
		return NULL;
	for (size_t at = 0; at < size; at += strlen(data + at) + 1)
		if (str_starts(data + at, VARIABLE))
			return session_parse(data + at + strlen(VARIABLE));
	return NULL;
}

/* proc_pid_stat(5): "PID (COMMAND) STATE PARENT ...", and the command may hold anything, blanks and brackets, too. */
static unsigned find_parent(int root_fd, unsigned pid)
{
	_cleanup_free_ char *line = NULL;
	const char *behind;
	unsigned parent;

	if (fs_read_line(root_fd, &line, "proc/%u/stat", pid) < 0)
		return 0;
	behind = strrchr(line, ')');
	return behind && sscanf(behind + 1, " %*c %u", &parent) == 1 ? parent : 0;
}

int session_read(int root_fd, char **ret)
{
	unsigned pid = (unsigned)getpid();
	char *found = NULL;

	for (unsigned i = 0; i < PARENTS_MAX && pid && !found; i++) {
		found = find_in_environment(root_fd, pid);
		pid = find_parent(root_fd, pid);
	}
	*ret = found;
	return 0;
}
