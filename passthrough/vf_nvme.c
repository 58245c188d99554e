/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVMe VFs: secondary controllers, that the primary one has to give queues and interrupts, and to bring online. */

#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/vf_nvme.h"

#define OPCODE_IDENTIFY 0x06
#define OPCODE_VIRTUALIZATION 0x1c
#define CNS_CONTROLLER 0x01
#define CNS_PRIMARY 0x14
#define CNS_SECONDARY 0x15
#define OACS 256                      /* in the answer to CNS_CONTROLLER: what admin commands there are */
#define OACS_VIRTUALIZATION (1u << 7)
#define SECONDARY_FIRST 32            /* in the answer to CNS_SECONDARY: the first entry, and how long each is */
#define SECONDARY_BYTES 32
#define SECONDARY_MOST 127
#define QUEUES_LEAST 2
#define INTERRUPTS_LEAST 1

enum resource { QUEUES, INTERRUPTS };
/* ACT of Virtualization Management (5.28). */
enum action { PRIMARY_ALLOCATE = 1, SECONDARY_OFFLINE = 7, SECONDARY_ASSIGN = 8, SECONDARY_ONLINE = 9 };

static unsigned get16(const uint8_t *at)
{
	return at[0] | (unsigned)at[1] << 8;
}

static unsigned get32(const uint8_t *at)
{
	return get16(at) | get16(at + 2) << 16;
}

/* Both pools have the same layout (Figure 280): FRT, RFA, RFAP, PRT, FRSM, GRAN. */
static void parse_pool(const uint8_t *at, bool is_flexible, struct nvme_pool *ret)
{
	*ret = (struct nvme_pool){ .is_flexible = is_flexible, .total = get32(at), .primary = get16(at + 8), .private = get16(at + 10),
				   .most = get16(at + 12), .step = get16(at + 14) };
}

void nvme_primary_parse(const uint8_t data[NVME_IDENTIFY_BYTES], struct nvme_primary *ret)
{
	ret->id = get16(data);
	parse_pool(data + 32, data[4] & 1, &ret->queues);
	parse_pool(data + 64, data[4] & 2, &ret->interrupts);
}

bool nvme_secondary_find(const uint8_t data[NVME_IDENTIFY_BYTES], unsigned number, struct nvme_secondary *ret)
{
	size_t n = data[0] < SECONDARY_MOST ? data[0] : SECONDARY_MOST;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *entry = data + SECONDARY_FIRST + i * SECONDARY_BYTES;

		/* VFN counts from 1; 0 is a controller that is no VF. */
		if (get16(entry + 8) != number + 1)
			continue;
		*ret = (struct nvme_secondary){ .id = get16(entry), .is_online = entry[4] & 1 };
		return true;
	}
	return false;
}

bool nvme_share(const struct nvme_pool *pool, unsigned count, unsigned least, unsigned *ret_each, unsigned *ret_primary)
{
	unsigned step = pool->step ? pool->step : 1, keeps = pool->private < least ? least - pool->private : 0, each;

	if (!count || pool->total < keeps)
		return false;
	each = (pool->total - keeps) / count;
	if (pool->most && each > pool->most)
		each = pool->most;
	each -= each % step;
	if (each < least)
		return false;
	*ret_each = each;
	*ret_primary = pool->total - each * count < pool->primary ? pool->total - each * count : pool->primary;
	return true;
}

/* A controller that is open for admin commands. */
struct controller {
	char *name;            /* nvme0 */
	int fd;
	bool is_primary;       /* it knows Virtualization Management; else its VFs come up by themselves */
	struct nvme_primary primary;
};

#define CONTROLLER_EMPTY { .fd = -1 }

static void controller_done(struct controller *c)
{
	free(c->name);
	closep(&c->fd);
}

/* 0, a negative errno, or the NVMe status with which it refuses. */
static int ask(const struct controller *c, unsigned cns, uint8_t data[NVME_IDENTIFY_BYTES])
{
	struct nvme_admin_cmd command = { .opcode = OPCODE_IDENTIFY, .addr = (uintptr_t)data, .data_len = NVME_IDENTIFY_BYTES, .cdw10 = cns };
	int status;

	memset(data, 0, NVME_IDENTIFY_BYTES);
	status = ioctl(c->fd, NVME_IOCTL_ADMIN_CMD, &command);
	return status < 0 ? -errno : status;
}

