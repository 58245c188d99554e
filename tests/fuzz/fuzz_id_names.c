/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci.ids: the index over it, and everything that can be looked up. */

#include "detect/id_names.h"
#include "tests/fuzz/fuzz.h"

static void check_name(const char *text, const char *name, size_t length)
{
	if (!name)
		return;
	CHECK(name >= text && name + length <= text + strlen(text));
	CHECK(!memchr(name, '\n', length) && !memchr(name, '\r', length));
}

static void find(struct id_names *names, const char *text, enum id_kind kind, unsigned id, int below)
{
	size_t length = 0;
	const char *name = id_names_find(names, kind, id, below, &length);

	check_name(text, name, length);
}

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(id_names_done) struct id_names names = {};

	CHECK(id_names_index(text, &names) == 0);
	for (size_t i = 0; i < names.n; i++) {
		struct id_section *section = &names.sections[i];
		enum id_kind kind = section->entry.id >> 16;
		unsigned id = section->entry.id & 0xffff;
		size_t length;

		CHECK(i == 0 || names.sections[i - 1].entry.id <= section->entry.id);
		CHECK(id_names_find(&names, kind, id, -1, &length));
		find(&names, text, kind, id, 0);
		for (size_t j = 0; j < section->n_below; j++) {
			CHECK(j == 0 || section->below[j - 1].id <= section->below[j].id);
			CHECK(id_names_find(&names, kind, id, (int)section->below[j].id, &length));
			find(&names, text, kind, id, (int)section->below[j].id);
		}
	}
	find(&names, text, ID_VENDOR, 0x8086, 0x1572);
	find(&names, text, ID_CLASS, 0x02, -1);
	return 0;
}
