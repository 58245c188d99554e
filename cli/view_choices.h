/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choices of a profile, for people and as JSON. */
#pragma once

#include <stdio.h>

#include "cli/output.h"
#include "profiles/choice.h"

/* A line for each. */
void view_choices_print(FILE *out, const struct choices *c);
/* As the member "choices". */
void view_choices_json(const struct choices *c, struct json_object *document);
