/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's guests, as plan and apply tell of them. */
#pragma once

#include "common/json.h"
#include "installer/objects.h"

/* Adds "guests". */
void view_guests_json(const struct guest_notes *notes, struct json_object *document);
/* Those that wait, and those that are otherwise than wished for, on stdout. */
void view_guests_print(const struct guest_notes *notes);
bool view_guests_are_as_wished(const struct guest_notes *notes);

/* The same of pools and networks: adds "pools", "networks", where the spec has any. */
void view_objects_json(const struct object_notes *notes, struct json_object *document);
void view_objects_print(const struct object_notes *notes);
