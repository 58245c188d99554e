/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU: its units, and the groups, which are the smallest sets of devices that a guest can be given. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/iommu.h"

#define GROUPS "sys/kernel/iommu_groups"

static void group_done(struct iommu_group *g)
{
	for (size_t i = 0; i < g->n_regions; i++)
		free(g->regions[i].type);
	free(g->regions);
	free(g->type);
	strv_free(g->devices);
	free(g->members);
	*g = (struct iommu_group){};
}

void iommu_done(struct iommu *iommu)
{
	for (size_t i = 0; i < iommu->n_groups; i++)
		group_done(&iommu->groups[i]);
	free(iommu->groups);
	strv_free(iommu->units);
	interrupts_done(&iommu->interrupts);
	strv_free(iommu->vfio_groups);
	strv_free(iommu->vfio_devices);
	*iommu = (struct iommu){};
}

/* "0x00000000fee00000 0x00000000feefffff msi". 0: it is none. By hand: sscanf() was a twentieth of all work. */
static int region_parse(const char *line, struct reserved_region *ret)
{
	char *type, *end;

	ret->start = strtoull(line, &end, 16);
	ret->end = end == line ? 0 : strtoull(line = end, &end, 16);
	type = end + strspn(end, " \t");
	if (end == line || !*type)
		return 0;
	ret->type = strndup(type, strcspn(type, " \t"));
	return ret->type ? 1 : -ENOMEM;
}

int reserved_regions_parse(char *text, struct iommu_group *group)
{
	char *save = NULL;
	int r;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct reserved_region region, *grown;

		r = region_parse(line, &region);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		grown = realloc(group->regions, (group->n_regions + 1) * sizeof(*grown));
		if (!grown) {
			free(region.type);
			return -ENOMEM;
		}
		group->regions = grown;
		grown[group->n_regions++] = region;
	}
	return 0;
}

/* Most groups have two regions: a buffer and one read will do. What comes near its end is read anew, and whole. */
static int regions_read(int fd, struct iommu_group *group)
{
	_cleanup_free_ char *whole = NULL;
	char buffer[4096], *text;
	int r;

	r = fs_read_into(fd, "reserved_regions", buffer, sizeof(buffer), &text);
	if (r >= 0 && strlen(text) > sizeof(buffer) / 2)
		r = fs_read(fd, &whole, NULL, "reserved_regions");
	group->regions_known = r >= 0;
	return r < 0 ? 0 : reserved_regions_parse(whole ? whole : text, group);
}

