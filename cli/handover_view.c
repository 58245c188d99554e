/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a handover: who has what now, and how that is known. */

#include <stdio.h>

#include "cli/handover_view.h"
#include "common/cleanup.h"
#include "common/text.h"

int handover_view_print(const struct cli *cli, const struct handover_view *view)
{
	_cleanup_free_ char *guest = text_escape_field(view->guest);

	if (cli->json)
		return EXIT_DONE;
	if (!view->plan->n)
		printf("Nothing to do: guest %s has the devices already.\n", guest ? guest : "");
	for (size_t i = 0; i < view->plan->n; i++) {
		const struct change *c = &view->plan->list[i];
		_cleanup_free_ char *name = c->guest ? text_escape_field(c->guest) : NULL;

		if (c->kind == CHANGE_HOSTDEV)
			printf("%s %s guest %s%s%s\n", c->target, c->attach ? "went to" : "came back from", name ? name : "",
			       c->live ? ", running" : "", c->saved ? ", saved definition" : "");
	}
	return EXIT_DONE;
}
