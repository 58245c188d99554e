/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program, and lets it die, or one of its state-changing system calls fail, where the test says:
 *
 *     inject [-c] [-s] [-l FILE] [-n NUMBER [-f] -a kill|torn|short|SIGNAL|ERRNO] ROOT COMMAND...
 *
 * ROOT is the folder in which changes count; -c: the program's root, too. -s: below ROOT/sys the kernel is pretended. -l: each
 * point becomes a line "NUMBER CALL PATH". -n: act at this point, counted from 1; -f: and at all that follow. kill: the program
 * and its children die before the call; torn: after half of a write; short: half is written, and said so; SIGINT, SIGTERM,
 * SIGHUP: the program and all of its process group get it, as from a terminal, and the call is made. The exit status is the
 * program's, 128 and the signal's number where one ended it, 99 where this program failed.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/inject/inject.h"

struct order {
	const char *root;
	bool is_chroot, with_sysfs, all_after;
	FILE *list;
	unsigned long at, n; /* the point to act at, and how many there were until now */
	enum fault fault;
	int error;           /* or the signal */
	pid_t child;
	bool has_started; /* the program's own execve is not its doing */
};

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static int parse_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} numbers[] = { { "EIO", EIO },   { "ENOSPC", ENOSPC }, { "EROFS", EROFS },     { "EINTR", EINTR },
			{ "EPERM", EPERM }, { "EDQUOT", EDQUOT }, { "SIGINT", SIGINT },   { "SIGTERM", SIGTERM },
			{ "SIGHUP", SIGHUP } };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (strcmp(name, numbers[i].name) == 0)
			return numbers[i].number;
	fprintf(stderr, "inject: no error and no signal %s is known\n", name);
	exit(99);
}

static void parse_fault(struct order *o, const char *name)
{
	o->fault = strcmp(name, "kill") == 0 ? FAULT_KILL : strcmp(name, "torn") == 0 ? FAULT_TORN :
		   strcmp(name, "short") == 0 ? FAULT_SHORT : strncmp(name, "SIG", 3) == 0 ? FAULT_SIGNAL : FAULT_ERROR;
	if (o->fault == FAULT_ERROR || o->fault == FAULT_SIGNAL)
		o->error = parse_number(name);
}

static void send_descriptor(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) < 0)
		_exit(99);
}

