/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot loader entry: a file of loader/entries, as kernel-install writes it. */

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/loader_entry.h"

void loader_entry_done(struct loader_entry *e)
{
	free(e->path);
	free(e->id);
	free(e->title);
	free(e->version);
	free(e->machine_id);
	free(e->sort_key);
	free(e->kernel);
	free(e->options);
	*e = (struct loader_entry){};
}

/* Where "+LEFT" or "+LEFT-DONE" stands in front of the ending, or NULL. */
static const char *find_count(const char *path, unsigned *ret_left, unsigned *ret_done)
{
	const char *plus = strrchr(str_base(path), '+'), *p;

	if (!plus)
		return NULL;
	*ret_left = *ret_done = 0;
	for (p = plus + 1; isdigit((unsigned char)*p); p++)
		*ret_left = *ret_left * 10 + (unsigned)(*p - '0');
	if (p == plus + 1 || p > plus + 9)
		return NULL;
	if (*p == '-' && isdigit((unsigned char)p[1]))
		for (p++; isdigit((unsigned char)*p); p++)
			*ret_done = *ret_done * 10 + (unsigned)(*p - '0');
	return str_eq(p, ".conf") || str_eq(p, ".efi") ? plus : NULL;
}

char *loader_entry_uncounted(const char *path)
{
	unsigned left, done;
	const char *count = find_count(path, &left, &done);

	return count ? text_format("%.*s%s", (int)(count - path), path, strrchr(path, '.')) : strdup(path);
}

/* A line "KEY VALUE": is it this key? The value, or NULL. */
static const char *value_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && line[n] && strchr(" \t", line[n]) ? line + n + strspn(line + n, " \t") : NULL;
}

static int parse_line(const char *line, struct text *options, struct loader_entry *e)
{
	static const struct {
		const char *key;
		size_t offset;
	} keys[] = {
		{ "title", offsetof(struct loader_entry, title) },           { "version", offsetof(struct loader_entry, version) },
		{ "machine-id", offsetof(struct loader_entry, machine_id) }, { "sort-key", offsetof(struct loader_entry, sort_key) },
		{ "linux", offsetof(struct loader_entry, kernel) },
	};
	const char *value = value_of(line, "options");

	if (value) {
		text_append(options, options->size ? " " : "");
		text_append(options, value);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char **field = (char **)((char *)e + keys[i].offset);

		value = value_of(line, keys[i].key);
		if (!value)
			continue;
		free(*field);
		*field = strdup(value);
		return *field ? 0 : -ENOMEM;
	}
	return 0;
}

int loader_entry_parse(const char *path, const char *text, struct loader_entry *ret)
{
	_cleanup_(loader_entry_done) struct loader_entry e = { .path = strdup(path), .id = loader_entry_uncounted(str_base(path)) };
	_cleanup_(text_done) struct text options = {};
	_cleanup_(strv_freep) char **lines = NULL;
	int r;

	if (!e.path || !e.id)
		return -ENOMEM;
	e.is_counted = find_count(path, &e.tries_left, &e.tries_done) != NULL;
	r = strv_split(text, "\n\r", &lines);
	for (char **line = lines; line && *line && r >= 0; line++)
		r = parse_line(str_trim(*line), &options, &e);
	if (r < 0)
		return r;
	e.options = text_take(&options);
	if (!e.options)
		return -ENOMEM;
	*ret = TAKE(e);
	return 0;
}

const char *loader_entry_release(const struct loader_entry *e)
{
	const char *name = e->kernel ? str_base(e->kernel) : "";

	if (e->version)
		return e->version;
	return str_starts(name, "vmlinuz-") || str_starts(name, "vmlinux-") ? name + strlen("vmlinuz-") : NULL;
}

static bool counts_in_version(char c)
{
	return isalnum((unsigned char)c) || strchr("-.~^", c);
}

/* One of these separators begins one of both: the one that has it is older. 2: both have it, or none; both go on. */
static int compare_separator(const char **a, const char **b, char separator)
{
	bool x = **a == separator, y = **b == separator;

	if (x != y)
		return x ? -1 : 1;
	*a += x;
	*b += y;
	return 2;
}

/* The run of digits, or else of letters, that begins each. A number is newer than none. */
static int compare_run(const char **a, const char **b)
{
	bool digits = isdigit((unsigned char)**a) || isdigit((unsigned char)**b);
	const char *starts[2] = { *a, *b }, *ends[2];
	size_t n[2];
	int r;

	for (int i = 0; i < 2; i++) {
		const char *p = starts[i];

		while (digits ? isdigit((unsigned char)*p) : isalpha((unsigned char)*p))
			p++;
		ends[i] = p;
	}
	if (digits && (ends[0] == starts[0]) != (ends[1] == starts[1]))
		return ends[0] == starts[0] ? -1 : 1;
	for (int i = 0; i < 2; i++) {
		while (digits && starts[i] < ends[i] && *starts[i] == '0')
			starts[i]++;
		n[i] = (size_t)(ends[i] - starts[i]);
	}
	*a = ends[0];
	*b = ends[1];
	if (digits && n[0] != n[1])
		return n[0] < n[1] ? -1 : 1;
	r = strncmp(starts[0], starts[1], n[0] < n[1] ? n[0] : n[1]);
	return r ? r : n[0] < n[1] ? -1 : n[0] > n[1];
}

int version_compare(const char *a, const char *b)
{
	int r;

	for (;;) {
		while (*a && !counts_in_version(*a))
			a++;
		while (*b && !counts_in_version(*b))
			b++;
		if ((r = compare_separator(&a, &b, '~')) != 2)
			return r;
		if (!*a || !*b)
			return *a ? 1 : *b ? -1 : 0;
		for (const char *s = "-^."; *s; s++)
			if ((r = compare_separator(&a, &b, *s)) != 2)
				return r;
		if ((r = compare_run(&a, &b)) != 0)
			return r;
	}
}

static int compare_text(const char *a, const char *b)
{
	return !a || !b ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

/* UAPI.1, "Sorting": entries with a key first, by key, machine and version, newest first; then by name, newest first. */
int loader_entry_compare(const void *a, const void *b)
{
	const struct loader_entry *x = a, *y = b;
	bool x_bad = x->is_counted && !x->tries_left, y_bad = y->is_counted && !y->tries_left;
	int r;

	if (x_bad != y_bad)
		return x_bad ? 1 : -1;
	if (!x->sort_key != !y->sort_key)
		return x->sort_key ? -1 : 1;
	if (x->sort_key && (r = strcmp(x->sort_key, y->sort_key)) != 0)
		return r;
	if (x->sort_key && (r = compare_text(x->machine_id, y->machine_id)) != 0)
		return r;
	if (x->sort_key && (r = version_compare(y->version ? y->version : "", x->version ? x->version : "")) != 0)
		return r;
	if ((r = version_compare(y->id, x->id)) != 0)
		return r;
	if (x->tries_left != y->tries_left)
		return x->tries_left > y->tries_left ? -1 : 1;
	r = x->tries_done < y->tries_done ? -1 : x->tries_done > y->tries_done;
	return r ? r : strcmp(x->path, y->path);
}
