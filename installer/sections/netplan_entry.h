/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry of an interface in netplan's YAML (netplan(5)): what makes its addresses is carried to a bridge, key by key, and cut
 * out of the file; the rest of the file stays as the administrator wrote it.
 */
#pragma once

#include <stdbool.h>

#include "common/text.h"
#include "common/yaml_file.h"

struct netplan_entry {
	const char *text;              /* of the file, borrowed */
	yaml_document_t document;
	const yaml_node_t *key, *node; /* in the document; NULL: the file has no such entry */
};

/* What goes to the bridge, a line each: "      dhcp4: true". */
struct netplan_carried {
	struct text lines;
	char **keys;
	bool moves; /* something that makes addresses is among them */
};

/* What stands in this file below network, kind ("ethernets") and id. -EINVAL: the text is no YAML; -ENOMEM. */
int netplan_entry_parse(const char *text, const char *kind, const char *id, struct netplan_entry *ret);
void netplan_entry_done(struct netplan_entry *e);
/* It is there, and a mapping. */
bool netplan_entry_has_keys(const struct netplan_entry *e);
/*
 * Adds what the bridge needs as well, and with `keeps` what makes addresses. 1: the entry has some of that to be cut out, 0: nothing.
 * -EINVAL after it was said: an alias stands for what is written elsewhere, and is not edited from here, or another file has given
 * the same key; -ENOMEM.
 */
int netplan_entry_carry(struct netplan_entry *e, const char *path, bool keeps, struct netplan_carried *c);
void netplan_carried_done(struct netplan_carried *c);
/* The file's text without what makes addresses, for an entry that has some; NULL when memory runs out. */
char *netplan_entry_cut(struct netplan_entry *e);
