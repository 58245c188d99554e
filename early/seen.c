/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sits at an address now, as far as the kernel tells without anybody's help. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/record.h"
#include "common/slot_name.h"
#include "early/config.h"
#include "early/seen.h"
#include "early/sysfs.h"

#define BASE "sys/bus/pci"

void slots_read(int root_fd, struct slots *ret)
{
	_cleanup_closedir_ DIR *folder = NULL;
	const char *name;

	ret->n = 0;
	if (folder_open(root_fd, &folder, BASE "/slots") < 0)
		return;
	while (ret->n < SLOTS_MAX && (name = folder_next(folder))) {
		if (!slot_name_is_stable(name) || strlen(name) >= sizeof(ret->list->name) ||
		    attribute_read(root_fd, ret->list[ret->n].address, sizeof(ret->list->address), BASE "/slots/%s/address", name) < 0)
			continue;
		strcpy(ret->list[ret->n].name, name);
		ret->n += ret->list[ret->n].address[0] != '\0';
	}
}

/* Every function of the device sits in the slot. Where two slots claim it, the first by name counts, as in detect. */
static void set_slot(const struct slots *slots, const char *address, char slot[64])
{
	for (size_t i = 0; i < slots->n; i++) {
		size_t n = strlen(slots->list[i].address);

		if (strncmp(slots->list[i].address, address, n) != 0 || address[n] != '.')
			continue;
		if (!*slot || strcmp(slots->list[i].name, slot) < 0)
			strcpy(slot, slots->list[i].name);
	}
}

static bool is_address(const char *s)
{
	char normal[24];

	return strlen(s) >= 12 && address_normalise(s, normal) == 0;
}

/* ../../../devices/pci0000:00/0000:00:06.0/0000:05:00.0 → 0000:00/06.0/00.0, free of bus numbers below the root. */
static int set_path(char *link, char *to, size_t size)
{
	char *parts = strstr(link, "devices/"), *save = NULL, *part;
	size_t n = 0;

	for (part = strtok_r(parts ? parts : link, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		const char *step = NULL;

		if (strncmp(part, "pci", 3) == 0 && strchr(part, ':') && !n)
			step = part + 3;
		else if (is_address(part))
			step = strrchr(part, ':') + 1;
		if (!step)
			continue;
		n += (size_t)snprintf(to + n, size - n, "%s%s", n ? "/" : "", step);
		if (n >= size)
			return -E2BIG;
	}
	return 0;
}

static int read_number(int root_fd, const char *address, const char *name, unsigned *ret)
{
	uint64_t value;
	char text[32];
	int r;

	r = attribute_read(root_fd, text, sizeof(text), BASE "/devices/%s/%s", address, name);
	if (r >= 0)
		r = hex_parse(text, &value);
	if (r < 0)
		return r;
	*ret = (unsigned)value;
	return 0;
}

int chain_read(int root_fd, const char *address, bool *may_be_zpci, char *to, size_t size)
{
	char link[PATH_MAX];
	unsigned function_id;
	int r;

	r = link_read(root_fd, link, sizeof(link), BASE "/devices/%s", address);
	if (r >= 0)
		r = set_path(link, to, size);
	if (r < 0 || !*may_be_zpci)
		return r;
	/* No bridge is shown there, and the domain may be another one at the next boot: the function id is the place. */
	*may_be_zpci = strchr(to, '/') == strrchr(to, '/') && read_number(root_fd, address, "function_id", &function_id) >= 0;
	return !*may_be_zpci || (size_t)snprintf(to, size, ZPCI_PATH, function_id) < size ? 0 : -E2BIG;
}

static int read_ids(int root_fd, const char *address, struct traits *t)
{
	int r;

	r = read_number(root_fd, address, "vendor", &t->vendor);
	if (r >= 0)
		r = read_number(root_fd, address, "device", &t->product);
	if (r >= 0)
		r = read_number(root_fd, address, "class", &t->class);
	if (r < 0)
		return r;
	/* Bridges and old devices have no subsystem. */
	if (read_number(root_fd, address, "subsystem_vendor", &t->subsystem_vendor) < 0)
		t->subsystem_vendor = 0;
	if (read_number(root_fd, address, "subsystem_device", &t->subsystem_product) < 0)
		t->subsystem_product = 0;
	return 0;
}

/* Before the controller has answered, kernels show "(efault)" or blanks as its serial. */
static bool controller_is_live(int root_fd, const char *address, const char *controller)
{
	char state[32];
	int r;

	r = attribute_read(root_fd, state, sizeof(state), BASE "/devices/%s/nvme/%s/state", address, controller);
	return r == -ENOENT || (r == 0 && strcmp(state, "live") == 0);
}

static void read_nvme(int root_fd, const char *address, struct traits *t)
{
	_cleanup_closedir_ DIR *folder = NULL;
	const char *controller;

	if (folder_open(root_fd, &folder, BASE "/devices/%s/nvme", address) < 0)
		return;
	while ((controller = folder_next(folder))) {
		if (!controller_is_live(root_fd, address, controller) ||
		    attribute_read(root_fd, t->serial, sizeof(t->serial), BASE "/devices/%s/nvme/%s/serial", address, controller) < 0)
			continue;
		if (attribute_read(root_fd, t->model, sizeof(t->model), BASE "/devices/%s/nvme/%s/model", address, controller) < 0)
			t->model[0] = '\0';
		return;
	}
	t->serial[0] = '\0';
}

int seen_read_place(int root_fd, const struct slots *slots, const char *address, struct seen *ret)
{
	struct seen s = {};
	bool may_be_zpci = true;
	char folder[64];
	struct stat st;
	int r;

	snprintf(s.address, sizeof(s.address), "%s", address);
	r = chain_read(root_fd, address, &may_be_zpci, s.traits.path, sizeof(s.traits.path));
	if (r >= 0)
		r = read_ids(root_fd, address, &s.traits);
	if (r < 0)
		return r;
	snprintf(folder, sizeof(folder), BASE "/devices/%s", s.address);
	if (fstatat(root_fd, folder, &st, 0) < 0)
		return -errno;
	s.inode = st.st_ino;
	set_slot(slots, address, s.traits.slot);
	if (link_read_base(root_fd, s.driver, sizeof(s.driver), BASE "/devices/%s/driver", address) < 0)
		s.driver[0] = '\0';
	*ret = s;
	return 0;
}

void seen_read_serials(int root_fd, struct seen *s)
{
	_cleanup_close_ int config_fd = -1;

	config_fd = node_open(root_fd, O_RDONLY, BASE "/devices/%s/config", s->address);
	s->has_config = config_fd >= 0 && config_read_serial(config_fd, &s->traits.pcie_serial) == 0;
	if (strcmp(s->driver, "nvme") == 0)
		read_nvme(root_fd, s->address, &s->traits);
}
