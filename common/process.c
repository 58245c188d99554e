/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a program: an argument vector, never a shell. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/text.h"

#define STEP_MS 200
#define OUTPUT_MAX ((size_t)4 << 20)

/* Pipelines in scripts count on SIGPIPE, whatever slipway itself makes of it. */
static int set_attributes(posix_spawnattr_t *attributes, bool own_session)
{
	sigset_t defaults;
	int r;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	r = posix_spawnattr_setsigdefault(attributes, &defaults);
	if (r)
		return r;
	return posix_spawnattr_setflags(attributes, (short)(POSIX_SPAWN_SETSIGDEF | (own_session ? POSIX_SPAWN_SETSID : 0)));
}

static int set_descriptors(posix_spawn_file_actions_t *actions, int output_fd, bool apart)
{
	int r;

	r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(actions, output_fd, STDOUT_FILENO);
	if (!r)
		r = posix_spawn_file_actions_adddup2(actions, output_fd, STDERR_FILENO);
	if (!r && apart)
		r = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return r;
}

static int spawn(char *const *argv, int output_fd, bool own_session, bool apart, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (!r) {
		r = set_attributes(&attributes, own_session);
		if (!r)
			r = set_descriptors(&actions, output_fd, apart);
		if (!r)
			r = posix_spawnp(ret, argv[0], &actions, &attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Tells the whole lines of what came since `from`; returns where the next begins. */
static size_t tell_lines(struct text *t, size_t from, void (*tell)(const char *line))
{
	char *end;

	while (!t->failed && from < t->size && (end = memchr(t->data + from, '\n', t->size - from))) {
		*end = '\0';
		tell(t->data + from);
		*end = '\n';
		from = (size_t)(end - t->data) + 1;
	}
	return from;
}

/* Reads to the end, so that the program never blocks on us; keeps the tail, which is where the error stands. */
static int gather(int fd, void (*tell)(const char *line), char **ret)
{
	struct text t = {};
	size_t told = 0;
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		text_append_bytes(&t, buffer, (size_t)n);
		if (tell)
			told = tell_lines(&t, told, tell);
		if (t.size > 2 * OUTPUT_MAX) {
			told = told > t.size - OUTPUT_MAX ? told - (t.size - OUTPUT_MAX) : 0;
			memmove(t.data, t.data + t.size - OUTPUT_MAX, OUTPUT_MAX);
			t.size = OUTPUT_MAX;
		}
	}
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What is still running then may keep the pipe open for ever: what the program itself has said is in it when it has ended. */
static int gather_apart(int fd, pid_t pid, char **ret)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct text t = {};
	char buffer[4096];
	siginfo_t ended;

	text_append(&t, "");
	for (;;) {
		int ready = poll(&poll_fd, 1, STEP_MS);
		ssize_t n = ready > 0 ? read(fd, buffer, sizeof(buffer)) : -1;

		if (n > 0 && t.size < OUTPUT_MAX)
			text_append_bytes(&t, buffer, (size_t)n);
		ended.si_pid = 0;
		if (n == 0 || (ready == 0 && waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid))
			break;
	}
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

int process_run_apart(char *const *argv, char **ret_output)
{
	_cleanup_close_ int reader = -1, writer = -1;
	_cleanup_free_ char *output = NULL;
	int pipe_fds[2], r, status;
	pid_t pid = -1;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	reader = pipe_fds[0];
	writer = pipe_fds[1];
	r = spawn(argv, writer, true, true, &pid);
	if (r < 0)
		return r;
	closep(&writer);
	writer = -1;
	r = gather_apart(reader, pid, &output);
	status = wait_for(pid);
	if (r < 0)
		return r;
	*ret_output = TAKE(output);
	return status;
}

int process_run(char *const *argv, char **ret_output)
{
	return process_run_told(argv, NULL, ret_output);
}

int process_run_told(char *const *argv, void (*tell)(const char *line), char **ret_output)
{
	_cleanup_close_ int reader = -1, writer = -1;
	_cleanup_free_ char *output = NULL;
	int pipe_fds[2], r, status;
	pid_t pid = -1;

	if (ret_output) {
		if (pipe2(pipe_fds, O_CLOEXEC) < 0)
			return -errno;
		reader = pipe_fds[0];
		writer = pipe_fds[1];
	}
	r = spawn(argv, ret_output ? writer : STDERR_FILENO, ret_output != NULL, false, &pid);
	if (r < 0)
		return r;
	if (ret_output) {
		closep(&writer);
		writer = -1;
		r = gather(reader, tell, &output);
	}
	status = wait_for(pid);
	if (r < 0)
		return r;
	if (ret_output)
		*ret_output = TAKE(output);
	return status;
}

/* In single quotes the shell takes everything as it is but the quote itself (POSIX.1, XCU 2.2.2). */
static void quote(struct text *t, const char *word)
{
	text_append(t, "'");
	for (; *word; word++)
		text_append_bytes(t, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
	text_append(t, "'");
}

char *process_format(char *const *argv)
{
	struct text t = {};

	for (size_t i = 0; argv[i]; i++) {
		if (i)
			text_append(&t, " ");
		if (*argv[i] && !strpbrk(argv[i], " \t\r\n'\"\\$`*?&;|<>()[]{}~#!^"))
			text_append(&t, argv[i]);
		else
			quote(&t, argv[i]);
	}
	return text_take(&t);
}
