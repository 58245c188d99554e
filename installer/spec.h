/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec: what a host shall be, as YAML. */
#pragma once

#include "common/settings.h"
#include "installer/wishes.h"

/*
 * Parses the text of a spec (version, kernel.iommu, kernel.nested, kernel.arguments, passthrough[].device/count/bind, and what
 * the table of sections/section.h has) and adds its wishes. `file` stands in messages. -EINVAL after every error has been
 * said with file, line and column: an unknown key, a wrong type, a duplicate key, a value out of range.
 */
int spec_parse(const char *text, const char *file, struct wishes *wishes);
/* The same, silently, with all that is wrong as a list: 0, -EINVAL or -ENOMEM. */
int spec_check(const char *text, struct complaints *ret);
