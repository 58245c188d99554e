/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of pci.ids with an index over it: only what is asked for is taken apart. */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "detect/id_names.h"

void id_names_done(struct id_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->sections[i].below);
	free(names->sections);
	*names = (struct id_names){};
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* So many hex digits, blanks, a name. */
static bool entry_parse(const char *s, int digits, struct id_entry *ret)
{
	uint32_t id = 0;

	for (; digits; digits--, s++) {
		if (digit_of(*s) < 0)
			return false;
		id = id << 4 | (uint32_t)digit_of(*s);
	}
	if (*s != ' ' && *s != '\t')
		return false;
	s += strspn(s, " \t");
	*ret = (struct id_entry){ .id = id, .name = s };
	return *s && *s != '\n';
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static bool is_section(const char *line)
{
	return *line != '\t' && *line != '#' && *line != '\n' && *line != '\r';
}

static bool section_parse(const char *line, struct id_entry *ret)
{
	if (line[0] != 'C' || line[1] != ' ')
		return entry_parse(line, 4, ret);
	if (!entry_parse(line + 2, 2, ret))
		return false;
	ret->id |= ID_CLASS << 16;
	return true;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = ((const struct id_entry *)a)->id, y = ((const struct id_entry *)b)->id;

	return x < y ? -1 : x > y;
}

/* The list is in order nearly everywhere, and sorting what is sorted takes longer than all else here. */
static void sort(void *list, size_t n, size_t size)
{
	for (size_t i = 1; i < n; i++)
		if (compare((char *)list + (i - 1) * size, (char *)list + i * size) > 0) {
			qsort(list, n, size, compare);
			return;
		}
}

int id_names_index(const char *text, struct id_names *ret)
{
	_cleanup_(id_names_done) struct id_names names = {};
	size_t room = 0;

	for (const char *line = text; *line; line = next_line(line)) {
		struct id_entry entry;

		if (!is_section(line) || !section_parse(line, &entry))
			continue;
		if (names.n == room) {
			struct id_section *more;

			room = room ? 2 * room : 4096; /* pci.ids has some 2,500 vendors */
			more = realloc(names.sections, room * sizeof(*more));
			if (!more)
				return -ENOMEM;
			names.sections = more;
		}
		names.sections[names.n++] = (struct id_section){ .entry = entry };
	}
	sort(names.sections, names.n, sizeof(*names.sections));
	*ret = TAKE(names);
	return 0;
}

/* Products have four digits, subclasses two; what lies deeper begins with a second tab. */
static int section_open(struct id_section *section)
{
	int digits = section->entry.id >> 16 == ID_CLASS ? 2 : 4;
	const char *first = next_line(section->entry.name), *line;
	size_t room = 1;

	for (line = first; *line && !is_section(line); line = next_line(line))
		room += line[0] == '\t' && line[1] != '\t';
	section->below = calloc(room, sizeof(*section->below));
	if (!section->below)
		return -ENOMEM;
	for (line = first; *line && !is_section(line); line = next_line(line))
		if (*line == '\t' && entry_parse(line + 1, digits, &section->below[section->n_below]))
			section->n_below++;
	sort(section->below, section->n_below, sizeof(*section->below));
	return 0;
}

const char *id_names_find(struct id_names *names, enum id_kind kind, unsigned id, int below, size_t *ret_length)
{
	struct id_entry key = { .id = (uint32_t)kind << 16 | id };
	const struct id_entry *found;
	struct id_section *section;

	section = names->n ? bsearch(&key, names->sections, names->n, sizeof(*names->sections), compare) : NULL;
	if (!section)
		return NULL;
	found = &section->entry;
	if (below >= 0) {
		if (!section->below && section_open(section) < 0)
			return NULL;
		key.id = (uint32_t)below;
		found = bsearch(&key, section->below, section->n_below, sizeof(*section->below), compare);
		if (!found)
			return NULL;
	}
	*ret_length = strcspn(found->name, "\r\n");
	while (*ret_length && (found->name[*ret_length - 1] == ' ' || found->name[*ret_length - 1] == '\t'))
		--*ret_length;
	return found->name;
}