static int identify(const struct controller *c, unsigned cns, uint8_t data[NVME_IDENTIFY_BYTES])
{
	int status = ask(c, cns, data);

	if (status < 0)
		return log_errno(status, "cannot ask %s what it can do", c->name);
	return status ? log_error("%s does not say what it can do: NVMe status 0x%x", c->name, (unsigned)status), -EIO : 0;
}

static int manage(const struct controller *c, unsigned id, enum action action, enum resource resource, unsigned n)
{
	static const char *const words[] = { [PRIMARY_ALLOCATE] = "keep fewer resources itself", [SECONDARY_OFFLINE] = "take a VF offline",
					     [SECONDARY_ASSIGN] = "give resources to a VF", [SECONDARY_ONLINE] = "bring a VF online" };
	struct nvme_admin_cmd command = { .opcode = OPCODE_VIRTUALIZATION, .cdw10 = (unsigned)action | (unsigned)resource << 8 | id << 16,
					  .cdw11 = n };
	int status = ioctl(c->fd, NVME_IOCTL_ADMIN_CMD, &command);

	if (status < 0)
		return log_errno(-errno, "cannot make %s %s (controller %u)", c->name, words[action], id);
	return status ? log_error("%s will not %s (controller %u, %u): NVMe status 0x%x", c->name, words[action], id, n, (unsigned)status), -EIO : 0;
}

/*
 * Is it a primary controller, and of what? QEMU's knows Virtualization Management and does not say so in OACS (seen in 7.2); a drive that
 * has no such thing refuses the question, or has nothing to give away.
 */
static int read_primary(struct controller *c)
{
	uint8_t data[NVME_IDENTIFY_BYTES];
	int r;

	r = identify(c, CNS_CONTROLLER, data);
	if (r < 0)
		return r;
	c->is_primary = get16(data + OACS) & OACS_VIRTUALIZATION;
	if (!c->is_primary && ask(c, CNS_PRIMARY, data) != 0)
		return 0;
	r = c->is_primary ? identify(c, CNS_PRIMARY, data) : 0;
	nvme_primary_parse(data, &c->primary);
	c->is_primary = c->is_primary || c->primary.queues.is_flexible || c->primary.interrupts.is_flexible;
	return r;
}

static int controller_open(int root_fd, const char *address, struct controller *ret)
{
	_cleanup_(controller_done) struct controller c = CONTROLLER_EMPTY;
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, "sys/bus/pci/devices/%s/nvme", address);
	if (r < 0 || !names)
		return log_error("the nvme driver does not have %s, so its VFs cannot be brought online", address), -ENODEV;
	c.name = strdup(names[0]);
	if (!c.name)
		return log_oom();
	c.fd = fs_open(root_fd, O_RDWR, "dev/%s", c.name);
	if (c.fd < 0)
		return log_errno(c.fd, "cannot open /dev/%s", c.name);
	r = read_primary(&c);
	if (r < 0)
		return r;
	*ret = TAKE(c);
	c.fd = -1; /* what TAKE leaves is a descriptor, too */
	return 0;
}

int vf_nvme_read(int root_fd, const char *address, struct vf_set *set)
{
	_cleanup_(controller_done) struct controller c = CONTROLLER_EMPTY;
	int r;

	r = controller_open(root_fd, address, &c);
	if (r < 0 || !c.is_primary)
		return r;
	if (c.primary.queues.is_flexible)
		set->primary_queues = (int)c.primary.queues.primary;
	if (c.primary.interrupts.is_flexible)
		set->primary_interrupts = (int)c.primary.interrupts.primary;
	return 0;
}

/* What the PF keeps itself counts from its next reset on; the kernel holds back what is written meanwhile. */
static int reset(int root_fd, const char *address, const struct controller *c)
{
	int r;

	r = fs_poke(root_fd, "1", "sys/bus/pci/devices/%s/nvme/%s/reset_controller", address, c->name);
	return r < 0 ? log_errno(r, "cannot reset %s, so that it keeps fewer resources itself", c->name) : 0;
}

