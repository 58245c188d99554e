/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: what 'slipway init' proposes of it, huge pages for guests from half of each node's memory. */

#include <stdio.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "installer/proposal.h"
#include "installer/sections/host_sections.h"
#include "installer/sections/hugepages.h"

#define NODES_MOST 64
#define MIB 1024u /* in KiB */

/* In the order in which they are tried. KVM of s390x backs guests with those of 1M (kvm.hpage), and with no larger ones. */
static const unsigned sizes[] = { 1024 * MIB, 2 * MIB }, sizes_s390x[] = { 1 * MIB };

/* One entry for each node that has memory of its own, or one for the host. False: half of it is not one page. */
static bool make_wish(const struct host *host, unsigned size, struct hugepages_wish *list, struct memory_wish *ret)
{
	size_t n = 0;

	for (int node = 0; node < NODES_MOST; node++) {
		unsigned long long total = hugepages_memory_total(host->root_fd, node);

		if (total / 2 >= size)
			list[n++] = (struct hugepages_wish){ .size = size, .node = node, .count = (unsigned)(total / 2 / size), .at_boot = size >= 1024 * MIB };
	}
	if (n < 2) {
		list[0] = (struct hugepages_wish){ .size = size, .node = -1, .count = (unsigned)(hugepages_memory_total(host->root_fd, -1) / 2 / size),
						   .at_boot = size >= 1024 * MIB };
		n = 1;
	}
	*ret = (struct memory_wish){ .hugepages = list, .n_hugepages = n };
	return list[0].count;
}

/* What a plan would refuse is not proposed. -ENOMEM. */
static int is_possible(const struct host *host, const struct memory_wish *m)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	int r = hugepages_check(host, m, &refusals);

	return r < 0 ? r : !refusals.n;
}

static void offer(const struct memory_wish *m, struct text *t)
{
	char size[16];

	hugepages_format_size(m->hugepages[0].size, size, sizeof(size));
	proposal_say(t, "Huge pages for guests, of half of it; nothing else can use it then%s.", m->hugepages[0].at_boot ? ". They are made at boot" : "");
	proposal_offer(t, "memory:");
	proposal_offer(t, "  hugepages:");
	for (size_t i = 0; i < m->n_hugepages; i++) {
		proposal_offer(t, "    - size: %s", size);
		proposal_offer(t, "      count: %u", m->hugepages[i].count);
		if (m->hugepages[i].node >= 0)
			proposal_offer(t, "      node: %d", m->hugepages[i].node);
	}
}

int memory_propose(const struct host *host, struct text *t)
{
	bool is_s390x = host->cpu_known && host->cpu.vendor == CPU_S390;
	const unsigned *list = is_s390x ? sizes_s390x : sizes;
	size_t n = is_s390x ? ARRAY_SIZE(sizes_s390x) : ARRAY_SIZE(sizes);
	unsigned long long total = hugepages_memory_total(host->root_fd, -1);
	struct hugepages_wish wishes[NODES_MOST];
	struct memory_wish m;
	int r = 0;

	if (!total)
		return 0;
	text_append(t, "\n");
	proposal_say(t, "Memory: %llu MiB.", total / MIB);
	for (size_t i = 0; i < n && r == 0; i++) {
		if (!fs_exists(host->root_fd, "sys/kernel/mm/hugepages/hugepages-%ukB", list[i]) || !make_wish(host, list[i], wishes, &m))
			continue;
		r = is_possible(host, &m);
		if (r > 0)
			offer(&m, t);
	}
	return r < 0 ? r : 0;
}
