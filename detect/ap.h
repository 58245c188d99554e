/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crypto cards of s390x and their queues: adjunct processors. A queue is a card and a domain of it, 05.0004 (its APQN), and belongs to the host's
 * zcrypt drivers or, where one of the two masks lets go of it, to vfio_ap and so to guests (Documentation/arch/s390/vfio-ap.rst).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/truth.h"

#define AP_IDS 256

struct ap_queue {
	char *name;          /* 05.0004 */
	unsigned card, domain;
	char *type;          /* of the card: CEX8C; NULL: not known */
	unsigned hwtype;     /* 14 of a CEX8; 0: not known */
	char *driver;        /* cex4queue, vfio_ap; NULL: none */
	enum truth is_online;
	enum truth is_hosts; /* both masks keep it for the host's drivers */
	char *master_key;    /* the pattern by which its master key for data is known: "AES CUR: valid 0x..."; NULL: not known */
	bool is_busy;        /* requests of the host are on their way through it */
};

/* One bit for each of 256 cards or domains, the first the highest of the first byte. */
struct ap_mask {
	uint8_t bits[AP_IDS / 8];
};

struct ap {
	struct ap_queue *list; /* sorted by name */
	size_t n;
	struct ap_mask cards, domains; /* apmask, aqmask: what is the host's */
	bool masks_known;
	int default_domain;    /* ap_domain; -1: none, or not known */
	char *keys;            /* the cipher that keeps the host's data with keys that only the cards can open ("xts(paes)"); NULL: none */
};

bool ap_mask_has(const struct ap_mask *m, unsigned id);
void ap_mask_set(struct ap_mask *m, unsigned id, bool value);
/* "0x" and up to 64 digits, filled up with 0 at the end; -EINVAL. */
int ap_mask_parse(const char *text, struct ap_mask *ret);
/* As the kernel writes it, 66 characters (new string). */
char *ap_mask_format(const struct ap_mask *m);

/* "05.0004" (with or without leading zeros) as numbers. -EINVAL. */
int ap_queue_parse(const char *text, unsigned *card, unsigned *domain);
bool ap_queue_is_on_vfio(const struct ap_queue *q);
/* CEX4 and newer: those that vfio_ap drives. */
bool ap_queue_is_passable(const struct ap_queue *q);
/* "CCA coprocessor", "accelerator", "EP11 coprocessor", or NULL: the last letter of the type says it. */
const char *ap_queue_mode(const struct ap_queue *q);

/* sys/bus/ap; a host without is empty. -ENOMEM. */
int ap_read(int root_fd, struct ap *ret);
void ap_done(struct ap *a);
const struct ap_queue *ap_find(const struct ap *a, const char *name);
