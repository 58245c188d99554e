/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Definitions of storage pools and networks as libvirt has them: made from a wish, and compared with one that is there
 * (https://libvirt.org/formatstorage.html, https://libvirt.org/formatnetwork.html).
 */
#pragma once

#include "installer/differences.h"
#include "installer/object_wish.h"

/* `uuid` "…-…-…": by it slipway knows on the way back what it has made itself. -ENOMEM; -ELIBACC: no libxml2. */
int pool_format(const struct pool_wish *wish, const char *uuid, char **ret);
int network_format(const struct libvirt_network_wish *wish, const char *uuid, char **ret);
/*
 * In what the definition that is there differs from the one that is wanted, both as XML: what slipway sets, and nothing else.
 * -EINVAL: one of them is not understood; -ENOMEM; silent.
 */
int object_compare(const char *wanted, const char *found, struct differences *ret);
/* The same for the same host and name, and never that of another one (RFC 9562, version 8). NULL when memory runs out. */
char *object_uuid(int root_fd, const char *kind, const char *name);
/* The UUID in a definition: a new string, NULL where there is none. */
char *object_uuid_of(const char *xml);
