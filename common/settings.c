/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings: a file of keys and values, as YAML, where every error has its file, line and column. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/nearest.h"
#include "common/settings.h"
#include "common/text.h"

void settings_complain(struct settings *s, const yaml_node_t *node, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	va_end(ap);
	log_error("%s:%zu:%zu: %s", s->file, node->start_mark.line + 1, node->start_mark.column + 1, message ? message : "out of memory");
	s->errors++;
}

const char *settings_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static bool is_repeated(struct settings *s, const yaml_node_t *mapping, const yaml_node_pair_t *pair, const char *name)
{
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
		const char *earlier = settings_text(yaml_document_get_node(s->document, p->key));

		if (earlier && str_eq(earlier, name))
			return true;
	}
	return false;
}

static char **key_names(const struct setting *keys)
{
	char **names = NULL;

	for (; keys->name; keys++)
		if (strv_add(&names, keys->name) < 0)
			break;
	return names;
}

static void complain_unknown(struct settings *s, const yaml_node_t *key, const char *name, const char *where, char *const *names)
{
	_cleanup_free_ char *known = strv_join(names, ", ");
	const char *nearest = name ? word_nearest(names, name) : NULL;

	if (nearest)
		settings_complain(s, key, "unknown key '%s' in %s; did you mean '%s'? Known are %s", name, where, nearest, known);
	else
		settings_complain(s, key, "unknown key '%s' in %s; known are %s", name ? name : "(no text)", where, known);
}

void settings_mapping(struct settings *s, yaml_node_t *node, const struct setting *keys, const char *where, void *context)
{
	_cleanup_(strv_freep) char **names = key_names(keys);

	if (node->type != YAML_MAPPING_NODE) {
		_cleanup_free_ char *known = strv_join(names, ", ");

		settings_complain(s, node, "%s must hold keys with values (%s)", where, known);
		return;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(s->document, pair->key);
		const char *name = settings_text(key);
		const struct setting *k = keys;

		while (k->name && !(name && str_eq(k->name, name)))
			k++;
		if (!k->name)
			complain_unknown(s, key, name, where, names);
		else if (is_repeated(s, node, pair, name))
			settings_complain(s, key, "key '%s' stands twice in %s", name, where);
		else {
			s->key = k->name;
			k->read(s, yaml_document_get_node(s->document, pair->value), context);
		}
	}
}

void settings_list(struct settings *s, yaml_node_t *node, const char *message, void (*read)(struct settings *s, yaml_node_t *item, void *context),
		   void *context)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		settings_complain(s, node, "%s", message);
		return;
	}
	for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
		read(s, yaml_document_get_node(s->document, *item), context);
}

static int read_root(struct settings *s, const char *empty, void (*read)(struct settings *s, yaml_node_t *root))
{
	yaml_node_t *root = yaml_document_get_root_node(s->document);

	if (!root)
		return log_invalid("%s: %s", s->file, empty);
	read(s, root);
	return s->errors ? -EINVAL : 0;
}

int settings_parse(const char *text, const char *file, const char *empty, void (*read)(struct settings *s, yaml_node_t *root), void *target)
{
	struct settings s = { .file = file, .target = target };
	yaml_document_t document;
	yaml_parser_t parser;
	int r;

	if (!yaml_parser_initialize(&parser))
		return log_oom();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	if (yaml_parser_load(&parser, &document)) {
		s.document = &document;
		r = read_root(&s, empty, read);
		yaml_document_delete(&document);
	} else {
		log_error("%s:%zu:%zu: %s", file, parser.problem_mark.line + 1, parser.problem_mark.column + 1,
			  parser.problem ? parser.problem : "not YAML");
		r = -EINVAL;
	}
	yaml_parser_delete(&parser);
	return r;
}
