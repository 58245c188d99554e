/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML files that are others': looked at, with the place of each node. */

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "common/yaml_file.h"

int yaml_file_load(const char *text, yaml_document_t *ret)
{
	yaml_parser_t parser;
	int r;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	r = yaml_parser_load(&parser, ret) ? 0 : -EINVAL;
	yaml_parser_delete(&parser);
	if (r >= 0 && !yaml_document_get_root_node(ret)) {
		yaml_document_delete(ret);
		r = -EINVAL;
	}
	return r;
}

const char *yaml_file_text(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

yaml_node_t *yaml_file_get(yaml_document_t *d, yaml_node_t *mapping, const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top; p++)
		if (str_eq(yaml_file_text(yaml_document_get_node(d, p->key)), key))
			return yaml_document_get_node(d, p->value);
	return NULL;
}
