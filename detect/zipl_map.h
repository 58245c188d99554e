/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zipl's boot map: what a mainframe really boots. It has the command lines of all its entries as text, each at the beginning of a block and with a
 * NUL behind it (zipl/src/bootmap.c, "Add kernel parmline").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of the map, and where it begins; what is shorter than a command line can be is in one of them whole. True: it has been found. */
typedef bool zipl_map_visit(const char *window, size_t size, uint64_t offset, void *context);

/* 0, or a negative errno; -ENOENT: there is no map in this folder. */
int zipl_map_walk(int root_fd, const char *folder, zipl_map_visit *visit, void *context);
/* 1 if an entry of the map has this command line, and nothing else; 0; a negative errno as above. */
int zipl_map_has(int root_fd, const char *folder, const char *cmdline);
