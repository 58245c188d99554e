/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest settings: options of a guest in YAML. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/settings_guest.h"

#define KEYS_MAX 64

/* What is filled in, and a guest that each value is tried on: so a value out of bounds is told where it stands. */
struct reading {
	struct guest_settings *settings;
	struct guest_options trial;
};

void guest_settings_done(struct guest_settings *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->list[i].value);
	free(g->list);
	free(g->profile);
	strv_free(g->devices);
	*g = (struct guest_settings){};
}

static int keep(struct guest_settings *g, const struct guest_option *option, const char *value)
{
	struct guest_setting *grown = reallocarray(g->list, g->n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	g->list = grown;
	g->list[g->n].option = option;
	g->list[g->n].value = strdup(value);
	if (!g->list[g->n].value)
		return -ENOMEM;
	g->n++;
	return 0;
}

/* `s->key` says which option it is. */
static void read_option(struct settings *s, yaml_node_t *node, void *context)
{
	const struct guest_option *option = guest_option_find(s->key);
	const char *value = settings_text(node);
	_cleanup_free_ char *trouble = NULL;
	struct reading *reading = context;

	if (!value || !*value || option->set(&reading->trial, value) < 0) {
		settings_complain(s, node, "'%s' is no value for %s (%s)", value ? value : "a list", option->name, option->help);
		return;
	}
	trouble = option->misfit ? option->misfit(&reading->trial) : NULL;
	if (trouble)
		settings_complain(s, node, "%s", trouble);
	else if (reading->trial.n_networks > 1)
		settings_complain(s, node, "bridge, macvtap and network exclude each other: a guest has one network port");
	else if (keep(reading->settings, option, value) < 0)
		settings_complain(s, node, "out of memory");
}

static void read_profile(struct settings *s, yaml_node_t *node, void *context)
{
	struct reading *reading = context;
	const char *name = settings_text(node);

	if (!name || !*name) {
		settings_complain(s, node, "profile must be the name of one, such as uefi");
		return;
	}
	reading->settings->profile = strdup(name);
	if (!reading->settings->profile)
		settings_complain(s, node, "out of memory");
}

static void read_device(struct settings *s, yaml_node_t *item, void *context)
{
	struct reading *reading = context;
	const char *selector = settings_text(item);

	if (!selector || !*selector)
		settings_complain(s, item, "a device must be a selector, such as serial=S4EVNX0R1");
	else if (strv_add(&reading->settings->devices, selector) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_devices(struct settings *s, yaml_node_t *node, void *context)
{
	settings_list(s, node, "devices must be a list of selectors, such as [\"serial=S4EVNX0R1\"]", read_device, context);
}

void guest_settings_read(struct settings *s, yaml_node_t *node, const char *where, struct guest_settings *ret)
{
	struct reading reading = { .settings = ret, .trial = { .name = "guest", .memory = 1024, .vcpus = 1 } };
	struct setting keys[KEYS_MAX] = { { "profile", read_profile }, { "devices", read_devices } };
	size_t n = 2;

	for (const struct guest_option *o = guest_options; o->name && n + 1 < KEYS_MAX; o++)
		keys[n++] = (struct setting){ o->name, read_option };
	settings_mapping(s, node, keys, where, &reading);
}

static void read_root(struct settings *s, yaml_node_t *root)
{
	guest_settings_read(s, root, "the profile", s->target);
}

int guest_settings_parse(const char *text, const char *file, struct guest_settings *ret)
{
	_cleanup_(guest_settings_done) struct guest_settings g = {};
	int r;

	r = settings_parse(text, file, "the profile is empty; it holds options, such as 'memory: 8G'", read_root, &g);
	if (r < 0)
		return r;
	*ret = TAKE(g);
	return 0;
}

const char *guest_settings_find(const struct guest_settings *g, const char *option)
{
	for (size_t i = 0; i < g->n; i++)
		if (str_eq(g->list[i].option->name, option))
			return g->list[i].value;
	return NULL;
}

int guest_settings_apply(const struct guest_settings *g, struct guest_options *options)
{
	int r = 0;

	guest_options_layer(options);
	for (size_t i = 0; i < g->n && r >= 0; i++)
		r = g->list[i].option->set(options, g->list[i].value);
	return r;
}
