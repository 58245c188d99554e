/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes: what the host shall be, from the spec and the command line. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/wishes.h"

void wishes_done(struct wishes *w)
{
	strv_free(w->arguments);
	for (size_t i = 0; i < w->n_passthrough; i++)
		free(w->passthrough[i].selector);
	free(w->passthrough);
	network_wishes_done(&w->network);
	free(w->memory.hugepages);
	free(w->memory.memlock_group);
	free(w->cpu.isolated);
	free(w->cpu.housekeeping);
	free(w->cpu.governor);
	strv_free(w->packages);
	strv_free(w->services);
	strv_free(w->users);
	object_wishes_done(&w->objects);
	for (size_t i = 0; i < w->guests.n; i++)
		guest_settings_done(&w->guests.list[i]);
	free(w->guests.list);
	free(w->spec);
	free(w->spec_file);
	free(w->pending);
	*w = (struct wishes){};
}

int wishes_add_passthrough(struct wishes *w, const char *selector, unsigned count, enum bind_wish bind)
{
	struct passthrough_wish *grown = realloc(w->passthrough, (w->n_passthrough + 1) * sizeof(*grown));
	char *copy = strdup(selector);

	if (grown)
		w->passthrough = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	grown[w->n_passthrough++] = (struct passthrough_wish){ .selector = copy, .count = count, .bind = bind };
	return 0;
}

int bind_wish_parse(const char *text, enum bind_wish *ret)
{
	static const char *const names[] = { [BIND_WISH_AUTO] = "auto", [BIND_WISH_IDS] = "ids", [BIND_WISH_ADDRESS] = "address" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(text, names[i])) {
			*ret = (enum bind_wish)i;
			return 0;
		}
	return -EINVAL;
}
