/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory pages: which of the host's huge pages a guest is made of. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/pages.h"

struct size {
	enum hugepages pages;
	unsigned kib;
	bool is_s390x;
};

/* The largest first: that is how `auto` looks. s390x backs guests with pages of 1M only (Documentation/virt/kvm/s390). */
static const struct size sizes[] = {
	{ HUGEPAGES_1G, 1048576, false }, { HUGEPAGES_2M, 2048, false }, { HUGEPAGES_1M, 1024, true },
};

/* Where pages of one size stand, and what is there. */
struct pool {
	char *path;        /* of the free ones, below the root */
	bool known;
	unsigned free, wanted;
};

static void pool_done(struct pool *p)
{
	free(p->path);
}

static int pool_read(int root_fd, const struct size *size, const struct pages_wish *wish, struct pool *ret)
{
	_cleanup_(pool_done) struct pool p = { .wanted = (unsigned)((unsigned long long)wish->memory * 1024 / size->kib) };
	_cleanup_free_ char *text = NULL;

	p.path = wish->node >= 0 ? text_format("sys/devices/system/node/node%d/hugepages/hugepages-%ukB/free_hugepages", wish->node, size->kib) :
				   text_format("sys/kernel/mm/hugepages/hugepages-%ukB/free_hugepages", size->kib);
	if (!p.path)
		return log_oom();
	p.known = fs_read_line(root_fd, &text, "%s", p.path) >= 0 && parse_unsigned(text, &p.free) >= 0;
	*ret = TAKE(p);
	return 0;
}

/* "pagesize=2M" of a mounted hugetlbfs; libvirt puts a guest's memory there (hugetlbfs_show_options() writes K or M). */
static bool is_mounted(int root_fd, unsigned kib)
{
	_cleanup_free_ char *text = NULL, *option = text_format("pagesize=%uM", kib / 1024);
	char *rest, *line;

	if (!option || fs_read(root_fd, &text, NULL, "proc/self/mountinfo") < 0)
		return true; /* not known: libvirt says it at the start */
	for (rest = text; (line = strsep(&rest, "\n"));) {
		const char *found = strstr(line, " - hugetlbfs ") ? strstr(line, option) : NULL;

		if (found && (!found[strlen(option)] || strchr(", ", found[strlen(option)])))
			return true;
	}
	return false;
}

/* s390x backs guests with huge pages only where the module kvm was told so. */
static bool kvm_takes(int root_fd, const struct pages_wish *wish)
{
	_cleanup_free_ char *text = NULL;

	if (!wish->is_s390x || !wish->is_kvm || fs_read_line(root_fd, &text, "sys/module/kvm/parameters/hpage") < 0)
		return true;
	return str_eq(text, "1") || str_eq(text, "Y");
}

/* KVM of s390x does not load with nested=1 and hpage=1. */
static bool nests(int root_fd)
{
	_cleanup_free_ char *text = NULL;

	return fs_read_line(root_fd, &text, "sys/module/kvm/parameters/nested") >= 0 && (str_eq(text, "1") || str_eq(text, "Y"));
}

/* NULL, or a new sentence that says why this size cannot be had, with the way out. */
static char *trouble(int root_fd, const struct size *size, const struct pages_wish *wish, const struct pool *p)
{
	const char *name = hugepages_name(size->pages);

	if (size->is_s390x != wish->is_s390x)
		return text_format("guests of this machine do not take pages of %s", name);
	if (!p->known)
		return text_format("this host has no pages of %s (there is no /%s)", name, p->path);
	if ((unsigned long long)p->wanted * size->kib != (unsigned long long)wish->memory * 1024)
		return text_format("%u MiB is no multiple of pages of %s", wish->memory, name);
	if (p->free < p->wanted && size->kib >= 1048576)
		return text_format("%u pages of 1G are wanted, and %u are free (/%s): set them aside at boot, 'slipway apply --kernel-arg hugepagesz=1G "
				   "--kernel-arg hugepages=COUNT', COUNT for all guests", p->wanted, p->free, p->path);
	if (p->free < p->wanted)
		return text_format("%u pages of %s are wanted, and %u are free (/%s): write a larger number into nr_hugepages beside it, or set them aside at "
				   "boot, 'slipway apply --kernel-arg hugepages=COUNT', COUNT for all guests", p->wanted, name, p->free, p->path);
	if (!is_mounted(root_fd, size->kib))
		return text_format("no hugetlbfs with pages of %s is mounted, where libvirt could take them: 'mount -t hugetlbfs -o pagesize=%s none "
				   "/dev/hugepages%s', then restart libvirt", name, name, name);
	if (!kvm_takes(root_fd, wish) && nests(root_fd))
		return text_format("KVM was loaded for guests that run guests (/sys/module/kvm/parameters/nested), and does not take huge pages beside that: choose, "
				   "'slipway apply --kernel-arg kvm.nested=0 --kernel-arg kvm.hpage=1', or ordinary pages");
	if (!kvm_takes(root_fd, wish))
		return text_format("KVM was loaded without huge pages for guests (/sys/module/kvm/parameters/hpage): 'slipway apply --kernel-arg kvm.hpage=1'");
	return NULL;
}

/* 1: it is this size; 0: not, and for `auto` that is noted. */
static int try_size(const struct host *host, const struct size *size, const struct pages_wish *wish, struct choices *choices, char **ret_why)
{
	_cleanup_free_ char *path = NULL, *seen = NULL;
	_cleanup_(pool_done) struct pool pool = {};
	int r;

	r = pool_read(host->root_fd, size, wish, &pool);
	if (r < 0)
		return r;
	*ret_why = trouble(host->root_fd, size, wish, &pool);
	if (*ret_why)
		return 0;
	path = text_format("/%s", pool.path);
	seen = text_format("%u", pool.free);
	choices_add(choices, "memory pages", hugepages_name(size->pages), path, seen, "%u of them: fewer misses when an address is looked up, by the CPU and the IOMMU",
		    pool.wanted);
	return 1;
}

static int decide_auto(const struct host *host, const struct pages_wish *wish, struct choices *choices, enum hugepages *ret)
{
	_cleanup_(strv_freep) char **reasons = NULL;
	_cleanup_free_ char *all = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes) && !r; i++) {
		_cleanup_free_ char *why = NULL;

		if (sizes[i].is_s390x != wish->is_s390x)
			continue;
		r = try_size(host, &sizes[i], wish, choices, &why);
		if (r > 0)
			*ret = sizes[i].pages;
		if (!r && why && strv_add(&reasons, why) < 0)
			r = log_oom();
	}
	if (r)
		return r < 0 ? r : 0;
	all = strv_join(reasons, "; ");
	choices_add(choices, "memory pages", "ordinary", NULL, NULL, "%s", all ? all : "");
	*ret = HUGEPAGES_OFF;
	return 0;
}

int pages_decide(const struct host *host, const struct pages_wish *wish, struct choices *choices, enum hugepages *ret)
{
	if (wish->pages == HUGEPAGES_OFF) {
		*ret = HUGEPAGES_OFF;
		return 0;
	}
	if (wish->pages == HUGEPAGES_AUTO)
		return decide_auto(host, wish, choices, ret);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *why = NULL;
		int r;

		if (sizes[i].pages != wish->pages)
			continue;
		r = try_size(host, &sizes[i], wish, choices, &why);
		if (r < 0)
			return r;
		if (!r)
			return log_error("hugepages %s cannot be had: %s", hugepages_name(wish->pages), why), -EOPNOTSUPP;
		*ret = sizes[i].pages;
	}
	return 0;
}
