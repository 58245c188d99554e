/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions: what libvirt's own files say of guests and storage pools. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/definition.h"

#define GUESTS "etc/libvirt/qemu"
#define POOLS "etc/libvirt/storage"
#define HUGE "sys/kernel/mm/hugepages"

void defined_guest_done(struct defined_guest *g)
{
	free(g->name);
	strv_free(g->pools);
	*g = (struct defined_guest){};
}

void defined_pool_done(struct defined_pool *p)
{
	free(p->name);
	free(p->type);
	free(p->path);
	free(p->label);
	*p = (struct defined_pool){};
}

void definitions_done(struct definitions *d)
{
	for (size_t i = 0; i < d->n_guests; i++)
		defined_guest_done(&d->guests[i]);
	for (size_t i = 0; i < d->n_pools; i++)
		defined_pool_done(&d->pools[i]);
	free(d->guests);
	free(d->pools);
	*d = (struct definitions){};
}

/* Text as libvirt escapes it (virBufferEscapeString) becomes what it says. */
static char *unescape(const char *from, size_t n)
{
	static const struct {
		const char *word;
		char is;
	} entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' } };
	char *text = malloc(n + 1), *to = text;

	for (const char *end = from + n; text && from < end; to++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(entities) && !str_starts(from, entities[i].word))
			i++;
		*to = i < ARRAY_SIZE(entities) ? entities[i].is : *from;
		from += i < ARRAY_SIZE(entities) ? strlen(entities[i].word) : 1;
	}
	if (text)
		*to = '\0';
	return text;
}

/* What stands between two texts, the first of its kind: 0, -ENOENT, -ENOMEM. */
static int between(const char *text, const char *open, const char *close, char **ret)
{
	const char *from = strstr(text, open), *end = from ? strstr(from + strlen(open), close) : NULL;

	if (!end)
		return -ENOENT;
	from += strlen(open);
	*ret = unescape(from, (size_t)(end - from));
	return *ret ? 0 : -ENOMEM;
}

/* "<memory unit='KiB'>524288</memory>", "<vcpu placement='static' current='1'>2</vcpu>": libvirt writes sizes in KiB. */
static uint64_t number_in(const char *text, const char *element)
{
	const char *at = strstr(text, element), *value = at ? strchr(at, '>') : NULL;
	uint64_t n;

	return value && sscanf(value, ">%" SCNu64 "<", &n) == 1 ? n : 0;
}

/* "<source pool='images' volume='a.qcow2'/>" */
static int find_pools(const char *text, char ***ret)
{
	int r = 0;

	for (const char *at = strstr(text, "<source pool='"); at && r >= 0; at = strstr(at + 1, "<source pool='")) {
		_cleanup_free_ char *name = NULL;

		r = between(at, "pool='", "'", &name);
		if (r >= 0)
			r = strv_add_new(ret, name);
	}
	return r == -ENOENT ? 0 : r;
}

int defined_guest_parse(const char *text, struct defined_guest *ret)
{
	_cleanup_(defined_guest_done) struct defined_guest g = {};
	const char *root = strstr(text, "<domain ");
	uint64_t most;
	int r;

	r = root ? between(root, "<name>", "</name>", &g.name) : -ENOENT;
	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	g.memory = number_in(root, "<memory unit='KiB'");
	most = number_in(root, "<maxMemory ");
	if (most > g.memory)
		g.memory = most;
	g.vcpus = (unsigned)number_in(root, "<vcpu");
	g.hugepages = strstr(root, "<hugepages") != NULL;
	if (find_pools(root, &g.pools) < 0)
		return -ENOMEM;
	*ret = TAKE(g);
	return 0;
}

int defined_pool_parse(const char *text, struct defined_pool *ret)
{
	_cleanup_(defined_pool_done) struct defined_pool p = {};
	const char *root = strstr(text, "<pool "), *target = root ? strstr(root, "<target>") : NULL;
	int r;

	r = root ? between(root, "<name>", "</name>", &p.name) : -ENOENT;
	if (r >= 0)
		r = between(root, "type='", "'", &p.type);
	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	if (target && between(target, "<path>", "</path>", &p.path) == -ENOMEM)
		return -ENOMEM;
	*ret = TAKE(p);
	return 0;
}

