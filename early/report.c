/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports: what the running system learns from the early binder. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "early/report.h"
#include "early/sysfs.h"

#define TRAIT_WORD (3 * 256 + 1)  /* a trait with every byte escaped */
#define LOG_MAX 900               /* the kernel takes records of a little less than 1024 bytes */
#define REPORT_MAX 262144

/* Names that a device gives itself are data: only what every console shows as itself passes. */
static void escape_log(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from && n + 5 < size; from++) {
		unsigned char c = (unsigned char)*from;

		if (c >= 0x20 && c < 0x7f)
			to[n++] = *from;
		else
			n += (size_t)snprintf(to + n, size - n, "\\x%02x", c);
	}
	to[n] = '\0';
}

/* The same words as text_escape_word() in common/text.c makes. */
static void escape_word(const char *from, char *to, size_t size)
{
	size_t n = 0;

	for (; *from && n + 4 < size; from++) {
		unsigned char c = (unsigned char)*from;

		if (c > 0x20 && c < 0x7f && c != '%' && c != '"')
			to[n++] = *from;
		else
			n += (size_t)snprintf(to + n, size - n, "%%%02x", c);
	}
	to[n] = '\0';
}

static int write_all(int fd, const char *text)
{
	size_t n = strlen(text);

	return write(fd, text, n) == (ssize_t)n ? 0 : -EIO;
}

void report_log(int root_fd, enum severity severity, const char *format, ...)
{
	char message[LOG_MAX], line[LOG_MAX];
	_cleanup_close_ int fd = -1;
	va_list ap;
	int n;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	n = snprintf(line, sizeof(line), "<%d>slipway: ", severity);
	escape_log(message, line + n, sizeof(line) - (size_t)n - 1);
	strcat(line, "\n");
	/* Opened anew for each line: the kernel lets an open file write ten lines in five seconds. */
	fd = node_open(root_fd, O_WRONLY | O_APPEND | O_NOCTTY, "dev/kmsg");
	if (fd >= 0)
		write_all(fd, line);
}

static int make_folder(int root_fd, const char *path)
{
	return mkdirat(root_fd, path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int create(int root_fd, const char *path, int flags)
{
	int fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0644);

	return fd < 0 ? -errno : fd;
}

int report_begin(int root_fd)
{
	_cleanup_close_ int fd = -1;
	int r;

	r = make_folder(root_fd, "run/slipway");
	if (r < 0)
		return r;
	fd = create(root_fd, REPORT_FILE, O_EXCL);
	return fd < 0 ? fd : 0;
}

static void add_record(int root_fd, const char *line)
{
	_cleanup_close_ int fd = -1;

	fd = create(root_fd, REPORT_FILE, O_APPEND);
	if (fd < 0 || write_all(fd, line) < 0)
		report_log(root_fd, SEVERITY_WARNING, "cannot write /" REPORT_FILE);
}

void report_bound(int root_fd, const char *name, const char *found)
{
	char line[128];

	if (strcmp(name, found) == 0)
		snprintf(line, sizeof(line), "%s result=bound\n", name);
	else
		snprintf(line, sizeof(line), "%s result=bound found=%s\n", name, found);
	add_record(root_fd, line);
}

void report_left(int root_fd, const char *name, const char *reason)
{
	char word[1024], line[1152];

	escape_word(reason, word, sizeof(word));
	snprintf(line, sizeof(line), "%s result=left reason=%s\n", name, word);
	add_record(root_fd, line);
}

static size_t add_word(char *line, size_t size, size_t n, const char *key, const char *value)
{
	char word[TRAIT_WORD];

	if (!*value)
		return n;
	escape_word(value, word, sizeof(word));
	return n + (size_t)snprintf(line + n, size - n, " %s=%s", key, word);
}

int report_seen(int root_fd, const struct seen *s)
{
	const struct traits *t = &s->traits;
	_cleanup_close_ int fd = -1;
	char line[4096], path[64];
	size_t n;
	int r;

	n = (size_t)snprintf(line, sizeof(line), "%s bind=none id=%04x:%04x subsystem=%04x:%04x class=%06x", s->address, t->vendor,
			     t->product, t->subsystem_vendor, t->subsystem_product, t->class);
	n = add_word(line, sizeof(line), n, "path", t->path);
	if (t->pcie_serial)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " pcie-serial=%016llx", (unsigned long long)t->pcie_serial);
	n = add_word(line, sizeof(line), n, "slot", t->slot);
	n = add_word(line, sizeof(line), n, "serial", t->serial);
	n = add_word(line, sizeof(line), n, "model", t->model);
	snprintf(line + n, sizeof(line) - n, " inode=%llu\n", (unsigned long long)s->inode);

	r = make_folder(root_fd, "run/slipway");
	if (r >= 0)
		r = make_folder(root_fd, "run/slipway/devices");
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "run/slipway/devices/%s", s->address);
	fd = create(root_fd, path, O_TRUNC);
	return fd < 0 ? fd : write_all(fd, line);
}

bool report_has(int root_fd, const char *name)
{
	char text[REPORT_MAX], *save = NULL, *line;
	size_t n = strlen(name);

	if (table_read(root_fd, text, sizeof(text), REPORT_FILE) < 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, name, n) == 0 && line[n] == ' ')
			return true;
	return false;
}
