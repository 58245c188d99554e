/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mainframe whose DASDs and crypto queues change hands: with a pretended mdevctl and libvirt, and a thread in the place of the kernel, since
 * emulation has neither vfio-ap nor vfio-ccw.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "installer/handover.h"
#include "tests/unit/tree.h"

#define ELEMENT(uuid, model) "<hostdev mode='subsystem' type='mdev' managed='no' model='" model "'><source><address uuid='" uuid "'/></source></hostdev>"
#define DOMAIN(devices) "<domain><devices>" devices "</devices></domain>"

struct scene {
	struct tree t;
	struct channel_selection chosen;
	struct handover h;
	struct guest_state guest;
	struct plan plan;
	struct refusals refusals;
};

void scene_done(struct scene *s);
/* That of mainframe_new(), with mdevctl first in $PATH. It logs to `calls`, and fails at a word W where there is a file fail-mdevctl-W. */
void mainframe_with_mdevctl(struct tree *t);
/* A guest with these devices, as text of their elements; `live` NULL: it does not run. */
void scene_guest(struct scene *s, const char *live, const char *saved);
/* What is planned for these selectors (NULL ends them): that the guest gets them, and that it gives them back. */
int scene_give(struct scene *s, const char *const *selectors, const struct allowances *allowed);
int scene_take(struct scene *s, const char *const *selectors, bool to_host);
/* What libvirt says of another guest; NULL: there is none. */
extern const char *scene_other;
/* Applies all but what is libvirt's. */
int scene_apply(struct scene *s);
int scene_revert(struct scene *s);
/* The kinds, in order: "kernel-value file hostdev". */
char *kinds(const struct plan *plan);
const struct change *find_change(const struct plan *plan, enum change_kind kind);

/* In the place of the kernel: whoever is probed gets the driver that its override names, and its device is there or not. */
struct pretended_kernel {
	struct tree *t;
	pthread_t thread;
	atomic_bool is_over;
	bool is_deaf;
};

void kernel_start(struct pretended_kernel *k, struct tree *t);
void kernel_stop(struct pretended_kernel *k);
