/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with one device of each class, none in use. */
#pragma once

#include "tests/unit/tree.h"

#define DISK "0000:00:06.0"
#define PORT "0000:00:07.0"
#define XHCI "0000:00:14.0"
#define GPU "0000:00:02.0"
#define SERIAL "0000:00:16.3"
#define SMBUS "0000:00:1f.4"
#define ROOT "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n"

void machine(struct tree *t);
