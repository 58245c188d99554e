/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What GRUB will boot next: the command line of the entry that its grub.cfg and environment block choose.
 *
 * Only what grub-mkconfig writes is understood (menuentry, submenu, "set default", linux); a grub.cfg made by hand that
 * chooses its entry in another way is reported as unknown, not guessed.
 */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/grub.h"

struct entry {
	char *title, *id, *cmdline, *kernel;
	size_t start, end; /* where its text stands in grub.cfg; end 0: it is not closed */
	int parent;      /* index of the submenu it stands in, or -1 */
	unsigned index;  /* its number within its menu */
	bool is_submenu;
};

struct menu {
	struct entry *list;
	size_t n;
	char *fallback;  /* the entry of "set default=...", without next_entry */
	bool uses_bls;   /* blscfg puts the entries of loader/entries into it */
};

static void menu_done(struct menu *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->list[i].title);
		free(m->list[i].id);
		free(m->list[i].cmdline);
		free(m->list[i].kernel);
	}
	free(m->list);
	free(m->fallback);
	*m = (struct menu){};
}

void grub_done(struct grub *g)
{
	free(g->next_cmdline);
	free(g->next_kernel);
	free(g->entry);
	free(g->block);
	free(g->reason);
	free(g->choice);
	grub_setup_done(&g->setup);
	*g = (struct grub){};
}

/* The next word of a GRUB command: quotes taken off, a backslash takes the next character as it is outside of ''. */
static int next_word(const char **s, char **ret)
{
	struct text t = {};
	char quote = '\0';
	const char *p = *s;

	p += strspn(p, " \t");
	if (!*p) {
		*s = p;
		return 0;
	}
	for (; *p && (quote || !strchr(" \t", *p)); p++) {
		if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (*p == quote) {
			quote = '\0';
		} else if (*p == '\\' && quote != '\'' && p[1]) {
			text_append_bytes(&t, ++p, 1);
		} else {
			text_append_bytes(&t, p, 1);
		}
	}
	*s = p;
	*ret = text_take(&t);
	return *ret ? 1 : -ENOMEM;
}

/* menuentry 'TITLE' --class ... $menuentry_id_option 'ID' { */
static int parse_entry(const char *rest, bool is_submenu, int parent, struct menu *menu)
{
	struct entry entry = { .parent = parent, .is_submenu = is_submenu }, *grown;
	_cleanup_free_ char *title = NULL, *id = NULL;
	bool id_follows = false;
	char *word;
	int r;

	r = next_word(&rest, &title);
	if (r <= 0)
		return r;
	while ((r = next_word(&rest, &word)) > 0) {
		if (id_follows && !id)
			id = TAKE(word);
		id_follows = word && (str_eq(word, "$menuentry_id_option") || str_eq(word, "--id"));
		free(word);
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < menu->n; i++)
		entry.index += menu->list[i].parent == parent;
	grown = realloc(menu->list, (menu->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	menu->list = grown;
	entry.title = TAKE(title);
	entry.id = TAKE(id);
	menu->list[menu->n++] = entry;
	return 0;
}

static bool is_hex_escape(const char *s)
{
	return s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3]);
}

/* A word as GRUB hands it to the kernel: one with a blank in quotes, and quotes and backslashes escaped (lib/cmdline.c). */
static void append_argument(struct text *t, const char *word)
{
	const char *quote = strchr(word, ' ') ? "\"" : "";

	text_printf(t, "%s%s", t->size ? " " : "", quote);
	for (; *word; word++) {
		if (strchr("\\'\"", *word) && !is_hex_escape(word))
			text_append(t, "\\");
		text_append_bytes(t, word, 1);
	}
	text_append(t, quote);
}

/* linux /vmlinuz ARGUMENTS: the words behind the file, with GRUB's quotes taken off. */
static int parse_linux(const char *rest, struct entry *entry)
{
	struct text t = {};
	char *word;
	int r;

	if (entry->cmdline)
		return 0;
	while ((r = next_word(&rest, &word)) > 0) {
		_cleanup_free_ char *owned = word;

		if (entry->kernel)
			append_argument(&t, owned);
		else
			entry->kernel = TAKE(owned);
	}
	if (r < 0) {
		text_done(&t);
		return r;
	}
	entry->cmdline = text_take(&t);
	return entry->cmdline ? 0 : -ENOMEM;
}

static const char *after_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && strchr(" \t", line[n]) && line[n] ? line + n : NULL;
}

static int parse_default(const char *line, struct menu *menu)
{
	const char *value = line + strlen("set default=");
	char *word;
	int r;

	r = next_word(&value, &word);
	if (r < 0)
		return r;
	/* The first branch of grub-mkconfig's header is for next_entry, which comes from the environment here. */
	if (r == 0 || str_eq(word, "${next_entry}")) {
		if (r)
			free(word);
		return 0;
	}
	free(menu->fallback);
	menu->fallback = word;
	return 0;
}

