/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes and allowances from a verb's options and the spec file. */
#pragma once

#include "cli/cli.h"
#include "installer/wishes.h"
#include "passthrough/refusal.h"

/* 0 or -EINVAL (another negative errno when the spec cannot be read), after the error has been said. */
int wishes_from_arguments(const struct cli *cli, const struct arguments *arguments, struct wishes *ret);
int allowances_from_arguments(const struct arguments *arguments, struct allowances *ret);
