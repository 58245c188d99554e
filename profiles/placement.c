/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Placement: the NUMA node that a guest lives on, and which of its CPUs serve what. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/cpuset.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/placement.h"

#define NODES "sys/devices/system/node"
#define CPUS "sys/devices/system/cpu"

void placement_done(struct placement *p)
{
	free(p->cpus);
	free(p->emulator_cpus);
	*p = (struct placement){ .node = -1 };
}

/* Nodes that have CPUs; memory alone (CXL, HBM) runs no guest. 1 where the kernel knows nothing of nodes. */
static unsigned count_nodes(int root_fd)
{
	_cleanup_(strv_freep) char **names = NULL;
	unsigned n = 0;

	if (dir_list(root_fd, &names, NODES) < 0)
		return 1;
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *cpus = NULL;
		unsigned number;

		if (str_starts(*name, "node") && parse_unsigned(*name + strlen("node"), &number) >= 0 &&
		    fs_read_line(root_fd, &cpus, NODES "/%s/cpulist", *name) >= 0 && *cpus)
			n++;
	}
	return n;
}

/* The one node of all devices: -1 where there is none, or there are several. */
static int common_node(struct device *const *devices, size_t n, bool *ret_differ)
{
	*ret_differ = false;
	for (size_t i = 1; i < n; i++)
		*ret_differ = *ret_differ || devices[i]->numa_node != devices[0]->numa_node;
	return n && !*ret_differ ? devices[0]->numa_node : -1;
}

static int choose_by_devices(const struct host *host, struct device *const *devices, size_t n, struct choices *choices)
{
	_cleanup_free_ char *path = n ? text_format("/sys/bus/pci/devices/%s/numa_node", devices[0]->address) : NULL, *seen = NULL;
	bool differ;
	int node = common_node(devices, n, &differ);

	if (count_nodes(host->root_fd) < 2)
		return -1; /* nothing to choose, and nothing to say */
	if (n)
		seen = text_format("%d", devices[0]->numa_node);
	if (!n)
		choices_add(choices, "NUMA node", NULL, NULL, NULL, "no device was named; --device SELECTOR places the guest beside its devices");
	else if (differ)
		choices_add(choices, "NUMA node", NULL, path, seen, "the devices are on several nodes; --numa-node NODE chooses one");
	else if (node < 0)
		choices_add(choices, "NUMA node", NULL, path, seen, "the firmware does not say which node the devices are on");
	else
		choices_add(choices, "NUMA node", seen, path, seen, "that of the %s: CPUs and memory of another node would reach %s over the link "
			    "between them", n > 1 ? "devices" : "device", n > 1 ? "them" : "it");
	return node;
}

static int choose_node(const struct host *host, const struct guest_options *options, struct device *const *devices, size_t n,
		       struct choices *choices)
{
	_cleanup_free_ char *value = text_format("%d", options->numa_node);

	if (options->numa_node == NODE_AUTO)
		return choose_by_devices(host, devices, n, choices);
	if (options->numa_node >= 0)
		choices_add(choices, "NUMA node", value, NULL, NULL, "as asked for");
	return options->numa_node >= 0 ? options->numa_node : -1;
}

static int set_read(int root_fd, const char *path, struct cpuset *ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = fs_read_line(root_fd, &text, "%s", path);
	return r < 0 ? r : cpuset_parse(text, ret);
}

/* The first core with all its threads: a thread that shares a core with a virtual CPU slows it. */
static void first_core(int root_fd, const struct cpuset *cpus, struct cpuset *ret)
{
	_cleanup_free_ char *path = text_format(CPUS "/cpu%d/topology/thread_siblings_list", cpuset_first(cpus)),
			    *alone = text_format("%d", cpuset_first(cpus));

	*ret = (struct cpuset){};
	if ((path && set_read(root_fd, path, ret) >= 0 && cpuset_first(ret) >= 0) || !alone)
		cpuset_keep(ret, cpus);
	else
		cpuset_parse(alone, ret);
}

