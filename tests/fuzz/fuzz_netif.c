/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/route, ipv6_route and if_inet6; the first letter chooses. */

#include "common/text.h"
#include "detect/netif.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	struct netif list[] = { { .name = (char *)"eth0" }, { .name = (char *)"lo" } };
	struct netifs netifs = { .list = list, .n = ARRAY_SIZE(list) };
	_cleanup_free_ char *text = fuzz_text(data + (size > 0), size - (size > 0));

	CHECK(netifs_parse((enum netif_table)(size ? data[0] % 4 : 0), text, &netifs) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		for (char **s = list[i].addresses; s && *s; s++)
			CHECK(strchr(*s, '/'));
		for (char **s = list[i].routes; s && *s; s++)
			CHECK(str_starts(*s, "default via ") ? (*s)[12] : !!strchr(*s, '/'));
		strv_free(list[i].addresses);
		strv_free(list[i].routes);
		strv_free(list[i].sessions);
	}
	free(netifs.routes);
	return 0;
}
