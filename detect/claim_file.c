/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims by the host's configuration: crash dumps, hibernation, and what fstab and crypttab name for the next boot. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/claim.h"

struct reader {
	int root_fd;
	const struct blocks *blocks;
	const struct mounts *mounts;
	struct claims *claims;
};

/* What is mounted at that point now needs no second word. */
static bool is_mounted_there(const struct mounts *mounts, const char *block, const char *target)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (str_eq(mounts->list[i].target, target) && strv_contains(mounts->list[i].blocks, block))
			return true;
	return false;
}

/* fstab(5): SPEC TARGET TYPE ... */
static int fstab_line(const struct reader *reader, char *const *words)
{
	const struct block *b = blocks_find_source(reader->root_fd, reader->blocks, words[0]);
	bool is_swap = str_eq(words[2], "swap");

	if (!b || is_mounted_there(reader->mounts, b->name, is_swap ? "swap" : words[1]))
		return 0;
	return claims_add(reader->claims, CLAIM_CONFIGURED, b, mount_point_is_vital(words[1]), "named for %s in /etc/fstab",
			  is_swap ? "swap" : words[1]);
}

/* A device, or one side of the colon in systemd's "/path:LABEL=stick" and Debian's "/dev/disk/by-label/stick:/path" (passdev). */
static const struct block *find_beside_path(const struct reader *reader, const char *text)
{
	const struct block *b = blocks_find_source(reader->root_fd, reader->blocks, text);
	const char *colon = strchr(text, ':');
	_cleanup_free_ char *before = NULL;

	if (b || !colon)
		return b;
	before = strndup(text, (size_t)(colon - text));
	b = before ? blocks_find_source(reader->root_fd, reader->blocks, before) : NULL;
	return b ? b : blocks_find_source(reader->root_fd, reader->blocks, colon + 1);
}

static int claim_crypt_part(const struct reader *reader, const struct block *b, const char *what, const char *name)
{
	return b ? claims_add(reader->claims, CLAIM_CONFIGURED, b, false, "%s %s in /etc/crypttab", what, name) : 0;
}

/* crypttab(5): NAME SPEC [KEY [OPTIONS]]; the header may lie apart: "luks,header=/dev/sdb1". */
static int crypttab_line(const struct reader *reader, char *const *words)
{
	_cleanup_(strv_freep) char **options = NULL;
	const char *key = words[2];
	int r;

	r = claim_crypt_part(reader, blocks_find_source(reader->root_fd, reader->blocks, words[1]), "named for", words[0]);
	if (r >= 0 && key)
		r = claim_crypt_part(reader, find_beside_path(reader, key), "has the key for", words[0]);
	if (r >= 0 && key && words[3])
		r = strv_split(words[3], ",", &options);
	for (char **option = options; option && *option && r >= 0; option++)
		if (str_starts(*option, "header="))
			r = claim_crypt_part(reader, find_beside_path(reader, *option + strlen("header=")), "has the header for", words[0]);
	return r;
}

/* kdump.conf(5): a file system's type or "raw", then where it is. */
static int kdump_line(const struct reader *reader, char *const *words)
{
	static const char *const types[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "minix", "raw", NULL };
	const struct block *b;

	if (!str_is_one_of(words[0], types))
		return 0;
	b = blocks_find_source(reader->root_fd, reader->blocks, words[1]);
	return b ? claims_add(reader->claims, CLAIM_DUMP, b, false, "crash dumps go there (%s %s in /etc/kdump.conf)", words[0], words[1]) : 0;
}

static int resume_line(const struct reader *reader, char *const *words)
{
	const struct block *b;

	if (!str_starts(words[0], "RESUME="))
		return 0;
	b = blocks_find_source(reader->root_fd, reader->blocks, words[0] + strlen("RESUME="));
	return b ? claims_add(reader->claims, CLAIM_RESUME, b, false, "hibernation writes there (/etc/initramfs-tools/conf.d/resume)") : 0;
}

static int read_lines(const struct reader *reader, const char *path, size_t least, int (*line_read)(const struct reader *, char *const *))
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	int r = 0;

	if (fs_read(reader->root_fd, &text, NULL, "%s", path) < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &save); line && r >= 0; line = strtok_r(NULL, "\n", &save)) {
		_cleanup_(strv_freep) char **words = NULL;

		if (*str_trim(line) == '#')
			continue;
		r = strv_split(line, " \t\r", &words);
		if (r >= 0 && strv_length(words) >= least)
			r = line_read(reader, words);
	}
	return r;
}

/* The kernel's own word for where it would resume from; 0:0 is nowhere. */
static int read_resume(const struct reader *reader, const struct cmdline *running)
{
	const char *argument = cmdline_value(running, "resume");
	_cleanup_free_ char *number = NULL;
	const struct block *b;
	int r = 0;

	if (fs_read_line(reader->root_fd, &number, "sys/power/resume") >= 0 && (b = blocks_find_number(reader->blocks, number)))
		r = claims_add(reader->claims, CLAIM_RESUME, b, false, "hibernation writes there (/sys/power/resume)");
	b = argument ? blocks_find_source(reader->root_fd, reader->blocks, argument) : NULL;
	if (b && r >= 0)
		r = claims_add(reader->claims, CLAIM_RESUME, b, false, "hibernation writes there (resume= on the kernel command line)");
	return r;
}

/* pstore_blk keeps the last messages of a kernel that died in a partition of its own. */
static int read_pstore(const struct reader *reader)
{
	_cleanup_free_ char *device = NULL;
	const struct block *b;

	if (fs_read_line(reader->root_fd, &device, "sys/module/pstore_blk/parameters/blkdev") < 0)
		return 0;
	b = blocks_find_source(reader->root_fd, reader->blocks, device);
	return b ? claims_add(reader->claims, CLAIM_DUMP, b, false, "pstore writes there (/sys/module/pstore_blk/parameters/blkdev)") : 0;
}

int claims_read_files(int root_fd, const struct cmdline *running, const struct blocks *blocks, const struct mounts *mounts, struct claims *c)
{
	static const struct {
		const char *path;
		size_t least;
		int (*line_read)(const struct reader *, char *const *);
	} files[] = {
		{ "etc/fstab", 3, fstab_line },
		{ "etc/crypttab", 2, crypttab_line },
		{ "etc/kdump.conf", 2, kdump_line },
		{ "etc/initramfs-tools/conf.d/resume", 1, resume_line },
	};
	const struct reader reader = { root_fd, blocks, mounts, c };
	int r;

	r = read_resume(&reader, running);
	if (r >= 0)
		r = read_pstore(&reader);
	for (size_t i = 0; i < ARRAY_SIZE(files) && r >= 0; i++)
		r = read_lines(&reader, files[i].path, files[i].least, files[i].line_read);
	return r;
}
