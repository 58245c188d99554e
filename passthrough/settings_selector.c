/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A selector in a file of settings: what is wrong in it is told where it stands. */

#include "common/cleanup.h"
#include "passthrough/settings_selector.h"

bool settings_selector(struct settings *s, const yaml_node_t *value, const char *message, struct selector *ret)
{
	const char *text = settings_text(value);
	_cleanup_free_ char *fault = NULL;

	if (!text || !*text)
		settings_complain(s, value, "%s", message);
	else if (selector_read(text, ret, &fault) < 0)
		settings_complain(s, value, "%s", fault ? fault : "out of memory");
	else
		return true;
	return false;
}