static char *read_label(int root_fd, const char *path)
{
	_cleanup_close_ int fd = fs_open(root_fd, O_RDONLY | O_DIRECTORY | O_CLOEXEC, "%s", path);
	char label[256];
	ssize_t n = fd < 0 ? -1 : fgetxattr(fd, "security.selinux", label, sizeof(label) - 1);

	return n > 0 ? strndup(label, (size_t)n) : NULL;
}

/* Each definition of a folder: 0, -ENOMEM, another negative errno where one cannot be read. */
static int each(int root_fd, const char *folder, struct definitions *d, int (*add)(int root_fd, const char *text, struct definitions *d))
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = dir_list(root_fd, &names, "%s", folder);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *text = NULL;

		if (!str_ends(*name, ".xml"))
			continue;
		r = fs_read(root_fd, &text, NULL, "%s/%s", folder, *name);
		if (r >= 0)
			r = add(root_fd, text, d);
		/* Something else that has come to lie there. */
		if (r == -EINVAL)
			r = 0;
	}
	return r < 0 ? r : 0;
}

static int add_guest(int root_fd, const char *text, struct definitions *d)
{
	struct defined_guest *grown = reallocarray(d->guests, d->n_guests + 1, sizeof(*grown));
	int r;

	(void)root_fd;
	if (!grown)
		return -ENOMEM;
	d->guests = grown;
	r = defined_guest_parse(text, &d->guests[d->n_guests]);
	d->n_guests += r >= 0;
	return r;
}

static int add_pool(int root_fd, const char *text, struct definitions *d)
{
	struct defined_pool *grown = reallocarray(d->pools, d->n_pools + 1, sizeof(*grown)), *p;
	int r;

	if (!grown)
		return -ENOMEM;
	d->pools = grown;
	p = &d->pools[d->n_pools];
	r = defined_pool_parse(text, p);
	d->n_pools += r >= 0;
	if (r >= 0 && p->path && !str_eq(p->type, "logical"))
		p->label = read_label(root_fd, p->path);
	return r;
}

/* A line that begins with the folder, quoted or not, and goes on with a wildcard. */
static bool has_line(const char *text, const char *folder)
{
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *p = line + strspn(line, " \t\"");

		if (str_starts(p, folder) && str_starts(p + strlen(folder), "/*"))
			return true;
	}
	return false;
}

static void read_lines(int root_fd, struct definitions *d)
{
	static const char *const files[] = { "etc/apparmor.d/local/abstractions/libvirt-qemu", "etc/apparmor.d/abstractions/libvirt-qemu" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = NULL;

		if (fs_read(root_fd, &text, NULL, "%s", files[i]) < 0)
			continue;
		for (size_t k = 0; k < d->n_pools; k++)
			d->pools[k].guests_may = d->pools[k].guests_may || (d->pools[k].path && has_line(text, d->pools[k].path));
	}
}

static void read_memory(int root_fd, struct definitions *d)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(strv_freep) char **sizes = NULL;

	if (fs_read(root_fd, &text, NULL, "proc/meminfo") >= 0 && sscanf(text, "MemTotal: %" SCNu64 " kB", &d->memory) != 1)
		d->memory = 0;
	if (dir_list(root_fd, &sizes, HUGE) < 0)
		return;
	for (char **size = sizes; size && *size; size++) {
		_cleanup_free_ char *count = NULL;
		unsigned kib, n;

		if (sscanf(*size, "hugepages-%ukB", &kib) == 1 && fs_read_line(root_fd, &count, HUGE "/%s/nr_hugepages", *size) >= 0 &&
		    parse_unsigned(count, &n) >= 0)
			d->huge_memory += (uint64_t)kib * n;
	}
}

int definitions_read(int root_fd, struct definitions *ret)
{
	_cleanup_(definitions_done) struct definitions d = {};
	int guests = each(root_fd, GUESTS, &d, add_guest), pools = each(root_fd, POOLS, &d, add_pool);

	if (guests == -ENOMEM || pools == -ENOMEM)
		return -ENOMEM;
	d.guests_known = guests >= 0;
	d.pools_known = pools >= 0;
	read_lines(root_fd, &d);
	read_memory(root_fd, &d);
	*ret = TAKE(d);
	return 0;
}
