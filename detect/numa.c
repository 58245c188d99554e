/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NUMA: the CPUs that are near a device. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/numa.h"

struct node {
	int number;
	char *cpus; /* borrowed from the first device of the node */
};

/* A capture of the devices alone has no nodes: each device says the same of its own. */
static char *read_cpus(int root_fd, const struct device *d)
{
	char *cpus = NULL;

	if (fs_read_line(root_fd, &cpus, "sys/devices/system/node/node%d/cpulist", d->numa_node) < 0 &&
	    fs_read_line(root_fd, &cpus, "sys/bus/pci/devices/%s/local_cpulist", d->address) < 0)
		return NULL;
	if (cpus && !*cpus) { /* a node of memory alone */
		free(cpus);
		return NULL;
	}
	return cpus;
}

int numa_fill(int root_fd, struct devices *devices)
{
	_cleanup_free_ struct node *nodes = NULL;
	size_t n = 0;

	for (size_t i = 0; i < devices->n; i++) {
		struct device *d = &devices->list[i];
		struct node *grown;
		size_t j;

		if (d->numa_node < 0)
			continue;
		/* A machine has a handful of nodes, and neighbours share theirs: the last one found is looked at first. */
		for (j = n; j > 0 && nodes[j - 1].number != d->numa_node; j--)
			;
		if (j > 0) {
			d->numa_cpus = nodes[j - 1].cpus ? strdup(nodes[j - 1].cpus) : NULL;
			if (nodes[j - 1].cpus && !d->numa_cpus)
				return -ENOMEM;
			continue;
		}
		grown = realloc(nodes, (n + 1) * sizeof(*nodes));
		if (!grown)
			return -ENOMEM;
		nodes = grown;
		d->numa_cpus = read_cpus(root_fd, d);
		nodes[n++] = (struct node){ .number = d->numa_node, .cpus = d->numa_cpus };
	}
	return 0;
}
