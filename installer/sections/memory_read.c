/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: what the spec says of it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/host_sections.h"

/* "2M", "1G" in KiB; -EINVAL. */
static int size_parse(const char *text, unsigned *ret)
{
	static const struct {
		char unit;
		unsigned factor;
	} units[] = { { 'K', 1 }, { 'M', 1024 }, { 'G', 1024 * 1024 } };
	size_t n = text ? strlen(text) : 0;
	_cleanup_free_ char *digits = n > 1 ? strndup(text, n - 1) : NULL;
	unsigned number;

	if (!digits || parse_unsigned(digits, &number) < 0 || !number || number > 4095)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (text[n - 1] == units[i].unit) {
			*ret = number * units[i].factor;
			return 0;
		}
	return -EINVAL;
}

static int number_parse(const char *text, unsigned min, unsigned max, unsigned *ret)
{
	unsigned number;

	if (!text || parse_unsigned(text, &number) < 0 || number < min || number > max)
		return -EINVAL;
	*ret = number;
	return 0;
}

/* The wish comes first: most keys know of nothing else. */
struct pool {
	struct hugepages_wish wish;
	bool has_at;
};

static void read_size(struct settings *s, yaml_node_t *value, void *context)
{
	struct hugepages_wish *wish = context;

	if (size_parse(settings_text(value), &wish->size) < 0 || wish->size < 64 || (wish->size & (wish->size - 1)))
		settings_complain(s, value, "size must be that of a huge page, such as 2M or 1G");
}

static void read_count(struct settings *s, yaml_node_t *value, void *context)
{
	struct hugepages_wish *wish = context;

	if (number_parse(settings_text(value), 1, 1U << 24, &wish->count) < 0)
		settings_complain(s, value, "count must be a number from 1 to 16777216");
}

static void read_node(struct settings *s, yaml_node_t *value, void *context)
{
	struct hugepages_wish *wish = context;
	unsigned node = 0;

	if (number_parse(settings_text(value), 0, 1023, &node) < 0)
		settings_complain(s, value, "node must be the number of a NUMA node");
	wish->node = (int)node;
}

static void read_at(struct settings *s, yaml_node_t *value, void *context)
{
	struct pool *pool = context;
	const char *text = settings_text(value);

	pool->has_at = true;
	pool->wish.at_boot = str_eq(text, "boot");
	if (!pool->wish.at_boot && !str_eq(text, "run"))
		settings_complain(s, value, "at must be boot (kernel arguments) or run (now, and early in each boot)");
}

/* A pool is one thing: all of a node, or all of the host. */
static bool is_repeated(const struct memory_wish *memory, const struct hugepages_wish *wish)
{
	for (size_t i = 0; i < memory->n_hugepages; i++) {
		const struct hugepages_wish *other = &memory->hugepages[i];

		if (other->size == wish->size && (other->node == wish->node || other->node < 0 || wish->node < 0 || other->at_boot != wish->at_boot))
			return true;
	}
	return false;
}

static void read_pool(struct settings *s, yaml_node_t *item, void *context)
{
	static const struct setting keys[] = { { "size", read_size }, { "count", read_count }, { "node", read_node }, { "at", read_at }, {} };
	struct memory_wish *memory = &((struct wishes *)s->target)->memory;
	struct pool pool = { .wish.node = -1 };
	struct hugepages_wish *grown;

	(void)context;
	settings_mapping(s, item, keys, "an entry of hugepages", &pool);
	if (item->type != YAML_MAPPING_NODE)
		return;
	if (!pool.wish.size || !pool.wish.count) {
		settings_lacks(s, item, pool.wish.size ? "count" : "size", "an entry of hugepages needs size and count");
		return;
	}
	/* Pages of 1G must lie in one piece, which memory is at boot only. */
	if (!pool.has_at)
		pool.wish.at_boot = pool.wish.size >= 1024 * 1024;
	if (is_repeated(memory, &pool.wish)) {
		settings_complain(s, item, "huge pages of one size stand once for the host, or once for each node; and all of them at boot or at run time");
		return;
	}
	grown = realloc(memory->hugepages, (memory->n_hugepages + 1) * sizeof(*grown));
	if (!grown) {
		settings_complain(s, item, "out of memory");
		return;
	}
	memory->hugepages = grown;
	grown[memory->n_hugepages++] = pool.wish;
}