static int group_read(int all, const char *name, struct iommu_group *ret)
{
	_cleanup_(group_done) struct iommu_group group = {};
	_cleanup_close_ int fd = -1;
	int r;

	r = parse_int(name, &group.id);
	if (r < 0)
		return log_errno(r, "IOMMU group '%s' has no number", name);
	fd = fs_open(all, O_RDONLY | O_DIRECTORY, "%s", name);
	r = fd < 0 ? fd : dir_list(fd, &group.devices, "devices");
	if (fd == -ENOENT) /* gone since the folder was listed */
		return *ret = TAKE(group), 0;
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list the devices of IOMMU group %s", name);
	if (fs_read_line(fd, &group.type, "type") < 0)
		group.type = NULL; /* before Linux 4.8 */
	if (regions_read(fd, &group) < 0)
		return log_oom();
	*ret = TAKE(group);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct iommu_group *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static struct iommu_group *group_find(struct iommu *iommu, int id)
{
	struct iommu_group key = { .id = id };

	return iommu->n_groups ? bsearch(&key, iommu->groups, iommu->n_groups, sizeof(key), compare) : NULL;
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/* A capture may hold the devices' links alone: they name the groups all the same. */
static int groups_from_devices(const struct devices *devices, struct iommu *iommu)
{
	_cleanup_free_ int *ids = calloc(devices->n + 1, sizeof(*ids));
	struct iommu_group *group;
	size_t n = 0;

	if (!ids)
		return -ENOMEM;
	for (size_t i = 0; i < devices->n; i++)
		if (devices->list[i].iommu_group >= 0)
			ids[n++] = devices->list[i].iommu_group;
	qsort(ids, n, sizeof(*ids), compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (!i || ids[i] != ids[i - 1])
			iommu->groups[iommu->n_groups++].id = ids[i];
	for (size_t i = 0; i < devices->n; i++) {
		group = group_find(iommu, devices->list[i].iommu_group);
		if (group && strv_add(&group->devices, devices->list[i].address) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* By the devices' own links, in two passes: count, then fill. */
static int members_fill(const struct devices *devices, struct iommu *iommu)
{
	for (size_t i = 0; i < devices->n; i++) {
		struct iommu_group *group = group_find(iommu, devices->list[i].iommu_group);

		if (group)
			group->n_members++;
	}
	for (size_t i = 0; i < iommu->n_groups; i++) {
		struct iommu_group *group = &iommu->groups[i];

		group->members = calloc(group->n_members + 1, sizeof(struct device *));
		if (!group->members)
			return -ENOMEM;
		group->n_members = 0;
	}
	for (size_t i = 0; i < devices->n; i++) {
		const struct device *d = &devices->list[i];
		struct iommu_group *group = group_find(iommu, d->iommu_group);

		if (!group)
			continue;
		group->members[group->n_members++] = d;
		group->n_endpoints += !device_is_infrastructure(d);
	}
	return 0;
}

/* dev/vfio holds the container "vfio", the folder "devices", and a node for each group of which a device is on vfio. */
static int nodes_read(int root_fd, struct iommu *iommu)
{
	_cleanup_(strv_freep) char **names = NULL;

	iommu->has_iommufd = fs_exists(root_fd, "dev/iommu");
	if (dir_list(root_fd, &names, "dev/vfio") == -ENOMEM)
		return -ENOMEM;
	for (char **name = names; name && *name; name++)
		if (!str_eq(*name, "vfio") && !str_eq(*name, "devices") && strv_add(&iommu->vfio_groups, *name) < 0)
			return -ENOMEM;
	if (dir_list(root_fd, &iommu->vfio_devices, "dev/vfio/devices") == -ENOMEM)
		return -ENOMEM;
	return interrupts_read(root_fd, &iommu->interrupts);
}

int iommu_read(int root_fd, const struct devices *devices, struct iommu *ret)
{
	_cleanup_(iommu_done) struct iommu iommu = {};
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_close_ int all = -1;
	int r;

	/* A kernel without IOMMU support lacks the folder: a fact about the host, not a failure. */
	all = fs_open(root_fd, O_RDONLY | O_DIRECTORY, GROUPS);
	r = all < 0 ? all : dir_list(all, &names, ".");
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list the IOMMU groups in /" GROUPS);
	iommu.groups = calloc(strv_length(names) + devices->n + 1, sizeof(*iommu.groups));
	if (!iommu.groups)
		return log_oom();
	for (char **name = names; name && *name; name++) {
		r = group_read(all, *name, &iommu.groups[iommu.n_groups]);
		if (r < 0)
			return r; /* group_read() has said why */
		iommu.n_groups++;
	}
	if (!names && groups_from_devices(devices, &iommu) < 0)
		return log_oom();
	qsort(iommu.groups, iommu.n_groups, sizeof(*iommu.groups), compare);
	if (members_fill(devices, &iommu) < 0)
		return log_oom();
	r = dir_list(root_fd, &iommu.units, "sys/class/iommu");
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list the IOMMU units in /sys/class/iommu");
	if (nodes_read(root_fd, &iommu) < 0)
		return log_oom();
	*ret = TAKE(iommu);
	return 0;
}

const struct iommu_group *iommu_find(const struct iommu *iommu, int id)
{
	return group_find((struct iommu *)iommu, id);
}

bool iommu_is_on(const struct iommu *iommu)
{
	return iommu->n_groups > 0 || (iommu->units && *iommu->units);
}

enum truth iommu_group_translates(const struct iommu_group *group)
{
	/* Documentation/ABI/testing/sysfs-kernel-iommu_groups. */
	if (str_eq(group->type, "DMA") || str_eq(group->type, "DMA-FQ"))
		return TRUTH_YES;
	return str_eq(group->type, "identity") ? TRUTH_NO : TRUTH_UNKNOWN;
}

const struct reserved_region *iommu_group_locked(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->n_regions; i++)
		if (str_eq(group->regions[i].type, "direct"))
			return &group->regions[i];
	return NULL;
}
