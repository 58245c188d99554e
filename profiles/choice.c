/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choices: what a profile made of the options on this host, and why. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "profiles/choice.h"

static void choice_done(struct choice *c)
{
	free(c->value);
	free(c->why);
	free(c->path);
	free(c->seen);
}

void choices_done(struct choices *c)
{
	for (size_t i = 0; i < c->n; i++)
		choice_done(&c->list[i]);
	free(c->list);
	*c = (struct choices){};
}

void choices_add(struct choices *c, const char *what, const char *value, const char *path, const char *seen, const char *format, ...)
{
	struct choice *grown = reallocarray(c->list, c->n + 1, sizeof(*grown));
	struct choice choice = { .what = what };
	va_list ap;

	if (!grown) {
		c->failed = true;
		return;
	}
	c->list = grown;
	va_start(ap, format);
	if (vasprintf(&choice.why, format, ap) < 0)
		choice.why = NULL;
	va_end(ap);
	choice.value = strdup(value ? value : "none");
	choice.path = path ? strdup(path) : NULL;
	choice.seen = path && seen ? strdup(seen) : NULL;
	if (!choice.why || !choice.value || (path && !choice.path) || (path && seen && !choice.seen)) {
		choice_done(&choice);
		c->failed = true;
		return;
	}
	c->list[c->n++] = choice;
}
