/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec: what a host shall be, as YAML. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/settings.h"
#include "common/text.h"
#include "installer/sections/section.h"
#include "installer/spec.h"
#include "passthrough/settings_selector.h"

#define EMPTY "the spec is empty; it begins with 'version: 1'"

static void read_version(struct settings *s, yaml_node_t *value, void *context)
{
	bool *seen = context;

	*seen = true;
	if (!str_eq(settings_text(value), "1"))
		settings_complain(s, value, "version must be 1");
}

static void read_iommu(struct settings *s, yaml_node_t *value, void *context)
{
	struct wishes *wishes = s->target;

	(void)context;
	if (str_eq(settings_text(value), "on"))
		wishes->iommu_on = true;
	else
		settings_complain(s, value, "iommu must be 'on'; leave the key out for none of slipway's doing");
}

static void read_nested(struct settings *s, yaml_node_t *value, void *context)
{
	struct wishes *wishes = s->target;

	(void)context;
	if (str_eq(settings_text(value), "on"))
		wishes->nested = true;
	else
		settings_complain(s, value, "nested must be 'on'; leave the key out for none of slipway's doing");
	if (wishes->nested && wishes->nested_off)
		settings_complain(s, value, "nested is on here, and off in cpu; take one of them out");
}

static void read_argument(struct settings *s, yaml_node_t *item, void *context)
{
	struct wishes *wishes = s->target;
	const char *argument = settings_text(item);

	(void)context;
	if (!argument || !*argument)
		settings_complain(s, item, "a kernel argument must be a text");
	else if (strv_add(&wishes->arguments, argument) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_arguments(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "arguments must be a list, such as [\"kvm.nested=1\"]", read_argument, context);
}

static void read_kernel(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "iommu", read_iommu }, { "nested", read_nested }, { "arguments", read_arguments }, {} };

	settings_mapping(s, value, keys, "kernel", context);
}

static void read_device(struct settings *s, yaml_node_t *value, void *context)
{
	_cleanup_(selector_done) struct selector selector = {};
	struct passthrough_wish *wish = context;

	settings_selector(s, value, "device must be a selector, such as class=nvme", &selector);
	/* A wrong one has been told: that there is none is not told as well. */
	wish->selector = strdup(selector.text ? selector.text : "");
	if (!wish->selector)
		settings_complain(s, value, "out of memory");
}

static void read_count(struct settings *s, yaml_node_t *value, void *context)
{
	struct passthrough_wish *wish = context;
	const char *text = settings_text(value);

	if (!text || parse_unsigned(text, &wish->count) < 0 || !wish->count || wish->count > 4096)
		settings_complain(s, value, "count must be a number from 1 to 4096");
}

static void read_bind(struct settings *s, yaml_node_t *value, void *context)
{
	struct passthrough_wish *wish = context;
	const char *text = settings_text(value);

	if (!text || bind_wish_parse(text, &wish->bind) < 0)
		settings_complain(s, value, "bind must be auto, ids or address");
}

static void read_entry(struct settings *s, yaml_node_t *item, void *context)
{
	static const struct setting keys[] = { { "device", read_device }, { "count", read_count }, { "bind", read_bind }, {} };
	_cleanup_free_ char *selector = NULL;
	struct passthrough_wish wish = {};

	(void)context;
	settings_mapping(s, item, keys, "an entry of passthrough", &wish);
	selector = wish.selector;
	if (!selector && item->type == YAML_MAPPING_NODE)
		settings_complain(s, item, "an entry of passthrough needs device");
	if (selector && wishes_add_passthrough(s->target, selector, wish.count, wish.bind) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_passthrough(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "passthrough must be a list of devices", read_entry, context);
}

/* The keys of the spec itself, then those of all sections. */
static void read_root(struct settings *s, yaml_node_t *root)
{
	static const struct setting own[] = { { "version", read_version }, { "kernel", read_kernel }, { "passthrough", read_passthrough } };
	_cleanup_free_ struct setting *keys = NULL;
	bool has_version = false;
	size_t n = 0;

	while (sections[n].key)
		n++;
	keys = calloc(ARRAY_SIZE(own) + n + 1, sizeof(*keys));
	if (!keys) {
		settings_complain(s, root, "out of memory");
		return;
	}
	memcpy(keys, own, sizeof(own));
	for (size_t i = 0; i < n; i++)
		keys[ARRAY_SIZE(own) + i] = (struct setting){ sections[i].key, sections[i].read };
	settings_mapping(s, root, keys, "the spec", &has_version);
	if (!has_version && root->type == YAML_MAPPING_NODE)
		settings_complain(s, root, "the spec needs 'version: 1'");
}

int spec_check(const char *text, struct complaints *ret)
{
	_cleanup_(wishes_done) struct wishes wishes = {};

	return settings_check(text, EMPTY, read_root, &wishes, ret);
}

int spec_parse(const char *text, const char *file, struct wishes *wishes)
{
	return settings_parse(text, file, EMPTY, read_root, wishes);
}
