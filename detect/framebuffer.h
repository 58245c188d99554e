/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot framebuffer: the picture that the firmware handed over, in the memory of some display. */
#pragma once

#include "detect/device.h"

/*
 * Fills boot_framebuffer of the devices from proc/iomem, whose lines are "  start-end : name", nested by two blanks. A
 * user reads zeros for the numbers, but the nesting names the device all the same.
 */
void framebuffer_fill(int root_fd, struct devices *devices);
/* The same from the text of that file, which is overwritten. */
void framebuffer_parse(char *text, struct devices *devices);
