/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan: an ordered list of changes, as data. */
#pragma once

#include <json-c/json.h>

#include "common/text.h"
#include "installer/change.h"

struct plan {
	struct change *list;
	size_t n;
	bool needs_reboot; /* the changes take effect at the next boot */
	bool is_trial;     /* the next boot tries them out, and the one after that is as before unless they are committed */
};

void plan_done(struct plan *p);
/* A new, empty change at the end; NULL when memory runs out. Pointers to earlier ones may move. */
struct change *plan_add(struct plan *p, enum change_kind kind, const char *target);
/* Takes the change over, with all that it owns; -ENOMEM. */
int plan_move(struct plan *p, struct change *c);
/* A command that runs because files of this plan change; `expects` is taken over, also on failure. */
int plan_add_command(struct plan *p, char *const *argv, char **expects, const char *summary);
/*
 * Plans that the file has this content (NULL: is absent), with its folder where that is missing. Nothing is added where
 * the file is as wanted. 1: something was added, 0: not; -errno after it has been said why the file cannot be read.
 */
int plan_want_file(struct plan *p, int root_fd, const char *path, const char *content, mode_t mode, const char *summary);
/* Plans that the folder is there, with those above it; made by slipway, it goes with a rollback where it is empty. -ENOMEM, said. */
int plan_want_folder(struct plan *p, int root_fd, const char *path);
/*
 * Plans that the EFI variable (NAME-GUID) has this data (NULL: is absent). An existing one keeps its attributes; a new one is kept
 * over power-off, and is there at boot and at run time. `one_shot`: the next boot uses it up, and that is no drift. Results as above.
 */
int plan_want_efivar(struct plan *p, int root_fd, const char *name, const void *data, size_t size, bool one_shot, const char *summary);

/* As lines for people: unified, without line numbers, "-" and "+" before what goes and comes. NULL when memory runs out. */
char *change_diff(const struct change *c);
/* The plan as design.md has it: kind, target, summary, diff. */
struct json_object *plan_to_json(const struct plan *p);
