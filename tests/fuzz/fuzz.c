/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fuzz targets share. */

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

static char folder[] = "/tmp/slipway-fuzz-XXXXXX";

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

void fuzz_split(const uint8_t *data, size_t size, char *parts[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t *newline = size && i + 1 < n ? memchr(data, '\n', size) : NULL;
		size_t length = newline ? (size_t)(newline - data) : size;

		parts[i] = fuzz_text(data, length);
		data += length + (newline != NULL);
		size -= length + (newline != NULL);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_root(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int fuzz_root(void)
{
	static int fd = -1;

	if (fd >= 0)
		return fd;
	CHECK(mkdtemp(folder));
	atexit(remove_root);
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

void fuzz_file(const char *path, const void *data, size_t size)
{
	int root = fuzz_root(), fd;
	char *copy = strdup(path);

	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdirat(root, copy, 0755);
		*slash = '/';
	}
	fd = openat(root, copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	free(copy);
}

bool fuzz_is_printable(const char *s, bool lines)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < 0x20 && !(lines && (c == '\n' || c == '\t'))) || c == 0x7f)
			return false;
		/* U+0080..U+009F, which some terminals obey. */
		if (c == 0xc2 && (unsigned char)s[1] < 0xa0)
			return false;
	}
	return true;
}
