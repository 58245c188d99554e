/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line, edited as arguments: the spacing, quotes and order of everything else stay as they are. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/cmdline.h"
#include "installer/kernel_arguments.h"

void argument_wish_done(struct argument_wish *wish)
{
	strv_free(wish->wanted);
	strv_free(wish->unwanted);
	*wish = (struct argument_wish){};
}

/* A line in pieces: words, each with the white space before it, and what stands behind the last. */
struct word {
	char *space, *text;
};

struct line {
	struct word *list;
	size_t n;
	size_t end;   /* words from here on are init's: the index of "--", or n */
	char *tail;
};

static void line_done(struct line *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->list[i].space);
		free(l->list[i].text);
	}
	free(l->list);
	free(l->tail);
	*l = (struct line){};
}

/* Owns the two strings, also on failure. */
static int line_insert(struct line *l, size_t at, char *space, char *text)
{
	struct word *grown = space && text ? realloc(l->list, (l->n + 1) * sizeof(*grown)) : NULL;

	if (!grown) {
		free(space);
		free(text);
		return -ENOMEM;
	}
	l->list = grown;
	memmove(grown + at + 1, grown + at, (l->n - at) * sizeof(*grown));
	grown[at] = (struct word){ .space = space, .text = text };
	l->n++;
	return 0;
}

static int line_split(const char *s, struct line *ret)
{
	_cleanup_(line_done) struct line l = {};
	bool found = false;
	int r;

	for (;;) {
		const char *space = s, *start;
		bool quoted = false;

		while (isspace((unsigned char)*s))
			s++;
		start = s;
		for (; *s && (quoted || !isspace((unsigned char)*s)); s++)
			if (*s == '"')
				quoted = !quoted;
		if (s == start) {
			l.tail = strdup(space);
			break;
		}
		r = line_insert(&l, l.n, strndup(space, (size_t)(start - space)), strndup(start, (size_t)(s - start)));
		if (r < 0)
			return r;
		found = found || str_eq(l.list[l.n - 1].text, "--");
		if (!found)
			l.end = l.n;
	}
	if (!l.tail)
		return -ENOMEM;
	*ret = TAKE(l);
	return 0;
}

