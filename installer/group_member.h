/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of groups, as /etc/group names them (group(5)). */
#pragma once

#include <stdbool.h>

/* Negative errno, silently, where the file cannot be read; else 1 or 0. A group of that name, and a member of it. */
int group_exists(int root_fd, const char *group);
int group_has_member(int root_fd, const char *group, const char *user);
/* The same of /etc/passwd. */
int user_exists(int root_fd, const char *user);
/* For CHANGE_COMMAND: does each "GROUP:USER" hold? 1 or 0, said, or a negative errno. */
int group_has_members(int root_fd, char *const *expects);
/* Silently: any of them. */
int group_has_any_member(int root_fd, char *const *expects);
