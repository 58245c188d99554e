/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of values in a shell's settings file: what stays in a value stays in the text byte for byte. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/shell_edit.h"

void shell_edits_done(struct shell_edits *edits)
{
	for (size_t i = 0; i < edits->n; i++)
		free(edits->list[i].with);
	free(edits->list);
	*edits = (struct shell_edits){};
}

/* Owns `with`, also on failure. */
static int edits_add(struct shell_edits *edits, size_t start, size_t end, char *with)
{
	struct shell_edit *grown = with ? realloc(edits->list, (edits->n + 1) * sizeof(*grown)) : NULL;

	if (!grown) {
		free(with);
		return -ENOMEM;
	}
	edits->list = grown;
	grown[edits->n++] = (struct shell_edit){ .start = start, .end = end, .with = with };
	return 0;
}

/* As it must be written where these quotes are open. */
static char *encode(const char *s, size_t n, enum shell_quote quote)
{
	struct text t = {};

	text_append(&t, quote == SHELL_BARE ? "\"" : "");
	for (size_t i = 0; i < n; i++) {
		if (quote == SHELL_SINGLE && s[i] == '\'') {
			text_append(&t, "'\\''");
			continue;
		}
		text_append(&t, quote != SHELL_SINGLE && strchr("$`\"\\", s[i]) ? "\\" : "");
		text_append_bytes(&t, s + i, 1);
	}
	text_append(&t, quote == SHELL_BARE ? "\"" : "");
	return text_take(&t);
}

/* A word without any quotes gets some around all of it: that is how other tools expect to find it. */
static int append_to_bare(const char *text, const struct shell_value *v, const char *s, size_t n, struct shell_edits *edits)
{
	_cleanup_free_ char *encoded = encode(s, n, SHELL_DOUBLE);
	int r;

	if (!encoded)
		return -ENOMEM;
	if (v->start == v->end || strcspn(text + v->start, "\\'\"`") < v->end - v->start)
		return edits_add(edits, v->end, v->end, encode(s, n, SHELL_BARE));
	r = edits_add(edits, v->start, v->start, strdup("\""));
	return r < 0 ? r : edits_add(edits, v->end, v->end, text_format("%s\"", encoded));
}

/* Something new in front of the value's character i, which may be the one behind the last. */
static int insert(const char *text, const struct shell_value *v, size_t i, const char *s, size_t n, struct shell_edits *edits)
{
	const struct shell_char *c = i < v->n ? &v->list[i] : NULL, *before = i ? &v->list[i - 1] : NULL;

	if (!c && v->end_quote == SHELL_BARE)
		return append_to_bare(text, v, s, n, edits);
	if (!c)
		return edits_add(edits, v->end, v->end, encode(s, n, v->end_quote));
	if (c->quote == SHELL_BARE && before && before->quote != SHELL_BARE)
		return edits_add(edits, before->end, before->end, encode(s, n, before->quote));
	return edits_add(edits, c->start, c->start, encode(s, n, c->quote));
}

/* The characters from..to of the value become the n of s. */
static int replace(const char *text, const struct shell_value *v, size_t from, size_t to, const char *s, size_t n, struct shell_edits *edits)
{
	int r = 0;

	if (n)
		r = insert(text, v, from, s, n, edits);
	for (size_t i = from; i < to && r >= 0; i++)
		r = edits_add(edits, v->list[i].start, v->list[i].end, strdup(""));
	return r;
}

/* A run of blanks or of other characters. */
static size_t token_length(const char *s)
{
	size_t blanks = strspn(s, " \t");

	return blanks ? blanks : strcspn(s, " \t");
}

struct tokens {
	size_t *list;   /* where each begins, and one more: where the last ends */
	size_t n;
};

static void tokens_done(struct tokens *t)
{
	free(t->list);
}

static int tokens_split(const char *s, struct tokens *ret)
{
	size_t at = 0, n = 0;

	ret->list = calloc(strlen(s) + 1, sizeof(*ret->list));
	if (!ret->list)
		return -ENOMEM;
	for (; s[at]; at += token_length(s + at))
		ret->list[n++] = at;
	ret->list[n] = at;
	ret->n = n;
	return 0;
}

static bool token_eq(const char *a, const struct tokens *ta, size_t i, const char *b, const struct tokens *tb, size_t j)
{
	size_t n = ta->list[i + 1] - ta->list[i];

	return n == tb->list[j + 1] - tb->list[j] && memcmp(a + ta->list[i], b + tb->list[j], n) == 0;
}

/* common[i * (nb + 1) + j]: how many tokens the rests from i and from j have in common, in order. A command line has few. */
static unsigned *count_common(const char *a, const struct tokens *ta, const char *b, const struct tokens *tb)
{
	size_t width = tb->n + 1;
	unsigned *common = calloc((ta->n + 1) * width, sizeof(*common));

	for (size_t i = common ? ta->n : 0; i-- > 0;)
		for (size_t j = tb->n; j-- > 0;) {
			unsigned down = common[(i + 1) * width + j], right = common[i * width + j + 1];

			common[i * width + j] = token_eq(a, ta, i, b, tb, j) ? common[(i + 1) * width + j + 1] + 1 : down > right ? down : right;
		}
	return common;
}

int shell_edit_value(const char *text, const struct shell_value *v, const char *wanted, struct shell_edits *edits)
{
	_cleanup_(tokens_done) struct tokens ta = {}, tb = {};
	_cleanup_free_ char *value = shell_value_string(v);
	_cleanup_free_ unsigned *common = NULL;
	size_t i = 0, j = 0;
	int r = 0;

	if (!value || tokens_split(value, &ta) < 0 || tokens_split(wanted, &tb) < 0 || !(common = count_common(value, &ta, wanted, &tb)))
		return -ENOMEM;
	while (r >= 0 && (i < ta.n || j < tb.n)) {
		size_t i_first = i, j_first = j, width = tb.n + 1;

		while ((i < ta.n || j < tb.n) && !(i < ta.n && j < tb.n && token_eq(value, &ta, i, wanted, &tb, j)))
			if (j == tb.n || (i < ta.n && common[(i + 1) * width + j] >= common[i * width + j + 1]))
				i++;
			else
				j++;
		if (i > i_first || j > j_first)
			r = replace(text, v, ta.list[i_first], ta.list[i], wanted + tb.list[j_first], tb.list[j] - tb.list[j_first], edits);
		i += i < ta.n;
		j += j < tb.n;
	}
	return r;
}

/* By place; of two at one place the one that only puts something in comes first, and the earlier one of two such. */
static void sort(struct shell_edits *edits)
{
	for (size_t i = 1; i < edits->n; i++)
		for (size_t j = i; j > 0; j--) {
			struct shell_edit *a = &edits->list[j - 1], *b = &edits->list[j], swap = *a;

			if (a->start < b->start || (a->start == b->start && a->end <= b->end))
				break;
			*a = *b;
			*b = swap;
		}
}

int shell_edits_apply(const char *text, struct shell_edits *edits, char **ret)
{
	struct text t = {};
	size_t at = 0;

	sort(edits);
	for (size_t i = 0; i < edits->n; i++) {
		const struct shell_edit *e = &edits->list[i];

		/* One piece of the text that stands in two values. */
		if (e->start < at) {
			text_done(&t);
			return -EINVAL;
		}
		text_append_bytes(&t, text + at, e->start - at);
		text_append(&t, e->with);
		at = e->end;
	}
	text_append(&t, text + at);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}
