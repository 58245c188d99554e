/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two functions' capabilities compared. */
#pragma once

#include "detect/capabilities.h"

bool fuzz_capabilities_are_same(const struct capabilities *a, const struct capabilities *b);
