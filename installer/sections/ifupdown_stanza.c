/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stanzas of ifupdown: those of a port, read line by line, and what of them becomes the bridge's. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "installer/sections/ifupdown_stanza.h"

/* One line, with what continues it. */
struct line {
	const char *start;
	size_t length;
	char **words;
};

static void line_done(struct line *l)
{
	strv_free(l->words);
	*l = (struct line){};
}

/* 1: a line, 0: the end. A comment is not continued (interfaces(5)). */
static int next_line(const char **text, struct line *l)
{
	_cleanup_free_ char *copy = NULL;
	const char *end;

	line_done(l);
	if (!**text)
		return 0;
	l->start = *text;
	do {
		end = strchr(*text, '\n');
		*text = end ? end + 1 : *text + strlen(*text);
	} while (end && end > l->start && end[-1] == '\\' && l->start[strspn(l->start, " \t")] != '#');
	l->length = (size_t)(*text - l->start);
	copy = strndup(l->start, l->length);
	if (!copy)
		return -ENOMEM;
	return strv_split(copy, " \t\\\n", &l->words) < 0 ? -ENOMEM : 1;
}

static bool begins_stanza(const struct line *l)
{
	static const char *const words[] = { "iface", "auto", "mapping", "source", "source-directory", "source-dir", "rename", "template", "no-auto-down", "no-scripts" };

	for (size_t i = 0; l->words && i < ARRAY_SIZE(words); i++)
		if (str_eq(l->words[0], words[i]))
			return true;
	return l->words && str_starts(l->words[0], "allow-");
}

static bool is_comment(const struct line *l)
{
	return !l->words || *l->words[0] == '#';
}

static bool is_command(const char *key)
{
	static const char *const keys[] = { "pre-up", "up", "post-up", "down", "pre-down", "post-down" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

/* What is about the link stays with the port. */
static bool stays(const char *key)
{
	static const char *const prefixes[] = { "mtu", "hwaddress", "link-", "ethtool", "ethernet-", "hardware-", "offload-", "wakeonlan", "dot1x" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(key, prefixes[i]))
			return true;
	return false;
}

static bool has_word(const struct line *l, const char *word)
{
	for (char **w = l->words; w && *w; w++)
		if (strstr(*w, word))
			return true;
	return false;
}

/* One that came from our own file has the bridge's options, which are put anew. */
static bool is_our_option(const struct line *l, const char *bridge)
{
	const char *key = l->words[0];

	if (str_starts(key, "bridge_") || str_eq(key, "mtu"))
		return true;
	/* Those of the port's that have moved name no interface but by $IFACE. */
	return is_command(key) && str_eq(l->words[1], "ip") && str_eq(l->words[2], "link") &&
	       (has_word(l, bridge) || (l->words[3] && str_eq(key, "pre-up") && str_eq(l->words[3], "set") && !has_word(l, "IFACE")));
}

/* -EINVAL after it was said: a command that names the port means one of two interfaces from now on. */
static int check_option(const struct line *l, const char *path, const char *port)
{
	if (str_starts(l->words[0], "bridge") || str_starts(l->words[0], "bond"))
		return log_invalid("/%s: %s belongs to another interface already (%s); take that out first", path, port, l->words[0]);
	if (is_command(l->words[0]) && has_word(l, port)) {
		const char *start = l->start + strspn(l->start, " \t");

		return log_invalid("/%s: '%.*s' names %s; write $IFACE where the bridge is meant, or move the command to another place", path,
				   (int)strcspn(start, "\n"), start, port);
	}
	return 0;
}

/* Takes the options of a stanza; `rest` gets what stays with the port, or is NULL for our own file. */
static int take_options(const char **text, const char *path, const char *port, struct stanzas *s, struct text *rest)
{
	_cleanup_(line_done) struct line l = {};
	const char *next = *text;
	int r;

	while ((r = next_line(&next, &l)) > 0 && !begins_stanza(&l)) {
		if (is_comment(&l)) {
			if (rest)
				text_append_bytes(rest, l.start, l.length);
		} else if (!rest && is_our_option(&l, port)) {
			;
		} else if (rest && stays(l.words[0])) {
			if (str_eq(l.words[0], "mtu") && l.words[1] && !s->mtu)
				s->mtu = strdup(l.words[1]);
			text_append_bytes(rest, l.start, l.length);
		} else {
			r = rest ? check_option(&l, path, port) : 0;
			if (r < 0)
				return r;
			s->has_addresses = true;
			text_append_bytes(&s->text, l.start, l.length);
			if (l.start[l.length - 1] != '\n')
				text_append(&s->text, "\n");
		}
		*text = next;
	}
	return r < 0 ? log_oom() : 0;
}

void stanzas_begin(struct stanzas *s, const char *interface, const char *words)
{
	text_printf(&s->text, "\niface %s %s\n", interface, words);
	if (!s->n++)
		s->options = s->text.size;
}

/* The head of a stanza of the port, for the bridge. */
static int take_head(const struct line *l, const char *bridge, struct stanzas *s)
{
	_cleanup_free_ char *words = strv_join(l->words + 2, " ");

	if (!words)
		return log_oom();
	stanzas_begin(s, bridge, words);
	if (l->words[3] && !str_eq(l->words[3], "manual"))
		s->has_addresses = true;
	return 0;
}

int stanzas_take(const char *text, const char *path, const char *port, const char *bridge, bool *is_first, struct stanzas *s, struct text *rest)
{
	_cleanup_(line_done) struct line l = {};
	int r;

	while ((r = next_line(&text, &l)) > 0) {
		struct text nowhere = {}, *link = rest;

		if (!l.words || !str_eq(l.words[0], "iface") || !str_eq(l.words[1], port) || !l.words[2]) {
			if (rest)
				text_append_bytes(rest, l.start, l.length);
			continue;
		}
		r = take_head(&l, bridge, s);
		if (r < 0)
			return r;
		if (rest && *is_first) {
			if (str_eq(l.words[2], "inet") && str_eq(l.words[3], "manual") && !l.words[4])
				text_append_bytes(rest, l.start, l.length);
			else
				text_printf(rest, "iface %s inet manual\n", port);
		} else if (rest) {
			link = &nowhere;
		}
		*is_first = false;
		r = take_options(&text, path, port, s, link);
		text_done(&nowhere);
		if (r < 0)
			return r;
	}
	return r < 0 ? log_oom() : 0;
}

void stanzas_done(struct stanzas *s)
{
	text_done(&s->text);
	free(s->mtu);
	*s = (struct stanzas){};
}
