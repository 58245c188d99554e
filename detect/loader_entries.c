/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot loader entries of a host, in the order of the menu, and the one that boots next. */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/efi.h"
#include "detect/grub.h"
#include "detect/load_option.h"
#include "detect/loader_entries.h"

#define ENTRY_FOLDER "loader/entries"

void loader_entries_done(struct loader_entries *e)
{
	for (size_t i = 0; i < e->n; i++)
		loader_entry_done(&e->list[i]);
	free(e->list);
	free(e->next_cmdline);
	free(e->why);
	free(e->reason);
	*e = (struct loader_entries){ .next = -1 };
}

/* The first reason counts. Takes `reason`, also NULL for memory that ran out. */
static int set_reason(struct loader_entries *e, char *reason)
{
	if (!reason)
		return -ENOMEM;
	if (e->reason)
		free(reason);
	else
		e->reason = reason;
	return 0;
}

static int add(struct loader_entries *e, struct loader_entry *entry)
{
	struct loader_entry *grown = realloc(e->list, (e->n + 1) * sizeof(*grown));

	if (!grown) {
		loader_entry_done(entry);
		return -ENOMEM;
	}
	e->list = grown;
	e->list[e->n++] = *entry;
	return 0;
}

static int read_entry(int root_fd, const char *path, bool is_unified, struct loader_entries *e)
{
	struct loader_entry entry;
	_cleanup_free_ char *text = NULL;
	int r;

	r = is_unified ? 0 : fs_read(root_fd, &text, NULL, "%s", path);
	if (r < 0)
		return r == -ENOMEM ? r : set_reason(e, text_format("/%s cannot be read: %s", path, strerror(-r)));
	r = loader_entry_parse(path, text ? text : "", &entry);
	if (r < 0)
		return r;
	entry.is_unified = is_unified;
	return add(e, &entry);
}

static int read_folder(int root_fd, const char *folder, const char *ending, struct loader_entries *e)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, "%s", folder);
	if (r < 0 && r != -ENOENT && r != -ENOMEM)
		return set_reason(e, text_format("/%s cannot be listed: %s", folder, strerror(-r)));
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *path = text_format("%s/%s", folder, *name);

		if (!path)
			return -ENOMEM;
		if (str_ends(*name, ending))
			r = read_entry(root_fd, path, str_eq(ending, ".efi"), e);
	}
	return r < 0 ? r : 0;
}

int loader_entries_read(int root_fd, char *const *folders, struct loader_entries *ret)
{
	_cleanup_(loader_entries_done) struct loader_entries e = { .next = -1 };
	int r = 0;

	for (char *const *folder = folders; folder && *folder && r >= 0; folder++) {
		_cleanup_free_ char *images = NULL;

		r = read_folder(root_fd, *folder, ".conf", &e);
		if (r < 0)
			return r;
		if (!str_ends(*folder, "/" ENTRY_FOLDER))
			continue;
		images = text_format("%.*sEFI/Linux", (int)(strlen(*folder) - strlen(ENTRY_FOLDER)), *folder);
		r = images ? read_folder(root_fd, images, ".efi", &e) : -ENOMEM;
	}
	if (r < 0)
		return r;
	if (e.n)
		qsort(e.list, e.n, sizeof(*e.list), loader_entry_compare);
	*ret = e;
	e = (struct loader_entries){ .next = -1 };
	return 0;
}

static int set_next(struct loader_entries *e, size_t i, const char *why)
{
	e->next = (int)i;
	e->why = strdup(why);
	if (!e->why)
		return -ENOMEM;
	if (e->list[i].is_unified)
		return set_reason(e, text_format("/%s boots next, a unified image with its command line inside", e->list[i].path));
	e->next_cmdline = strdup(e->list[i].options);
	return e->next_cmdline ? 0 : -ENOMEM;
}

/* The first that matches the pattern; file names on an EFI system partition know no case. 1: found. */
static int choose_match(struct loader_entries *e, const char *pattern, const char *why)
{
	for (size_t i = 0; i < e->n; i++)
		if (fnmatch(pattern, e->list[i].id, FNM_CASEFOLD) == 0) {
			int r = set_next(e, i, why);

			return r < 0 ? r : 1;
		}
	return 0;
}

static int choose_variable(int root_fd, const char *name, struct loader_entries *e)
{
	_cleanup_free_ uint8_t *data = NULL;
	_cleanup_free_ char *value = NULL;
	size_t size;

	if (efi_read(root_fd, EFI_LOADER, name, &data, &size) < 0)
		return 0;
	value = utf16_to_utf8(data, size / 2);
	if (!value)
		return -ENOMEM;
	if (str_eq(value, "@saved"))
		return choose_variable(root_fd, "LoaderEntryLastBooted", e);
	return choose_match(e, value, name);
}

/* The last "default" of the first of these files counts. */
static int choose_configured(int root_fd, int esp_fd, const char *const *files, struct loader_entries *e)
{
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *text = NULL;
	const char *pattern = NULL;
	size_t i = 0;

	while (files[i] && fs_read(esp_fd, &text, NULL, "%s", files[i]) < 0)
		i++;
	if (!files[i])
		return 0;
	if (strv_split(text, "\n\r", &lines) < 0)
		return -ENOMEM;
	for (char **line = lines; line && *line; line++) {
		char *trimmed = str_trim(*line);

		if (str_starts(trimmed, "default ") || str_starts(trimmed, "default\t"))
			pattern = trimmed + strlen("default") + strspn(trimmed + strlen("default"), " \t");
	}
	if (!pattern)
		return 0;
	return str_eq(pattern, "@saved") ? choose_variable(root_fd, "LoaderEntryLastBooted", e) : choose_match(e, pattern, files[i]);
}

/* A unified image says inside itself where in the menu it stands. */
static int choose_first(struct loader_entries *e)
{
	for (size_t i = 0; i < e->n && e->n > 1; i++)
		if (e->list[i].is_unified)
			return set_reason(e, text_format("nothing names a default, and whether /%s comes first in the menu is not known",
							 e->list[i].path));
	return set_next(e, 0, "the first of the menu");
}

static int choose(int root_fd, int esp_fd, const char *const *files, struct loader_entries *e)
{
	int r;

	if (!e->n)
		return set_reason(e, strdup("there are no boot loader entries"));
	r = choose_variable(root_fd, "LoaderEntryOneShot", e);
	e->is_once = r > 0;
	if (r == 0)
		r = choose_variable(root_fd, "LoaderEntryDefault", e);
	if (r == 0)
		r = choose_configured(root_fd, esp_fd, files, e);
	if (r == 0)
		r = choose_first(e);
	return r < 0 ? r : 0;
}

int loader_entries_choose(int root_fd, struct loader_entries *e)
{
	static const char *const files[] = { "efi/loader/loader.conf", "boot/loader/loader.conf", "boot/efi/loader/loader.conf", NULL };

	return choose(root_fd, root_fd, files, e);
}

int loader_entries_choose_on(int root_fd, int esp_fd, struct loader_entries *e)
{
	static const char *const files[] = { "loader/loader.conf", NULL };

	return choose(root_fd, esp_fd, files, e);
}
