/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter: which calls the kernel asks us about (Documentation/userspace-api/seccomp_filter.rst). */

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/inject/calls.h"

#define LOAD(field) (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(what) (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what)
#define IF(value, yes, no) (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define MASK(value) (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, value)

/* An openat() that can change nothing is the most frequent call of all: it goes ahead without a word. */
static size_t skip_reading(struct sock_filter *f)
{
	size_t n = 0;

	f[n++] = LOAD(nr);
	f[n++] = IF(SYS_openat, 0, 4);
	f[n++] = LOAD(args[2]);
	f[n++] = MASK(O_CREAT | O_TRUNC);
	f[n++] = IF(0, 0, 1);
	f[n++] = ANSWER(SECCOMP_RET_ALLOW);
	f[n++] = LOAD(nr);
	return n;
}

int filter_install(void)
{
	struct sock_filter code[8 + 2 * CALLS_MAX + 1];
	size_t n = skip_reading(code);
	struct sock_fprog program = { .filter = code };

	for (const struct call_kind *k = call_kinds; k->name; k++) {
		code[n++] = IF((unsigned)k->nr, 0, 1);
		code[n++] = ANSWER(SECCOMP_RET_USER_NOTIF);
	}
	code[n++] = ANSWER(SECCOMP_RET_ALLOW);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	/* A signal that comes while a call waits for its answer does not make it a second call (Linux 5.19). */
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			    &program);
}
