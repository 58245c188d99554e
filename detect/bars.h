/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base address registers: the windows through which a driver or a guest reaches a function. */
#pragma once

#include "detect/device.h"

/* Reads the file "resource" of the device's folder: six BARs and the expansion ROM; what is not there stays empty. */
void bars_read(int fd, struct device *d);
/* The text of sysfs' "resource", which it overwrites: a line "start end flags" for each of them, and further ones behind. */
void bars_parse(char *text, struct bar bars[6], struct bar *rom);
