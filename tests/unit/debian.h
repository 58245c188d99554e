/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended Debian, on which plans are carried out: its commands are the fakes in tests/tools, and act on this tree. */
#pragma once

#include "installer/transaction.h"
#include "tests/unit/tree.h"

/* One kernel and initramfs-tools; without a boot loader, and without a drive. */
void debian_new(struct tree *t);
/* It runs from the second partition of nvme0n1, ext4, and has nvme1n1 (serial data1) to give. */
void debian_add_drives(struct tree *t);
/* GRUB with drop-ins, and this menu. */
void debian_add_grub(struct tree *t, const char *cfg);

/* Plans to give the drive data1, by address. */
int debian_plan(struct tree *t, bool is_trial, struct plan *plan);
/* Plans it and carries it out: the transaction that this made, or NULL where it was not one of that kind, or failed. */
struct transaction *debian_apply(struct tree *t, bool is_trial, struct journal *journal);
/* The host as the transaction's commands see it: live. */
const struct site *debian_site(struct tree *t);
/* All of it, but for slipway's memory, the fakes' notes, and what a boot changes by itself; takes those away. New string. */
char *debian_dump(struct tree *t);