static int receive_descriptor(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *head;
	int fd = -1;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0 || !(head = CMSG_FIRSTHDR(&message)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

/* In the child: a process group of its own, the filter, and the program. */
static void start(const struct order *o, int socket, char **argv)
{
	int fd;

	setpgid(0, 0);
	if (o->is_chroot && (chroot(o->root) < 0 || chdir("/") < 0)) {
		perror("inject: chroot");
		_exit(99);
	}
	fd = filter_install();
	if (fd < 0)
		_exit(98);
	send_descriptor(socket, fd);
	close(fd);
	close(socket);
	/* As a terminal starts it, whoever started us: below nohup, say, SIGHUP is ignored for good. */
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	execv(argv[0], argv);
	_exit(99);
}

static void answer(int listener, uint64_t id, int64_t value, int error, bool go_on)
{
	struct seccomp_notif_resp r = { .id = id, .val = value, .error = -error, .flags = go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0 };

	/* ENOENT: whoever asked has died. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r) < 0 && errno != ENOENT)
		die("inject: answer");
}

static bool is_due(const struct order *o)
{
	return o->fault != FAULT_NONE && (o->n == o->at || (o->all_after && o->n > o->at));
}

static void answer_as_usual(const struct order *o, const struct call *c, int listener, uint64_t id)
{
	int r = o->with_sysfs ? sysfs_pretend(o->root, c) : -1;

	answer(listener, id, r > 0 ? (int64_t)c->args[2] : 0, r > 0 || r == -1 ? 0 : -r, r == -1);
}

/* false: everybody is to be killed. */
static bool act(const struct order *o, const struct call *c, int listener, uint64_t id)
{
	ssize_t n;

	switch (o->fault) {
	case FAULT_KILL:
		return false;
	case FAULT_TORN:
		call_write_half(c);
		return false;
	case FAULT_SHORT:
		n = call_write_half(c);
		answer(listener, id, n, n < 0 ? EIO : 0, false);
		return true;
	case FAULT_SIGNAL:
		kill(-o->child, o->error);
		answer_as_usual(o, c, listener, id);
		return true;
	case FAULT_ERROR:
	case FAULT_NONE:
		break;
	}
	answer(listener, id, 0, o->error, false);
	return true;
}

static bool handle(struct order *o, int listener, const struct seccomp_notif *n)
{
	struct call c;
	bool counts = call_describe(n, o->root, o->is_chroot, &c);

	if (counts && !o->has_started) {
		o->has_started = true;
		counts = false;
	}
	if (!counts) {
		answer(listener, n->id, 0, 0, true);
		return true;
	}
	o->n++;
	if (o->list)
		fprintf(o->list, "%lu %s %s\n", o->n, c.name, c.path);
	if (is_due(o))
		return act(o, &c, listener, n->id);
	answer_as_usual(o, &c, listener, n->id);
	return true;
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* They are ours (PR_SET_CHILD_SUBREAPER), whatever session they are in, and theirs become ours when they are dead. */
static void kill_orphans(void)
{
	FILE *f = fopen("/proc/thread-self/children", "re");
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (f)
		fclose(f);
}

static int supervise(struct order *o, pid_t child, int listener)
{
	int process = (int)syscall(SYS_pidfd_open, child, 0), status;
	struct pollfd fds[] = { { .fd = listener, .events = POLLIN }, { .fd = process, .events = POLLIN } };
	struct seccomp_notif n;

	if (process < 0)
		die("inject: pidfd");
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("inject: poll");
		if (fds[1].revents)
			break;
		if (!(fds[0].revents & POLLIN))
			continue;
		memset(&n, 0, sizeof(n));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
			continue; /* whoever asked has died */
		if (!handle(o, listener, &n))
			kill(-child, SIGKILL);
	}
	if (waitpid(child, &status, 0) < 0)
		die("inject: wait");
	/* None changes anything once we have ended. */
	do
		kill_orphans();
	while (waitpid(-1, NULL, 0) > 0);
	return status_of(status);
}

static struct order parse(int argc, char **argv)
{
	struct order o = {};
	int c;

	while ((c = getopt(argc, argv, "+csfl:n:a:")) != -1)
		switch (c) {
		case 'c':
			o.is_chroot = true;
			break;
		case 's':
			o.with_sysfs = true;
			break;
		case 'f':
			o.all_after = true;
			break;
		case 'l':
			o.list = fopen(optarg, "we");
			if (!o.list)
				die(optarg);
			break;
		case 'n':
			o.at = strtoul(optarg, NULL, 10);
			break;
		case 'a':
			parse_fault(&o, optarg);
			break;
		default:
			exit(99);
		}
	if (argc - optind < 2) {
		fprintf(stderr, "usage: inject [OPTION]... ROOT COMMAND...\n");
		exit(99);
	}
	o.root = argv[optind++];
	return o;
}

int main(int argc, char **argv)
{
	struct order o = parse(argc, argv);
	int sockets[2], listener, status;
	pid_t child;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		die("inject: socketpair");
	child = fork();
	if (child < 0)
		die("inject: fork");
	if (child == 0)
		start(&o, sockets[1], argv + optind);
	close(sockets[1]);
	o.child = child;
	listener = receive_descriptor(sockets[0]);
	if (listener < 0) {
		waitpid(child, &status, 0);
		fprintf(stderr, "inject: the kernel gives no word on system calls here (seccomp)\n");
		return 98;
	}
	status = supervise(&o, child, listener);
	if (o.list)
		fclose(o.list);
	if (o.at > o.n)
		fprintf(stderr, "inject: there are %lu points, and not %lu\n", o.n, o.at);
	return status;
}
