/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings: a file of keys and values, as YAML, where every error has its file, line and column. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/nearest.h"
#include "common/settings.h"
#include "common/text.h"

/* The message is taken over; NULL is no memory for it. */
static void add_complaint(struct settings *s, size_t line, size_t column, char *message)
{
	struct complaint *grown = message ? reallocarray(s->complaints.list, s->complaints.n + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		free(message);
		s->is_short = true;
		return;
	}
	s->complaints.list = grown;
	grown[s->complaints.n++] = (struct complaint){ .line = line, .column = column, .message = message };
}

void settings_complain(struct settings *s, const yaml_node_t *node, const char *format, ...)
{
	char *message = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	va_end(ap);
	add_complaint(s, node->start_mark.line + 1, node->start_mark.column + 1, message);
}

const char *settings_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static bool has_key(struct settings *s, const yaml_node_t *mapping, const char *key)
{
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top; p++)
		if (str_eq(settings_text(yaml_document_get_node(s->document, p->key)), key))
			return true;
	return false;
}

void settings_lacks(struct settings *s, const yaml_node_t *mapping, const char *key, const char *message)
{
	if (mapping->type == YAML_MAPPING_NODE && has_key(s, mapping, key) && s->complaints.n)
		return;
	settings_complain(s, mapping, "%s", message);
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

static void complain_syntax(struct settings *s, const yaml_parser_t *parser)
{
	add_complaint(s, parser->problem_mark.line + 1, parser->problem_mark.column + 1, text_format("%s", parser->problem ? parser->problem : "not YAML"));
}

/* A second document would be read by nobody. */
static void read_end(struct settings *s, yaml_parser_t *parser)
{
	yaml_document_t rest;
	yaml_node_t *root;

	if (!yaml_parser_load(parser, &rest)) {
		complain_syntax(s, parser);
		return;
	}
	root = yaml_document_get_root_node(&rest);
	if (root)
		settings_complain(s, root, "a second document begins here; one file holds one");
	yaml_document_delete(&rest);
}

static void read_document(struct settings *s, yaml_parser_t *parser, const char *empty, void (*read)(struct settings *s, yaml_node_t *root))
{
	yaml_document_t document;
	yaml_node_t *root;

	if (!yaml_parser_load(parser, &document)) {
		complain_syntax(s, parser);
		return;
	}
	s->document = &document;
	root = yaml_document_get_root_node(&document);
	if (root) {
		read(s, root);
		read_end(s, parser);
	} else {
		add_complaint(s, 0, 0, text_format("%s", empty));
	}
	yaml_document_delete(&document);
	s->document = NULL;
}

static int compare_complaints(const void *a, const void *b)
{
	const struct complaint *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->message, y->message);
}

int settings_check(const char *text, const char *empty, void (*read)(struct settings *s, yaml_node_t *root), void *target, struct complaints *ret)
{
	struct settings s = { .target = target };
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	read_document(&s, &parser, empty, read);
	yaml_parser_delete(&parser);
	if (s.is_short) {
		complaints_done(&s.complaints);
		return -ENOMEM;
	}
	if (s.complaints.n)
		qsort(s.complaints.list, s.complaints.n, sizeof(*s.complaints.list), compare_complaints);
	*ret = s.complaints;
	return ret->n ? -EINVAL : 0;
}

int settings_parse(const char *text, const char *file, const char *empty, void (*read)(struct settings *s, yaml_node_t *root), void *target)
{
	_cleanup_(complaints_done) struct complaints c = {};
	int r;

	r = settings_check(text, empty, read, target, &c);
	complaints_say(&c, file);
	return r == -ENOMEM ? log_oom() : r;
}

void complaints_say(const struct complaints *c, const char *file)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct complaint *one = &c->list[i];

		if (one->line)
			log_error("%s:%zu:%zu: %s", file, one->line, one->column, one->message);
		else
			log_error("%s: %s", file, one->message);
	}
}

void complaints_done(struct complaints *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->list[i].message);
	free(c->list);
	*c = (struct complaints){};
}
