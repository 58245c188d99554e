/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What boots next where zipl decides. The configuration alone says what zipl was asked for, or will be: what it has put into its boot map boots, and
 * so the default's command line counts where the map has it.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/loader_entries.h"
#include "detect/next_zipl.h"
#include "detect/zipl_conf.h"
#include "detect/zipl_map.h"

#define ENTRIES "boot/loader/entries"

struct choice {
	char *name;     /* of the section; NULL: none is the default */
	char *cmdline;
	char *source;   /* the file that says so */
	char *release;  /* of its kernel; NULL: not known */
	char *folder;   /* of the boot map */
};

static void choice_done(struct choice *c)
{
	free(c->name);
	free(c->cmdline);
	free(c->source);
	free(c->release);
	free(c->folder);
}

/* "/boot/vmlinuz" is a link to the kernel's file in some distributions. */
static int find_release(int root_fd, const struct zipl_line *image, char **ret)
{
	_cleanup_free_ char *path = image && image->start ? zipl_line_path(image) : NULL, *target = NULL;
	const char *name, *dash;

	if (!image || !image->start)
		return 0;
	if (!path)
		return -ENOMEM;
	if (fs_read_link_base(root_fd, &target, "%s", path) < 0)
		target = NULL;
	name = target ? target : str_base(path);
	dash = strchr(name, '-');
	if (!dash || !(str_starts(name, "vmlinuz-") || str_starts(name, "image-") || str_starts(name, "Image-")))
		return 0;
	*ret = strdup(dash + 1);
	return *ret ? 0 : -ENOMEM;
}

/* Line ends become blanks, several at once one (zipl/src/job.c, get_parmline()). */
static int append_file(int root_fd, const struct zipl_line *file, struct text *t)
{
	_cleanup_free_ char *path = zipl_line_path(file), *text = NULL;

	if (!path || fs_read(root_fd, &text, NULL, "%s", path) < 0)
		return path ? 0 : -ENOMEM;
	for (const char *p = text; *p; p++)
		if (*p != '\n')
			text_append_bytes(t, p, 1);
		else if (p == text || p[-1] != '\n')
			text_append(t, " ");
	return 0;
}

static int take_section(int root_fd, const struct zipl_conf *conf, size_t section, struct choice *c)
{
	const struct zipl_line *file = zipl_conf_find(conf, section, "parmfile"), *line = zipl_conf_find(conf, section, "parameters");
	const struct zipl_section *s = &conf->sections[section];
	_cleanup_(text_done) struct text t = {};
	int r = 0;

	text_append(&t, "");
	if (file && file->start)
		r = append_file(root_fd, file, &t);
	if (line && line->start && t.size && t.data[t.size - 1] != ' ')
		text_append(&t, " ");
	if (line && line->start)
		text_append_bytes(&t, line->start, (size_t)(line->end - line->start));
	if (r >= 0)
		r = find_release(root_fd, zipl_conf_find(conf, section, "image"), &c->release);
	c->name = strndup(s->name, s->name_size);
	c->cmdline = text_take(&t);
	c->source = strdup(ZIPL_CONF);
	return r < 0 || !c->name || !c->cmdline || !c->source ? -ENOMEM : 0;
}

static int take_entry(const struct loader_entry *e, struct choice *c)
{
	const char *release = loader_entry_release(e);

	c->name = strdup(e->title ? e->title : e->id);
	c->cmdline = strdup(e->options);
	c->source = strdup(e->path);
	c->release = release ? strdup(release) : NULL;
	return !c->name || !c->cmdline || !c->source || (release && !c->release) ? -ENOMEM : 0;
}

static bool is_named(const struct loader_entry *e, const struct zipl_line *name)
{
	size_t n = (size_t)(name->end - name->start);

	return e->title && strlen(e->title) == n && memcmp(e->title, name->start, n) == 0;
}

/* The one of that title; without a name the last in the order of versions of the files' names, which zipl takes first. */
static const struct loader_entry *find_entry(const struct loader_entries *entries, const struct zipl_line *name)
{
	const struct loader_entry *found = NULL;

	for (size_t i = 0; i < entries->n; i++) {
		const struct loader_entry *e = &entries->list[i];

		if (name && name->start ? is_named(e, name) : !found || strverscmp(str_base(e->path), str_base(found->path)) > 0)
			found = e;
	}
	return found;
}

