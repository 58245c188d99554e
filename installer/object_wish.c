/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes for what guests rest on in libvirt: storage pools and networks. */

#include <stdlib.h>

#include "installer/object_wish.h"

void pool_wish_done(struct pool_wish *p)
{
	free(p->name);
	free(p->path);
	free(p->group);
	free(p->host);
	free(p->export);
	*p = (struct pool_wish){};
}

void libvirt_network_wish_done(struct libvirt_network_wish *n)
{
	free(n->name);
	free(n->bridge);
	*n = (struct libvirt_network_wish){};
}

void object_wishes_done(struct object_wishes *w)
{
	for (size_t i = 0; i < w->n_pools; i++)
		pool_wish_done(&w->pools[i]);
	for (size_t i = 0; i < w->n_networks; i++)
		libvirt_network_wish_done(&w->networks[i]);
	free(w->pools);
	free(w->networks);
	*w = (struct object_wishes){};
}
