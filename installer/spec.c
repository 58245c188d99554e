/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec: what a host shall be, as YAML. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/spec.h"

struct spec {
	yaml_document_t *document;
	const char *file;
	struct wishes *wishes;
	unsigned errors;
};

/* One key of a mapping, and who reads its value. The context is what the mapping fills in. */
struct key {
	const char *name;
	void (*read)(struct spec *spec, yaml_node_t *value, void *context);
};

static void complain(struct spec *spec, const yaml_node_t *node, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void complain(struct spec *spec, const yaml_node_t *node, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	va_end(ap);
	log_error("%s:%zu:%zu: %s", spec->file, node->start_mark.line + 1, node->start_mark.column + 1, message ? message : "out of memory");
	spec->errors++;
}

static const char *scalar(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static bool is_repeated(struct spec *spec, const yaml_node_t *mapping, const yaml_node_pair_t *pair, const char *name)
{
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
		const char *earlier = scalar(yaml_document_get_node(spec->document, p->key));

		if (earlier && str_eq(earlier, name))
			return true;
	}
	return false;
}

static char *key_names(const struct key *keys)
{
	struct text t = {};

	for (; keys->name; keys++)
		text_printf(&t, "%s%s", t.size ? ", " : "", keys->name);
	return text_take(&t);
}

static void read_mapping(struct spec *spec, yaml_node_t *node, const struct key *keys, const char *where, void *context)
{
	_cleanup_free_ char *names = key_names(keys);

	if (node->type != YAML_MAPPING_NODE) {
		complain(spec, node, "%s must hold keys with values (%s)", where, names);
		return;
	}
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(spec->document, pair->key);
		const char *name = scalar(key);
		const struct key *k = keys;

		while (k->name && !(name && str_eq(k->name, name)))
			k++;
		if (!k->name)
			complain(spec, key, "unknown key '%s' in %s; known are %s", name ? name : "(no text)", where, names);
		else if (is_repeated(spec, node, pair, name))
			complain(spec, key, "key '%s' stands twice in %s", name, where);
		else
			k->read(spec, yaml_document_get_node(spec->document, pair->value), context);
	}
}

static void read_version(struct spec *spec, yaml_node_t *value, void *context)
{
	bool *seen = context;

	*seen = true;
	if (!str_eq(scalar(value), "1"))
		complain(spec, value, "version must be 1");
}

static void read_iommu(struct spec *spec, yaml_node_t *value, void *context)
{
	(void)context;
	if (str_eq(scalar(value), "on"))
		spec->wishes->iommu_on = true;
	else
		complain(spec, value, "iommu must be 'on'; leave the key out for none of slipway's doing");
}

static void read_arguments(struct spec *spec, yaml_node_t *value, void *context)
{
	(void)context;
	if (value->type != YAML_SEQUENCE_NODE) {
		complain(spec, value, "arguments must be a list, such as [\"kvm.nested=1\"]");
		return;
	}
	for (yaml_node_item_t *item = value->data.sequence.items.start; item < value->data.sequence.items.top; item++) {
		yaml_node_t *node = yaml_document_get_node(spec->document, *item);
		const char *argument = scalar(node);

		if (!argument || !*argument)
			complain(spec, node, "a kernel argument must be a text");
		else if (strv_add(&spec->wishes->arguments, argument) < 0)
			complain(spec, node, "out of memory");
	}
}

static void read_kernel(struct spec *spec, yaml_node_t *value, void *context)
{
	static const struct key keys[] = { { "iommu", read_iommu }, { "arguments", read_arguments }, {} };

	read_mapping(spec, value, keys, "kernel", context);
}

static void read_device(struct spec *spec, yaml_node_t *value, void *context)
{
	struct passthrough_wish *wish = context;
	const char *selector = scalar(value);

	if (!selector || !*selector) {
		complain(spec, value, "device must be a selector, such as class=nvme");
		return;
	}
	wish->selector = strdup(selector);
	if (!wish->selector)
		complain(spec, value, "out of memory");
}

static void read_count(struct spec *spec, yaml_node_t *value, void *context)
{
	struct passthrough_wish *wish = context;
	const char *text = scalar(value);

	if (!text || parse_unsigned(text, &wish->count) < 0 || !wish->count || wish->count > 4096)
		complain(spec, value, "count must be a number from 1 to 4096");
}

static void read_bind(struct spec *spec, yaml_node_t *value, void *context)
{
	struct passthrough_wish *wish = context;
	const char *text = scalar(value);

	if (!text || bind_wish_parse(text, &wish->bind) < 0)
		complain(spec, value, "bind must be auto, ids or address");
}

static void read_passthrough(struct spec *spec, yaml_node_t *value, void *context)
{
	static const struct key keys[] = { { "device", read_device }, { "count", read_count }, { "bind", read_bind }, {} };

	(void)context;
	if (value->type != YAML_SEQUENCE_NODE) {
		complain(spec, value, "passthrough must be a list of devices");
		return;
	}
	for (yaml_node_item_t *item = value->data.sequence.items.start; item < value->data.sequence.items.top; item++) {
		yaml_node_t *node = yaml_document_get_node(spec->document, *item);
		_cleanup_free_ char *selector = NULL;
		struct passthrough_wish wish = {};

		read_mapping(spec, node, keys, "an entry of passthrough", &wish);
		selector = wish.selector;
		if (!selector && node->type == YAML_MAPPING_NODE)
			complain(spec, node, "an entry of passthrough needs device");
		if (selector && wishes_add_passthrough(spec->wishes, selector, wish.count, wish.bind) < 0)
			complain(spec, node, "out of memory");
	}
}

static int read_document(struct spec *spec)
{
	static const struct key keys[] = { { "version", read_version }, { "kernel", read_kernel }, { "passthrough", read_passthrough }, {} };
	yaml_node_t *root = yaml_document_get_root_node(spec->document);
	bool has_version = false;

	if (!root)
		return log_invalid("%s: the spec is empty; it begins with 'version: 1'", spec->file);
	read_mapping(spec, root, keys, "the spec", &has_version);
	if (!has_version && root->type == YAML_MAPPING_NODE)
		complain(spec, root, "the spec needs 'version: 1'");
	return spec->errors ? -EINVAL : 0;
}

int spec_parse(const char *text, const char *file, struct wishes *wishes)
{
	struct spec spec = { .file = file, .wishes = wishes };
	yaml_document_t document;
	yaml_parser_t parser;
	int r;

	if (!yaml_parser_initialize(&parser))
		return log_oom();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	if (yaml_parser_load(&parser, &document)) {
		spec.document = &document;
		r = read_document(&spec);
		yaml_document_delete(&document);
	} else {
		log_error("%s:%zu:%zu: %s", file, parser.problem_mark.line + 1, parser.problem_mark.column + 1,
			  parser.problem ? parser.problem : "not YAML");
		r = -EINVAL;
	}
	yaml_parser_delete(&parser);
	return r;
}
