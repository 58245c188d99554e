/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Package managers: how a distribution's packages come and go, and which are there.
 *
 * dpkg's and pacman's databases are read as files. That of rpm cannot be: there a package counts as installed by what it
 * brings along, and for taking it back rpm itself is asked.
 */
#pragma once

#include <stdbool.h>

enum package_family { PACKAGES_APT, PACKAGES_DNF, PACKAGES_ZYPPER, PACKAGES_PACMAN, PACKAGE_FAMILIES };

struct package_manager {
	enum package_family family;
	const char *path;             /* of the program, below the root */
	const char *const *install;   /* command lines up to the packages' names; NULL-terminated */
	const char *const *remove;    /* with the dependencies that came along, where the tool can tell them from others */
};

/* The one that this system is made with, or NULL. */
const struct package_manager *package_manager_find(int root_fd);
/* By the program of a command line; NULL: it is none. */
const struct package_manager *package_manager_of(char *const *argv);

/* What is installed, by dpkg's or pacman's database; empty of rpm's. */
struct package_list {
	char *status;    /* the text of dpkg's */
	char **folders;  /* the names in pacman's */
};

/* A negative errno after it was said; that there is no database is an empty list. */
int package_list_read(int root_fd, const struct package_manager *m, struct package_list *ret);
void package_list_done(struct package_list *l);
/* By its own name, or (dpkg) as what another one provides. */
bool package_list_has(const struct package_list *l, const char *name);

/* `install` or `remove` with these names: a new list, NULL when memory runs out. */
char **package_command(const char *const *words, char *const *names);
/*
 * The command line of a removal, with those packages alone that are there now; *ret NULL: none. A removal of what never
 * came would fail where nothing is wrong. rpm is asked on a live host.
 */
int package_removal_narrow(int root_fd, char *const *argv, char ***ret);
/* For CHANGE_COMMAND: is each there? A word with a '/' is a file, any other a package. 1 or 0, said, or a negative errno. */
int packages_are_there(int root_fd, char *const *expects);
