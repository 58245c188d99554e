/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts: does the kernel let the IOMMU remap them? sysfs has no word for it; the names of the chips have. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/interrupts.h"

void interrupts_done(struct interrupts *i)
{
	free(i->chip);
	*i = (struct interrupts){};
}

/* The name of the chip in a line "  0:  33  0  IR-IO-APIC  2-edge  timer": behind number and counts. *ret borrows. */
static size_t find_chip(const char *line, const char **ret)
{
	const char *s = line + strcspn(line, ":\n");

	if (*s++ != ':')
		return 0;
	s += strspn(s, " 0123456789");
	*ret = s;
	return strcspn(s, " \n");
}

static int keep(struct interrupts *i, enum truth remapped, const char *chip, size_t n)
{
	char *copy = strndup(chip, n);

	if (!copy)
		return -ENOMEM;
	free(i->chip);
	*i = (struct interrupts){ .remapped = remapped, .chip = copy };
	return 1;
}

/*
 * 1 where the line settles it, 0 where a later one may. Remapped chips are called IR-; the kernel remaps the I/O APIC or
 * nothing, so that it settles the matter either way. Plain PCI-MSI may be the IOMMU's own interrupt, which never is.
 */
static int look(const char *line, struct interrupts *i)
{
	const char *chip;
	size_t n = find_chip(line, &chip);

	if (n >= 3 && strncmp(chip, "IR-", 3) == 0)
		return keep(i, TRUTH_YES, chip, n);
	if (n == 7 && strncmp(chip, "IO-APIC", n) == 0)
		return keep(i, TRUTH_NO, chip, n);
	if (n >= 7 && strncmp(chip, "PCI-MSI", 7) == 0 && !i->chip && keep(i, TRUTH_NO, chip, n) < 0)
		return -ENOMEM;
	return 0;
}

static int finish(int r, struct interrupts *i, struct interrupts *ret)
{
	if (r < 0)
		return r;
	*ret = TAKE(*i);
	return 0;
}

int interrupts_parse(const char *text, struct interrupts *ret)
{
	_cleanup_(interrupts_done) struct interrupts i = {};
	int r = 0;

	for (const char *line = text; *line && r == 0; line += strspn(line, "\n")) {
		r = look(line, &i);
		line += strcspn(line, "\n");
	}
	return finish(r, &i, ret);
}

int interrupts_read(int root_fd, struct interrupts *ret)
{
	_cleanup_(interrupts_done) struct interrupts i = {};
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	size_t allocated = 0;
	int fd, r = 0;

	fd = fs_open(root_fd, O_RDONLY | O_NONBLOCK, "proc/interrupts");
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (fd >= 0 && !file) {
		close(fd);
		return -ENOMEM;
	}
	while (file && r == 0 && getline(&line, &allocated, file) > 0)
		r = look(line, &i);
	return finish(r, &i, ret);
}
