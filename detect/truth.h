/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Yes, no, or unknown: what could not be read is neither. */
#pragma once

enum truth { TRUTH_UNKNOWN, TRUTH_NO, TRUTH_YES };
