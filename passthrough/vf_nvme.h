/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe VFs: secondary controllers, that do nothing until the primary one, the PF, has given them queues and interrupts and has
 * brought them online (NVM Express Base Specification 2.0, 8.26 Virtualization Enhancements).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/vf_set.h"

#define NVME_IDENTIFY_BYTES 4096

/* Queues, or interrupts: how many there are to be given away, and who has them. */
struct nvme_pool {
	bool is_flexible;      /* can be given to controllers at all */
	unsigned total;        /* flexible ones */
	unsigned primary;      /* of them, the PF has these */
	unsigned private;      /* those that the PF has for good */
	unsigned most;         /* that one VF can have */
	unsigned step;         /* given in multiples of this */
};

struct nvme_primary {
	unsigned id;           /* CNTLID */
	struct nvme_pool queues, interrupts;
};

struct nvme_secondary {
	unsigned id;           /* SCID */
	bool is_online;
};

/* Identify, CNS 14h: the primary controller's capabilities. */
void nvme_primary_parse(const uint8_t data[NVME_IDENTIFY_BYTES], struct nvme_primary *ret);
/* Identify, CNS 15h: the secondary controller that VF `number` (from 0) is. */
bool nvme_secondary_find(const uint8_t data[NVME_IDENTIFY_BYTES], unsigned number, struct nvme_secondary *ret);
/*
 * What each of `count` VFs gets, and what the PF keeps. `least` is what a controller cannot do without: two queues (admin and
 * one for data), one interrupt. false: there is not enough for so many.
 */
bool nvme_share(const struct nvme_pool *pool, unsigned count, unsigned least, unsigned *ret_each, unsigned *ret_primary);

/* What the PF has itself of the flexible queues and interrupts, into the set; a PF without any leaves it. Negative after it was said. */
int vf_nvme_read(int root_fd, const char *address, struct vf_set *set);
/* Before the VFs are there: gives each its share, or all back to the PF as the set says. Negative after it was said. */
int vf_nvme_prepare(int root_fd, const char *address, const struct vf_set *set);
/* When they are there: brings them online. */
int vf_nvme_online(int root_fd, const char *address, const struct vf_set *set);
