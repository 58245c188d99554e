/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a wrong spec. */
#pragma once

#include <errno.h>

#include "common/cleanup.h"
#include "installer/spec.h"
#include "tests/unit/check.h"

/* Of the file "f" with this text, as a new string; "accepted" where nothing is wrong with it. */
static char *spec_errors(const char *text)
{
	_cleanup_(wishes_done) struct wishes wishes = {};
	int r = spec_parse(text, "f", &wishes);
	_cleanup_free_ char *said = stderr_caught();

	return r == -EINVAL ? TAKE(said) : strdup("accepted");
}
