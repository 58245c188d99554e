/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes for the host's network. */

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "installer/network_wish.h"

void bridge_wish_done(struct bridge_wish *b)
{
	free(b->name);
	strv_free(b->ports);
	strv_free(b->addresses);
	strv_free(b->gateways);
	strv_free(b->dns);
	strv_free(b->search);
	free(b->mac);
	*b = (struct bridge_wish){};
}

void bond_wish_done(struct bond_wish *b)
{
	free(b->name);
	strv_free(b->ports);
	free(b->primary);
	*b = (struct bond_wish){};
}

void network_wishes_done(struct network_wishes *w)
{
	for (size_t i = 0; i < w->n_bridges; i++)
		bridge_wish_done(&w->bridges[i]);
	for (size_t i = 0; i < w->n_bonds; i++)
		bond_wish_done(&w->bonds[i]);
	free(w->bridges);
	free(w->bonds);
	*w = (struct network_wishes){};
}

bool network_name_is_plain(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	return *name && strlen(name) < IF_NAMESIZE && *name != '.' && *name != '-' && !name[strspn(name, plain)];
}
