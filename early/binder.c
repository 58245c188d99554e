/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway-bind: the early binder as a program. The script in the initramfs (initramfs-script) calls it; nobody else needs to. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "early/early.h"

#define EXIT_USAGE 2

static void pass_asked(int root_fd)
{
	if (early_is_asked(root_fd))
		puts("yes");
}

static void pass_first(int root_fd)
{
	if (early_first(root_fd))
		puts("nvme");
}

static void pass_second(int root_fd)
{
	early_second(root_fd, EARLY_WAIT_MS);
}

static const struct pass {
	const char *name, *help;
	void (*run)(int root_fd);
} passes[] = {
	{ "asked", "print 'yes' if the kernel command line asks for binding", pass_asked },
	{ "first", "bind what can be told now; print 'nvme' if some devices need that module first", pass_first },
	{ "second", "bind those, as soon as their serials are known", pass_second },
};

static int usage(void)
{
	fputs("usage: slipway-bind [--sysroot DIR] PASS\n", stderr);
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++)
		fprintf(stderr, "  %-8s %s\n", passes[i].name, passes[i].help);
	return EXIT_USAGE;
}

/* Whatever it finds, a boot goes on: only wrong usage is an error. */
int main(int argc, char *argv[])
{
	const char *root = "/";
	_cleanup_close_ int root_fd = -1;

	if (argc == 4 && strcmp(argv[1], "--sysroot") == 0) {
		root = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc != 2)
		return usage();
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0) {
		fprintf(stderr, "slipway-bind: %s: %s\n", root, strerror(errno));
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++)
		if (strcmp(argv[1], passes[i].name) == 0) {
			passes[i].run(root_fd);
			return 0;
		}
	return usage();
}