/* An automatic menu has the sections of zipl.conf first. */
static size_t first_section(const struct zipl_conf *conf)
{
	for (size_t i = 1; i < conf->n_sections; i++)
		if (zipl_conf_find(conf, i, "image") && !zipl_conf_find(conf, i, "tape"))
			return i;
	return 0;
}

static int choose(int root_fd, const struct zipl_conf *conf, struct choice *c)
{
	static char *const folders[] = { (char *)ENTRIES, NULL };
	_cleanup_(loader_entries_done) struct loader_entries entries = { .next = -1 };
	const struct zipl_line *name = zipl_conf_default(conf);
	const struct loader_entry *entry = NULL;
	size_t section = 0;

	if (loader_entries_read(root_fd, folders, &entries) < 0)
		return -ENOMEM;
	if (name && name->start)
		section = zipl_conf_section(conf, name->start, (size_t)(name->end - name->start), false);
	else if (zipl_conf_is_automatic(conf))
		section = first_section(conf);
	else
		return 0;
	if (!section)
		entry = find_entry(&entries, name);
	c->folder = section || entry ? zipl_conf_target(conf, section) : NULL;
	if ((section || entry) && !c->folder)
		return -ENOMEM;
	return section ? take_section(root_fd, conf, section, c) : entry ? take_entry(entry, c) : 0;
}

static char *read_reipl(int root_fd, const char *type, const char *name)
{
	char *text = NULL;

	return fs_read_line(root_fd, &text, "sys/firmware/reipl/%s/%s", type, name) < 0 ? NULL : text;
}

/* The machine may be told to boot from elsewhere, or another entry; a new sentence about that, or NULL. -ENOMEM. */
static int find_elsewhere(int root_fd, char **ret)
{
	_cleanup_free_ char *type = NULL, *loadparm = NULL, *next = NULL, *now = NULL;

	if (fs_read_line(root_fd, &type, "sys/firmware/reipl/reipl_type") < 0)
		return 0;
	loadparm = read_reipl(root_fd, type, "loadparm");
	next = read_reipl(root_fd, type, "device");
	if (fs_read_line(root_fd, &now, "sys/firmware/ipl/device") < 0)
		now = NULL;
	if (now && next && !str_eq(now, next))
		*ret = text_format("the next boot comes from %s (/sys/firmware/reipl/%s/device), and this one came from %s", next, type, now);
	else if (loadparm && *loadparm && !str_eq(loadparm, "0"))
		*ret = text_format("LOADPARM '%s' (/sys/firmware/reipl/%s/loadparm) goes before the default of zipl's boot record, and may choose another entry",
				   loadparm, type);
	else
		return 0;
	return *ret ? 0 : -ENOMEM;
}

static int set_unknown(char *reason, struct kernel *k)
{
	_cleanup_free_ char *owned = reason;

	return owned ? kernel_set_next_unknown(owned, k) : -ENOMEM;
}

static int conclude(int root_fd, const struct choice *c, struct kernel *k)
{
	int r = c->cmdline && *c->cmdline ? zipl_map_has(root_fd, c->folder, c->cmdline) : -ENOENT;

	if (r == -ENOMEM)
		return r;
	if (r == -ENOENT)
		return kernel_set_next_unknown("zipl has put the next boot's arguments into its boot record, which is not read; /etc/zipl.conf has what it was "
					       "asked for", k);
	if (r < 0)
		return set_unknown(text_format("zipl has put the next boot's arguments into its boot record, and /%s/bootmap cannot be read: %s", c->folder,
					       strerror(-r)), k);
	if (!r)
		return set_unknown(text_format("/%s/bootmap lacks the arguments that /%s has for '%s', which boots next: 'zipl' has not run since they were "
					       "written", c->folder, c->source, c->name), k);
	return kernel_set_next(root_fd, c->source, c->cmdline, c->release, k);
}

int next_zipl_read(int root_fd, struct kernel *k)
{
	_cleanup_(zipl_conf_done) struct zipl_conf conf = {};
	_cleanup_(choice_done) struct choice choice = {};
	_cleanup_free_ char *text = NULL, *elsewhere = NULL;

	if (fs_read(root_fd, &text, NULL, ZIPL_CONF) < 0)
		text = NULL;
	if (zipl_conf_parse(text ? text : "", &conf) < 0 || choose(root_fd, &conf, &choice) < 0 || find_elsewhere(root_fd, &elsewhere) < 0)
		return -ENOMEM;
	return elsewhere ? kernel_set_next_unknown(elsewhere, k) : conclude(root_fd, &choice, k);
}