/* Every controller, also one of an earlier time: what it has is free again. They are offline, since there are no VFs now. */
static int take_back(const struct controller *c, enum resource resource)
{
	uint8_t data[NVME_IDENTIFY_BYTES];
	struct nvme_secondary s;
	int r;

	r = identify(c, CNS_SECONDARY, data);
	for (unsigned i = 0; r >= 0 && nvme_secondary_find(data, i, &s); i++)
		r = manage(c, s.id, SECONDARY_ASSIGN, resource, 0);
	return r;
}

static int give(const struct controller *c, unsigned count, enum resource resource, unsigned each)
{
	uint8_t data[NVME_IDENTIFY_BYTES];
	struct nvme_secondary s;
	int r;

	r = identify(c, CNS_SECONDARY, data);
	for (unsigned i = 0; r >= 0 && i < count; i++) {
		if (!nvme_secondary_find(data, i, &s))
			return log_error("%s has no controller for VF %u", c->name, i), -ENODEV;
		r = manage(c, s.id, SECONDARY_ASSIGN, resource, each);
	}
	return r;
}

static const struct nvme_pool *pool_of(const struct controller *c, enum resource resource)
{
	return resource == QUEUES ? &c->primary.queues : &c->primary.interrupts;
}

static int share_out(const struct controller *c, const struct vf_set *set, enum resource resource, unsigned *ret_each, unsigned *ret_primary)
{
	int wish = resource == QUEUES ? set->primary_queues : set->primary_interrupts;
	const struct nvme_pool *pool = pool_of(c, resource);

	*ret_each = 0;
	*ret_primary = wish >= 0 ? (unsigned)wish : pool->primary;
	if (!set->count)
		return 0;
	if (!nvme_share(pool, set->count, resource == QUEUES ? QUEUES_LEAST : INTERRUPTS_LEAST, ret_each, ret_primary))
		return log_error("%s has %u %s to give away, too few for %u VFs", c->name, pool->total,
				 resource == QUEUES ? "queues" : "interrupts", set->count), -ENOSPC;
	return 0;
}

/* One resource: what the VFs had is free, and the PF has what it is to keep. 1: that counts from its next reset on. */
static int make_room(const struct controller *c, const struct vf_set *set, enum resource resource, unsigned *ret_each)
{
	unsigned primary;
	int r;

	*ret_each = 0;
	if (!pool_of(c, resource)->is_flexible)
		return 0;
	r = share_out(c, set, resource, ret_each, &primary);
	if (r >= 0)
		r = take_back(c, resource);
	if (r < 0 || primary == pool_of(c, resource)->primary)
		return r;
	r = manage(c, c->primary.id, PRIMARY_ALLOCATE, resource, primary);
	return r < 0 ? r : 1;
}

int vf_nvme_prepare(int root_fd, const char *address, const struct vf_set *set)
{
	_cleanup_(controller_done) struct controller c = CONTROLLER_EMPTY;
	bool needs_reset = false;
	unsigned each[2];
	int r;

	r = controller_open(root_fd, address, &c);
	if (r < 0 || !c.is_primary)
		return r;
	for (int kind = QUEUES; kind <= INTERRUPTS && r >= 0; kind++) {
		r = make_room(&c, set, (enum resource)kind, &each[kind]);
		needs_reset = needs_reset || r > 0;
	}
	if (r >= 0 && needs_reset)
		r = reset(root_fd, address, &c);
	for (int kind = QUEUES; kind <= INTERRUPTS && r >= 0; kind++)
		if (each[kind])
			r = give(&c, set->count, (enum resource)kind, each[kind]);
	return r < 0 ? r : 0;
}

int vf_nvme_online(int root_fd, const char *address, const struct vf_set *set)
{
	_cleanup_(controller_done) struct controller c = CONTROLLER_EMPTY;
	uint8_t data[NVME_IDENTIFY_BYTES];
	int r;

	r = controller_open(root_fd, address, &c);
	if (r < 0 || !c.is_primary)
		return r;
	r = identify(&c, CNS_SECONDARY, data);
	for (unsigned i = 0; i < set->count && r >= 0; i++) {
		struct nvme_secondary s;

		if (!nvme_secondary_find(data, i, &s))
			return log_error("%s has no controller for VF %u", c.name, i), -ENODEV;
		if (!s.is_online)
			r = manage(&c, s.id, SECONDARY_ONLINE, QUEUES, 0);
	}
	return r;
}
