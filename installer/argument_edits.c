/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was done to kernel command lines, so that it can be taken back: kept as words, and compared. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/argument_edits.h"

void argument_edits_done(struct argument_edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		free(edits->list[i].was);
		free(edits->list[i].is);
	}
	free(edits->list);
	*edits = (struct argument_edits){};
}

int argument_edits_add(struct argument_edits *edits, const char *was, const char *is)
{
	struct argument_edit *grown = realloc(edits->list, (edits->n + 1) * sizeof(*grown));
	struct argument_edit edit = { .was = was ? strdup(was) : NULL, .is = is ? strdup(is) : NULL };

	if (grown)
		edits->list = grown;
	if (!grown || (was && !edit.was) || (is && !edit.is)) {
		free(edit.was);
		free(edit.is);
		return -ENOMEM;
	}
	grown[edits->n++] = edit;
	return 0;
}

int argument_edits_to_words(const struct argument_edits *edits, char ***ret)
{
	_cleanup_(strv_freep) char **words = NULL;
	int r = 0;

	for (size_t i = 0; i < edits->n && r >= 0; i++) {
		r = strv_add(&words, edits->list[i].was ? edits->list[i].was : "");
		if (r >= 0)
			r = strv_add(&words, edits->list[i].is ? edits->list[i].is : "");
	}
	if (r < 0)
		return r;
	*ret = TAKE(words);
	return 0;
}

int argument_edits_from_words(char *const *words, struct argument_edits *ret)
{
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	size_t n = strv_length(words);
	int r = 0;

	if (n % 2)
		return -EINVAL;
	for (size_t i = 0; i < n && r >= 0; i += 2)
		r = argument_edits_add(&edits, *words[i] ? words[i] : NULL, *words[i + 1] ? words[i + 1] : NULL);
	if (r < 0)
		return r;
	*ret = TAKE(edits);
	return 0;
}

static bool is_break(const struct argument_edit *edit)
{
	return !edit->was && !edit->is;
}

int argument_edits_break(struct argument_edits *edits)
{
	return argument_edits_add(edits, NULL, NULL);
}

struct argument_edits argument_edits_of_line(const struct argument_edits *edits, size_t line)
{
	struct argument_edits part = { .list = edits->list };

	for (size_t i = 0; i < edits->n; i++) {
		if (!is_break(&edits->list[i])) {
			part.n++;
			continue;
		}
		if (line-- == 0)
			break;
		part = (struct argument_edits){ .list = edits->list + i + 1 };
	}
	return part;
}

bool argument_edits_is_empty(const struct argument_edits *edits)
{
	for (size_t i = 0; i < edits->n; i++)
		if (!is_break(&edits->list[i]))
			return false;
	return true;
}

static bool edits_have(const struct argument_edits *edits, const struct argument_edit *edit)
{
	for (size_t i = 0; i < edits->n; i++)
		if (str_eq(edits->list[i].was, edit->was) && str_eq(edits->list[i].is, edit->is))
			return true;
	return false;
}

static int delta_of_line(const struct argument_edits *done, const struct argument_edits *wanted, struct argument_edits *delta)
{
	int r = 0;

	for (size_t i = 0; i < done->n && r >= 0; i++)
		if (!edits_have(wanted, &done->list[i]))
			r = argument_edits_add(delta, done->list[i].is, done->list[i].was);
	for (size_t i = 0; i < wanted->n && r >= 0; i++)
		if (!edits_have(done, &wanted->list[i]))
			r = argument_edits_add(delta, wanted->list[i].was, wanted->list[i].is);
	return r;
}

int argument_edits_delta(const struct argument_edits *done, const struct argument_edits *wanted, char ***ret)
{
	_cleanup_(argument_edits_done) struct argument_edits delta = {};
	size_t lines = 1;
	int r = 0;

	for (size_t i = 0; i < wanted->n; i++)
		lines += is_break(&wanted->list[i]);
	for (size_t line = 0; line < lines && r >= 0; line++) {
		struct argument_edits before = argument_edits_of_line(done, line), after = argument_edits_of_line(wanted, line);

		r = line ? argument_edits_break(&delta) : 0;
		if (r >= 0)
			r = delta_of_line(&before, &after, &delta);
	}
	if (r >= 0 && argument_edits_is_empty(&delta))
		return *ret = NULL, 0;
	return r < 0 ? r : argument_edits_to_words(&delta, ret);
}
