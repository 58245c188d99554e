/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Huge pages: how many, of which size and on which NUMA node (Documentation/admin-guide/mm/hugetlbpage.rst). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/sysctl.h"
#include "installer/sections/hugepages.h"

#define NODES "sys/devices/system/node"
#define GIB (1024ULL * 1024) /* in KiB */
#define RESERVE GIB          /* of the host's memory, that stays with it */

void hugepages_format_size(unsigned kib, char *out, size_t size)
{
	snprintf(out, size, "%u%c", kib % (1024 * 1024) == 0 ? kib >> 20 : kib % 1024 == 0 ? kib >> 10 : kib,
		 kib % (1024 * 1024) == 0 ? 'G' : kib % 1024 == 0 ? 'M' : 'K');
}

/* "MemTotal:  16384 kB" and "Node 0 MemTotal: ..." */
unsigned long long hugepages_memory_total(int root_fd, int node)
{
	_cleanup_free_ char *text = NULL, *path = node < 0 ? strdup("proc/meminfo") : text_format(NODES "/node%d/meminfo", node);
	const char *found;

	if (!path || fs_read(root_fd, &text, NULL, "%s", path) < 0)
		return 0;
	found = strstr(text, "MemTotal:");
	return found ? strtoull(found + strlen("MemTotal:"), NULL, 10) : 0;
}

static int check_place(const struct host *host, const struct hugepages_wish *w, struct refusals *refusals)
{
	unsigned long long total = hugepages_memory_total(host->root_fd, w->node);
	char size[16];

	hugepages_format_size(w->size, size, sizeof(size));
	if (fs_exists(host->root_fd, "sys/kernel/mm/hugepages") && !fs_exists(host->root_fd, "sys/kernel/mm/hugepages/hugepages-%ukB", w->size))
		return refusals_add(refusals, "", "memory", "", "this CPU or its kernel has no huge pages of %s; /sys/kernel/mm/hugepages has the sizes", size);
	if (w->node >= 0 && fs_exists(host->root_fd, NODES) && !fs_exists(host->root_fd, NODES "/node%d", w->node))
		return refusals_add(refusals, "", "memory", "", "there is no NUMA node %d for huge pages of %s; /" NODES " has the nodes", w->node, size);
	if (w->node >= 0 && total && (unsigned long long)w->size * w->count > total)
		return refusals_add(refusals, "", "memory", "", "%u huge pages of %s are more than NUMA node %d has (%llu MiB); ask for fewer", w->count, size,
				    w->node, total / 1024);
	return 0;
}

/* `release` as "5.14.0-162.el9": Red Hat's 9 and its kin have more than their number says. */
static bool knows_nodes_at_boot(const char *release)
{
	unsigned major, minor;

	return !release || sscanf(release, "%u.%u", &major, &minor) != 2 || major > 5 || (major == 5 && minor >= 16) || strstr(release, ".el9");
}

int hugepages_check(const struct host *host, const struct memory_wish *memory, struct refusals *refusals)
{
	unsigned long long all = 0, total = hugepages_memory_total(host->root_fd, -1);
	int r = 0;

	for (size_t i = 0; i < memory->n_hugepages && r >= 0; i++) {
		const struct hugepages_wish *w = &memory->hugepages[i];

		all += (unsigned long long)w->size * w->count;
		r = check_place(host, w, refusals);
		if (r >= 0 && w->at_boot && w->node >= 0 && !knows_nodes_at_boot(host->kernel.next_release ? host->kernel.next_release : host->kernel.release))
			r = refusals_add(refusals, "", "memory", "", "kernels before 5.16 make no huge pages of one NUMA node at boot; 'at: run' does it early in each boot");
	}
	/* A host that has nothing left does not come up. */
	if (r >= 0 && total && all + RESERVE > total)
		r = refusals_add(refusals, "", "memory", "", "huge pages of %llu MiB would leave this host (%llu MiB) less than 1 GiB; ask for fewer", all / 1024,
				 total / 1024);
	return r;
}

int hugepages_settings(const struct memory_wish *memory, struct kernel_settings *settings)
{
	int r = 0;

	for (size_t i = 0; i < memory->n_hugepages && r >= 0; i++) {
		const struct hugepages_wish *w = &memory->hugepages[i];
		char count[16];

		snprintf(count, sizeof(count), "%u", w->count);
		if (w->at_boot)
			continue;
		if (w->node < 0)
			r = kernel_settings_add(settings, count, "sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages", w->size);
		else
			r = kernel_settings_add(settings, count, NODES "/node%d/hugepages/hugepages-%ukB/nr_hugepages", w->node, w->size);
	}
	return r;
}