static int node_cpus(int root_fd, int node, struct cpuset *ret, struct choices *choices)
{
	_cleanup_free_ char *path = text_format(NODES "/node%d/cpulist", node), *seen = NULL;
	struct cpuset isolated = {};

	if (!path)
		return log_oom();
	if (set_read(root_fd, path, ret) < 0 || cpuset_first(ret) < 0)
		return log_invalid("there is no NUMA node %d with CPUs on this host; --numa-node takes one of /" NODES, node);
	if (set_read(root_fd, CPUS "/isolated", &isolated) < 0 || cpuset_first(&isolated) < 0)
		return 0;
	cpuset_remove(ret, &isolated);
	seen = cpuset_format(&isolated);
	choices_add(choices, "isolated CPUs", "left out", "/" CPUS "/isolated", seen,
		    "the scheduler moves nothing between them, so all virtual CPUs would stay on one");
	return cpuset_first(ret) >= 0 ? 0 : log_invalid("all CPUs of NUMA node %d are isolated (/" CPUS "/isolated)", node);
}

/*
 * The virtual CPUs float over what is left beside the emulator's core, and are not pinned one to one: several guests share
 * a node, and each definition would name the same first CPUs.
 */
static int split_cpus(int root_fd, unsigned vcpus, struct choices *choices, struct placement *p)
{
	_cleanup_free_ char *path = text_format("/" NODES "/node%d/cpulist", p->node), *seen = NULL;
	struct cpuset all = {}, core = {}, rest;
	int r;

	r = node_cpus(root_fd, p->node, &all, choices);
	if (r < 0)
		return r;
	seen = cpuset_format(&all);
	if (cpuset_count(&all) < vcpus)
		return log_error("%u virtual CPUs are more than NUMA node %d has (%s: %s): ask for fewer, or for --numa-node none", vcpus,
				 p->node, path ? path : "", seen ? seen : ""), -EOPNOTSUPP;
	first_core(root_fd, &all, &core);
	rest = all;
	cpuset_remove(&rest, &core);
	if (cpuset_count(&rest) < vcpus)
		rest = core = all;
	p->cpus = cpuset_format(&rest);
	p->emulator_cpus = cpuset_format(&core);
	if (!p->cpus || !p->emulator_cpus)
		return log_oom();
	choices_add(choices, "CPUs", p->cpus, path, seen, "%s", str_eq(p->cpus, p->emulator_cpus) ?
		    "all of the node: the guest needs every one" : "those of the node, less a core for QEMU's own threads");
	choices_add(choices, "emulator CPUs", p->emulator_cpus, path, seen, "%s", str_eq(p->cpus, p->emulator_cpus) ?
		    "no core of the node is left for QEMU's own threads alone" : "the node's first core: QEMU's own threads and IO threads "
		    "do not get in the way of virtual CPUs");
	return 0;
}

/* "Node 1 MemTotal:       65998092 kB" */
static int check_memory(int root_fd, int node, unsigned memory)
{
	_cleanup_free_ char *text = NULL;
	const char *line;
	unsigned long long total;

	if (fs_read(root_fd, &text, NULL, NODES "/node%d/meminfo", node) < 0)
		return 0; /* not known: libvirt will find out */
	line = strstr(text, "MemTotal:");
	if (!line || sscanf(line, "MemTotal: %llu kB", &total) != 1 || total / 1024 >= memory)
		return 0;
	log_error("%u MiB are more than NUMA node %d has (/" NODES "/node%d/meminfo: MemTotal %llu kB): ask for less, or for --numa-node none",
		  memory, node, node, total);
	return -EOPNOTSUPP;
}

int placement_decide(const struct host *host, const struct guest_options *options, struct device *const *devices, size_t n,
		     unsigned vcpus, unsigned memory, struct choices *choices, struct placement *ret)
{
	_cleanup_(placement_done) struct placement p = { .node = choose_node(host, options, devices, n, choices) };
	int r = 0;

	if (p.node >= 0)
		r = split_cpus(host->root_fd, vcpus, choices, &p);
	if (p.node >= 0 && r >= 0)
		r = check_memory(host->root_fd, p.node, memory);
	if (r < 0)
		return r;
	*ret = TAKE(p);
	return 0;
}