static void read_hugepages(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "hugepages must be a list, such as [{ size: 1G, count: 16 }]", read_pool, context);
}

static void read_transparent(struct settings *s, yaml_node_t *value, void *context)
{
	static const char *const modes[] = { "always", "madvise", "never" };
	struct memory_wish *memory = context;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (str_eq(settings_text(value), modes[i])) {
			memory->transparent = modes[i];
			return;
		}
	settings_complain(s, value, "transparent_hugepages must be always, madvise or never");
}

static void read_run(struct settings *s, yaml_node_t *value, void *context)
{
	struct memory_wish *memory = context;
	const char *text = settings_text(value);

	if (str_eq(text, "on"))
		memory->ksm = SWITCH_ON;
	else if (str_eq(text, "off"))
		memory->ksm = SWITCH_OFF;
	else
		settings_complain(s, value, "run must be on or off");
}

static void read_pages(struct settings *s, yaml_node_t *value, void *context)
{
	struct memory_wish *memory = context;

	if (number_parse(settings_text(value), 1, 1000000, &memory->ksm_pages) < 0)
		settings_complain(s, value, "pages_to_scan must be a number from 1 to 1000000");
}

static void read_sleep(struct settings *s, yaml_node_t *value, void *context)
{
	struct memory_wish *memory = context;

	if (number_parse(settings_text(value), 1, 60000, &memory->ksm_sleep) < 0)
		settings_complain(s, value, "sleep_millisecs must be a number from 1 to 60000");
}

static void read_ksm(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "run", read_run }, { "pages_to_scan", read_pages }, { "sleep_millisecs", read_sleep }, {} };

	settings_mapping(s, value, keys, "ksm", context);
}

static void read_swappiness(struct settings *s, yaml_node_t *value, void *context)
{
	struct memory_wish *memory = context;

	memory->has_swappiness = true;
	if (number_parse(settings_text(value), 0, 200, &memory->swappiness) < 0)
		settings_complain(s, value, "swappiness must be a number from 0 to 200");
}

static void read_group(struct settings *s, yaml_node_t *value, void *context)
{
	struct memory_wish *memory = context;
	const char *text = settings_text(value);

	/* As useradd(8) has names. */
	if (!text || !*text || strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != strlen(text) || *text == '-')
		settings_complain(s, value, "group must be the name of a group");
	else if (!(memory->memlock_group = strdup(text)))
		settings_complain(s, value, "out of memory");
}

static void read_limit(struct settings *s, yaml_node_t *value, void *context)
{
	struct memory_wish *memory = context;
	const char *text = settings_text(value);

	if (!str_eq(text, "unlimited") && size_parse(text, &memory->memlock) < 0)
		settings_complain(s, value, "limit must be a size, such as 64G, or unlimited");
}

static void read_memlock(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "group", read_group }, { "limit", read_limit }, {} };
	struct memory_wish *memory = context;

	settings_mapping(s, value, keys, "memlock", context);
	if (value->type == YAML_MAPPING_NODE && !memory->memlock_group)
		settings_lacks(s, value, "group", "memlock needs group");
}

void memory_read(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "hugepages", read_hugepages }, { "transparent_hugepages", read_transparent }, { "ksm", read_ksm },
					       { "swappiness", read_swappiness }, { "memlock", read_memlock }, {} };

	(void)context;
	settings_mapping(s, value, keys, "memory", &((struct wishes *)s->target)->memory);
}

bool memory_is_wished(const struct wishes *wishes)
{
	const struct memory_wish *m = &wishes->memory;

	return m->n_hugepages || m->transparent || m->ksm != SWITCH_LEFT || m->ksm_pages || m->ksm_sleep || m->has_swappiness || m->memlock_group;
}