static int parse_cfg(const char *cfg, struct menu *menu)
{
	_cleanup_free_ char *copy = strdup(cfg);
	int submenu = -1, r = 0, depth = 0, submenu_depth = 0, entry_depth = 0;
	struct entry *current = NULL;
	char *save = NULL;
	const char *rest;
	size_t start, end;

	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line && r >= 0; line = strtok_r(NULL, "\n", &save)) {
		start = (size_t)(line - copy);
		end = start + strlen(line);
		line = str_trim(line);
		if (*line == '#')
			continue;
		menu->uses_bls = menu->uses_bls || str_eq(line, "blscfg") || after_word(line, "blscfg");
		if (str_starts(line, "set default="))
			r = parse_default(line, menu);
		else if ((rest = after_word(line, "submenu"))) {
			r = parse_entry(rest, true, submenu, menu);
			submenu = (int)menu->n - 1;
			submenu_depth = depth;
			current = NULL;
		} else if ((rest = after_word(line, "menuentry"))) {
			r = parse_entry(rest, false, submenu, menu);
			current = menu->n ? &menu->list[menu->n - 1] : NULL;
			entry_depth = depth;
			if (current)
				current->start = start;
		} else if (current && ((rest = after_word(line, "linux")) || (rest = after_word(line, "linuxefi")))) {
			r = parse_linux(rest, current);
		}
		/* grub-mkconfig opens blocks at the end of a line and closes them on a line of their own. */
		if (str_ends(line, "{"))
			depth++;
		if (str_eq(line, "}") && depth > 0)
			depth--;
		if (str_eq(line, "}") && current && depth == entry_depth && !current->end)
			current->end = end;
		if (submenu >= 0 && depth <= submenu_depth)
			submenu = menu->list[submenu].parent;
	}
	return r;
}

/* One step of "1>2", "id>id", "title": an entry within the menu `parent`. */
static int find_step(const struct menu *menu, int parent, const char *step)
{
	unsigned number;

	for (size_t i = 0; i < menu->n; i++) {
		const struct entry *e = &menu->list[i];

		if (e->parent != parent)
			continue;
		if (parse_unsigned(step, &number) == 0 ? e->index == number : str_eq(e->id, step) || str_eq(e->title, step))
			return (int)i;
	}
	return -1;
}

/* A submenu stands for its first entry, as GRUB itself takes it. */
static int find_entry(const struct menu *menu, const char *choice)
{
	_cleanup_(strv_freep) char **steps = NULL;
	int at = -1;

	if (strv_split(choice, ">", &steps) < 0 || !steps)
		return -1;
	for (char **step = steps; *step; step++) {
		at = find_step(menu, at, *step);
		if (at < 0)
			return -1;
	}
	for (int guard = 0; at >= 0 && menu->list[at].is_submenu && guard < 8; guard++)
		at = find_step(menu, at, "0");
	return at;
}

/* The environment block: lines NAME=VALUE padded with '#' to 1024 bytes. */
static char *env_value(const char *env, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = env; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (strncmp(line, name, n) == 0 && line[n] == '=' && line[n + 1] && line[n + 1] != '\n')
			return strndup(line + n + 1, strcspn(line + n + 1, "\n"));
	return NULL;
}

/* The entry of this name, or the first, to which GRUB falls back; those of blscfg stand before all others, and are not here. */
static int choose_entry(const struct menu *menu, const char *choice, bool is_once)
{
	unsigned number;
	int at;

	if (menu->uses_bls && parse_unsigned(choice, &number) == 0)
		return -1;
	at = find_entry(menu, choice);
	return at < 0 && !is_once && !menu->uses_bls ? find_entry(menu, "0") : at;
}

int grub_parse(const char *cfg, const char *env, struct grub *ret)
{
	_cleanup_(grub_done) struct grub g = { .is_present = true };
	_cleanup_(menu_done) struct menu menu = {};
	int r, at;

	r = parse_cfg(cfg, &menu);
	if (r < 0)
		return r;
	g.choice = env_value(env, "next_entry");
	g.is_once = g.choice != NULL;
	if (!g.choice && str_eq(menu.fallback, "${saved_entry}"))
		g.choice = env_value(env, "saved_entry");
	if (!g.choice)
		g.choice = strdup(menu.fallback && !strchr(menu.fallback, '$') ? menu.fallback : "0");
	if (!g.choice)
		return -ENOMEM;
	at = choose_entry(&menu, g.choice, g.is_once);
	if (at >= 0 && (size_t)at < menu.n && menu.list[at].cmdline) {
		g.next_cmdline = TAKE(menu.list[at].cmdline);
		g.next_kernel = TAKE(menu.list[at].kernel);
		g.entry = TAKE(menu.list[at].title);
		if (menu.list[at].end)
			g.block = strndup(cfg + menu.list[at].start, menu.list[at].end - menu.list[at].start);
	} else {
		g.reason = menu.uses_bls ? strdup("the entries stand in loader/entries, and are not read") :
					   text_format("the menu has no entry '%s' with a linux line", g.choice);
		if (!g.reason)
			return -ENOMEM;
	}
	*ret = TAKE(g);
	return 0;
}

static int name_reason(struct grub *g)
{
	char *reason;

	if (!g->setup.cfg || !g->reason)
		return 0;
	reason = text_format("/%s: %s", g->setup.cfg, g->reason);
	if (!reason)
		return -ENOMEM;
	free(g->reason);
	g->reason = reason;
	return 0;
}

int grub_read(int root_fd, const struct boot *boot, struct grub *ret)
{
	_cleanup_(grub_setup_done) struct grub_setup setup = {};
	_cleanup_free_ char *cfg = NULL, *env = NULL;
	_cleanup_(grub_done) struct grub g = {};
	int r;

	r = grub_setup_read(root_fd, boot, &setup, &cfg);
	if (r < 0)
		return r;
	/* GRUB goes on without an environment. */
	if (setup.env && fs_read(root_fd, &env, NULL, "%s", setup.env) < 0)
		env = NULL;
	if (cfg)
		r = grub_parse(cfg, env, &g);
	else
		g.reason = TAKE(setup.reason);
	if (r < 0)
		return r;
	g.is_present = cfg || g.reason;
	g.setup = TAKE(setup);
	r = name_reason(&g);
	if (r < 0)
		return r;
	*ret = TAKE(g);
	return 0;
}