/* The pool of the default size has a name in sysctl, too, and nobody knows which of the two is set last. */
int hugepages_report(const struct host *host, const struct memory_wish *memory)
{
	_cleanup_(sysctl_done) struct sysctl all = {};

	if (!memory->n_hugepages)
		return 0;
	if (sysctl_read(host->root_fd, &all) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < all.n; i++)
		if (sysctl_names(&all, &all.list[i], "vm/nr_hugepages"))
			log_warning("/%s:%u: vm.nr_hugepages = %s sets the number of huge pages, too; take it out, and the spec alone counts", all.list[i].file,
				    all.list[i].number, all.list[i].value);
	return 0;
}

static bool is_hugepages(const char *argument)
{
	return str_starts(argument, "hugepages=") || str_starts(argument, "hugepagesz=");
}

static int find_foreign(const struct cmdline *foreign, char ***ret)
{
	int r = 0;

	for (char **a = foreign->arguments; a && *a && r >= 0; a++)
		if (is_hugepages(*a))
			r = strv_add(ret, *a);
	return r;
}

/* "4", or "0:2,1:2" of all nodes that this size is wished on. NULL when memory runs out. */
static char *format_count(const struct memory_wish *memory, size_t first)
{
	const struct hugepages_wish *w = &memory->hugepages[first];
	struct text t = {};

	if (w->node < 0)
		return text_format("%u", w->count);
	for (size_t i = first; i < memory->n_hugepages; i++)
		if (memory->hugepages[i].size == w->size && memory->hugepages[i].at_boot)
			text_printf(&t, "%s%d:%u", t.size ? "," : "", memory->hugepages[i].node, memory->hugepages[i].count);
	return text_take(&t);
}

/* A word that none of these is: the same size in another unit. NULL when memory runs out. */
static char *spell_size(unsigned kib, char *const *own, char *const *avoid)
{
	static const struct {
		unsigned kib;
		char unit;
	} units[] = { { 1024 * 1024, 'G' }, { 1024, 'M' }, { 1, 'K' } };
	char *word = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (kib % units[i].kib)
			continue;
		free(word);
		word = text_format("hugepagesz=%u%c", kib / units[i].kib, units[i].unit);
		if (!word || (!strv_contains(own, word) && !strv_contains(avoid, word)))
			break;
	}
	return word;
}

/* The same number, with as many zeros in front as it needs: the kernel reads it by "%lu". */
static char *spell_count(const char *count, char *const *own, char *const *avoid)
{
	char *word = text_format("hugepages=%s", count);

	while (word && (strv_contains(own, word) || strv_contains(avoid, word))) {
		char *longer = text_format("hugepages=0%s", word + strlen("hugepages="));

		free(word);
		word = longer;
	}
	return word;
}

/*
 * hugepages= is about the hugepagesz= before it, and an edit of a command line knows a word once only: two sizes in the same
 * number, or a word that is another's already, are spelled in another way.
 */
static int add_pair(const struct memory_wish *memory, size_t i, char *const *avoid, char ***own)
{
	_cleanup_free_ char *count = format_count(memory, i);
	int r;

	if (!count)
		return -ENOMEM;
	r = strv_consume(own, spell_size(memory->hugepages[i].size, *own, avoid));
	return r < 0 ? r : strv_consume(own, spell_count(count, *own, avoid));
}

static bool is_first_of_size(const struct memory_wish *memory, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (memory->hugepages[k].size == memory->hugepages[i].size)
			return false;
	return true;
}

static int find_own(const struct memory_wish *memory, char *const *avoid, char ***ret)
{
	int r = 0;

	for (size_t i = 0; i < memory->n_hugepages && r >= 0; i++)
		if (memory->hugepages[i].at_boot && is_first_of_size(memory, i))
			r = add_pair(memory, i, avoid, ret);
	return r;
}

int hugepages_arguments(const struct memory_wish *memory, const struct cmdline *foreign, struct argument_wish *wish)
{
	_cleanup_(strv_freep) char **plain = NULL, **own = NULL, **others = NULL;
	int r;

	r = find_own(memory, NULL, &plain);
	if (r < 0 || !plain)
		return r;
	r = find_foreign(foreign, &others);
	/* As the administrator has them already. */
	if (r < 0 || strv_eq(plain, others))
		return r;
	r = find_own(memory, others, &own);
	for (char **a = others; a && *a && r >= 0; a++) {
		log_warning("the kernel argument %s is not slipway's; it makes way for the spec's huge pages, and comes back when these are taken back", *a);
		r = strv_add(&wish->unwanted, *a);
	}
	for (char **a = own; a && *a && r >= 0; a++)
		r = strv_add(&wish->wanted, *a);
	return r;
}
