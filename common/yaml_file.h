/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML files that are others': looked at, with the place of each node. */
#pragma once

#include <yaml.h>

/* The first document of the text; -EINVAL for what is none, an empty one included. The caller deletes it. */
int yaml_file_load(const char *text, yaml_document_t *ret);
/* The value of a key in a mapping; NULL: none, or no mapping (NULL is fine). */
yaml_node_t *yaml_file_get(yaml_document_t *d, yaml_node_t *mapping, const char *key);
/* 1: of this node and those below it, *ret is one that several places of the document name, by an alias; 0: there is none. -ENOMEM. */
int yaml_file_find_alias(yaml_document_t *d, const yaml_node_t *top, const yaml_node_t **ret);
/* The text of a scalar, else NULL (NULL is fine). */
const char *yaml_file_text(const yaml_node_t *node);
