/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The question before changes are made. */
#pragma once

#include "cli/cli.h"

/* --yes, or a person at a terminal who says so. Without a terminal nobody can answer, and no answer is no; then it has been said. */
bool confirm(const struct arguments *arguments);
