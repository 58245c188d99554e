/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML files that are others': looked at, with the place of each node. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
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

/* Calls `found` for each node that this one names, until that is not 0. */
static int each_below(const yaml_node_t *node, int (*found)(void *context, int index), void *context)
{
	int r = 0;

	if (node->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top && r == 0; i++)
			r = found(context, *i);
	if (node->type == YAML_MAPPING_NODE)
		for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top && r == 0; p++) {
			r = found(context, p->key);
			if (r == 0)
				r = found(context, p->value);
		}
	return r;
}

struct search {
	yaml_document_t *document;
	unsigned *names; /* how often each node is named, by its index */
	const yaml_node_t *found;
};

static int count_name(void *context, int index)
{
	struct search *s = context;

	s->names[index]++;
	return 0;
}

/* A circle ends at the node that closes it, which has two names. */
static int look_below(void *context, int index)
{
	struct search *s = context;
	const yaml_node_t *node = yaml_document_get_node(s->document, index);

	if (s->names[index] > 1) {
		s->found = node;
		return 1;
	}
	return each_below(node, look_below, s);
}

int yaml_file_find_alias(yaml_document_t *d, const yaml_node_t *top, const yaml_node_t **ret)
{
	size_t n = (size_t)(d->nodes.top - d->nodes.start);
	_cleanup_free_ unsigned *names = calloc(n + 1, sizeof(*names));
	struct search s = { .document = d, .names = names };
	int r;

	if (!names)
		return -ENOMEM;
	names[1] = 1; /* the root is the document's */
	for (yaml_node_t *node = d->nodes.start; node < d->nodes.top; node++)
		(void)each_below(node, count_name, &s);
	r = look_below(&s, (int)(top - d->nodes.start) + 1);
	*ret = s.found;
	return r;
}
