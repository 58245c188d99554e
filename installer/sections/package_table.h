/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a virtualization host needs, as the distributions' packages are called. */
#pragma once

#include "installer/package_manager.h"

enum package_set { SET_VIRTUALIZATION, SET_TOOLS, SET_COCKPIT };
#define ON_X86 1u
#define ON_S390 2u
#define ON_ARM 4u
#define ON_ALL (ON_X86 | ON_S390 | ON_ARM)

struct package_row {
	enum package_family family;
	enum package_set set;
	unsigned machines;       /* ON_X86, ... */
	const char *name;
	const char *signs[3];    /* by any of these files it is known to be there where its database is not read */
};

/* The last one has no name. */
extern const struct package_row package_rows[];
