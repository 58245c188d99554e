/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first boot of an image: what was left to it is carried out once, with at most one reboot, and the end is written down.
 *
 *   /etc/slipway/first-boot                the administrator asks: apply /etc/slipway/host.yaml at the next boot; its content is nothing
 *   /var/lib/slipway/first-boot.pending    slipway-first-boot.service has something to do; from an apply below --root
 *   /var/lib/slipway/first-boot.json       how far it came: {"state": "done", "attempts": 1, "rebooted": true, ...}
 *
 * Each step is on the disk before it is taken: a power cut at any point is followed by the same step or the next one, and
 * never by a second reboot.
 */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

#define FIRST_BOOT_WISH "etc/slipway/first-boot"
#define FIRST_BOOT_PENDING "var/lib/slipway/first-boot.pending"
#define FIRST_BOOT_PENDING_TEXT "slipway has something to do at the next boot; see slipway(8), FIRST BOOT\n"
#define FIRST_BOOT_RECORD "var/lib/slipway/first-boot.json"
/* A host that loses its power each time in the middle of this is better off without. */
#define FIRST_BOOT_ATTEMPTS 3

enum first_boot_state { FIRST_BOOT_NONE, FIRST_BOOT_UNDER_WAY, FIRST_BOOT_REBOOTING, FIRST_BOOT_DONE, FIRST_BOOT_FAILED };

struct first_boot {
	enum first_boot_state state;
	unsigned attempts;    /* how often it was begun */
	unsigned transaction; /* that stands for it; 0: none */
	bool from_spec;       /* it was asked to apply the spec */
	bool rebooted;        /* the one reboot is used up */
	char *boot;           /* id of the boot that wrote this; NULL: not known */
	char *time;           /* UTC, as in the journal */
	char *verdict;        /* the audit's at the end: "ready", "not-ready", "reboot-required"; or NULL */
	char *reason;         /* why it failed, or why the host is not ready; or NULL */
};

enum first_boot_step {
	STEP_NOTHING,         /* nothing waits */
	STEP_CARRY_OUT,
	STEP_WAIT,            /* for the reboot that was asked for */
	STEP_JUDGE,           /* that reboot has been */
	STEP_GIVE_UP,         /* begun too often, and never finished */
};

/* `waits`: an image's commands, or the administrator's wish. A record that has come to its end does not stand in the way of a new one. */
enum first_boot_step first_boot_step(const struct first_boot *f, const char *boot, bool waits);

void first_boot_done(struct first_boot *f);
const char *first_boot_state_name(enum first_boot_state state);
/* -EINVAL for a text that is none. */
int first_boot_parse(const char *text, size_t size, struct first_boot *ret);
char *first_boot_format(const struct first_boot *f); /* NULL when memory runs out */
/* A missing record is FIRST_BOOT_NONE; one that is damaged is under way, with its reboot used up, after this was said. */
int first_boot_read(int root_fd, struct first_boot *ret);
/* With this boot's id and the time, which it puts into *f. Fsynced. */
int first_boot_write(int root_fd, struct first_boot *f);

/* Plans the file that lets the image's first boot act; nothing where there is one. 0, or negative after it was said why. */
int first_boot_plan(int root_fd, struct plan *plan);
/* What the image lacks for that: sentences. -ENOMEM. */
int first_boot_missing(int root_fd, char ***ret);