static int line_join(const struct line *l, char **ret)
{
	struct text t = {};

	for (size_t i = 0; i < l->n; i++) {
		text_append(&t, l->list[i].space);
		text_append(&t, l->list[i].text);
	}
	text_append(&t, l->tail);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

/* The last occurrence before `end`, or `end`. */
static size_t line_find(const struct line *l, size_t end, const char *word)
{
	for (size_t i = end; i > 0; i--)
		if (str_eq(l->list[i - 1].text, word))
			return i - 1;
	return end;
}

/* A quote that nobody closes goes on to the end of the line: what stood behind its word would be part of it. */
static bool is_open(const char *word)
{
	bool quoted = false;

	for (; *word; word++)
		if (*word == '"')
			quoted = !quoted;
	return quoted;
}

/* White space with a line break in it, and something behind that: the line goes on there. */
static bool goes_on(const char *tail)
{
	const char *newline = strchr(tail, '\n');

	return newline && newline[1];
}

static int line_add(struct line *l, const char *word)
{
	size_t at = l->end && is_open(l->list[l->end - 1].text) ? l->end - 1 : l->end;
	char **next;
	int r;

	r = line_insert(l, at, strdup(at || l->n ? " " : ""), strdup(word));
	if (r < 0)
		return r;
	l->end++;
	next = at + 1 < l->n ? &l->list[at + 1].space : &l->tail;
	/* In front of a word that began the line, or a part of it; and in the last part even where that is empty. */
	if (at + 1 < l->n ? !**next || strchr(*next, '\n') : goes_on(*next)) {
		char *space = l->list[at].space;

		l->list[at].space = *next;
		*next = space;
		if (at + 1 == l->n)
			*space = '\0';
	}
	return 0;
}

/* The white space before the word goes with it, unless that is where the line begins or breaks: then what follows it. */
static void line_remove(struct line *l, size_t at)
{
	struct word gone = l->list[at];
	char **next = at + 1 < l->n ? &l->list[at + 1].space : &l->tail;

	if ((at == 0 || strchr(gone.space, '\n')) && !strchr(*next, '\n')) {
		free(*next);
		*next = gone.space;
	} else {
		free(gone.space);
	}
	free(gone.text);
	memmove(l->list + at, l->list + at + 1, (l->n - at - 1) * sizeof(*l->list));
	l->n--;
	if (at < l->end)
		l->end--;
}

static int line_replace(struct line *l, size_t at, const char *word)
{
	char *copy = strdup(word);

	if (!copy)
		return -ENOMEM;
	free(l->list[at].text);
	l->list[at].text = copy;
	return 0;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *b && *a != '=' && *b != '='; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return (!*a || *a == '=') && (!*b || *b == '=');
}

static bool line_has(const struct line *l, const char *argument)
{
	for (size_t i = 0; i < l->end; i++)
		if (argument_eq(l->list[i].text, argument))
			return true;
	return false;
}

static bool is_hugepages(const char *argument)
{
	return str_starts(argument, "hugepages=") || str_starts(argument, "hugepagesz=");
}

/* What hugepages= says depends on the hugepagesz= before it: of these two the first wanted one takes the first place. */
static bool may_replace(const char *wanted, const char *unwanted)
{
	return same_name(wanted, unwanted) || (is_hugepages(wanted) && is_hugepages(unwanted));
}

/* Takes the unwanted arguments out, wherever they stand; a wanted one of the same name, unless it is there, takes the first place. */
static int take_out(struct line *l, const struct argument_wish *wish, struct argument_edits *edits)
{
	int r = 0;

	for (size_t i = 0; i < l->end && r >= 0;) {
		const char *word = l->list[i].text, *instead = NULL;

		if (!strv_contains(wish->unwanted, word)) {
			i++;
			continue;
		}
		for (char *const *w = wish->wanted; w && *w && !instead; w++)
			if (may_replace(*w, word) && !line_has(l, *w))
				instead = *w;
		r = argument_edits_add(edits, word, instead);
		if (r >= 0 && instead)
			r = line_replace(l, i++, instead);
		else if (r >= 0)
			line_remove(l, i);
	}
	return r;
}

int kernel_arguments_edit(const char *line, const struct argument_wish *wish, struct argument_edits *edits, char **ret)
{
	_cleanup_(line_done) struct line l = {};
	int r;

	r = line_split(line, &l);
	if (r >= 0)
		r = take_out(&l, wish, edits);
	for (char **w = wish->wanted; w && *w && r >= 0; w++) {
		if (line_has(&l, *w))
			continue;
		r = argument_edits_add(edits, NULL, *w);
		if (r >= 0)
			r = line_add(&l, *w);
	}
	return r < 0 ? r : line_join(&l, ret);
}

int kernel_arguments_take_back(const char *line, const struct argument_edits *edits, char **ret)
{
	_cleanup_(line_done) struct line l = {};
	int r;

	r = line_split(line, &l);
	for (size_t i = edits->n; i > 0 && r >= 0; i--) {
		const struct argument_edit *edit = &edits->list[i - 1];
		size_t at = edit->is ? line_find(&l, l.end, edit->is) : l.end;

		if (at < l.end && edit->was)
			r = line_replace(&l, at, edit->was);
		else if (at < l.end)
			line_remove(&l, at);
		else if (!edit->is && edit->was && !line_has(&l, edit->was))
			r = line_add(&l, edit->was);
	}
	return r < 0 ? r : line_join(&l, ret);
}

bool kernel_arguments_has(const char *line, char *const *arguments, const char **ret_missing)
{
	_cleanup_(line_done) struct line l = {};

	if (line_split(line, &l) < 0)
		return false;
	for (char *const *a = arguments; a && *a; a++)
		if (!line_has(&l, *a)) {
			if (ret_missing)
				*ret_missing = *a;
			return false;
		}
	return true;
}
