/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan: an ordered list of changes, as data. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "installer/plan.h"

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		change_done(&p->list[i]);
	free(p->list);
	*p = (struct plan){};
}

struct change *plan_add(struct plan *p, enum change_kind kind, const char *target)
{
	struct change *grown = realloc(p->list, (p->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	p->list = grown;
	grown[p->n] = (struct change){ .kind = kind, .target = strdup(target) };
	if (!grown[p->n].target)
		return NULL;
	return &grown[p->n++];
}

int plan_move(struct plan *p, struct change *c)
{
	struct change *added = plan_add(p, c->kind, c->target);

	if (!added)
		return -ENOMEM;
	change_done(added);
	*added = TAKE(*c);
	return 0;
}

int plan_add_command(struct plan *p, char *const *argv, char **expects, const char *summary)
{
	_cleanup_free_ char *line = process_format(argv);
	struct change *c = line ? plan_add(p, CHANGE_COMMAND, line) : NULL;

	if (!c) {
		strv_free(expects);
		return log_oom();
	}
	c->expects = expects;
	c->summary = strdup(summary);
	if (!c->summary || strv_copy(argv, &c->argv) < 0)
		return log_oom();
	return 0;
}

/* The folders above a file that are missing, the uppermost first. */
static int want_parents(struct plan *p, int root_fd, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *folder = strndup(path, (size_t)(slash - path));
		struct change *c;
		bool planned = false;

		if (!folder)
			return log_oom();
		for (size_t i = 0; i < p->n; i++)
			planned = planned || (p->list[i].kind == CHANGE_DIRECTORY && str_eq(p->list[i].target, folder));
		if (planned || fs_exists(root_fd, "%s", folder))
			continue;
		c = plan_add(p, CHANGE_DIRECTORY, folder);
		if (!c || !(c->summary = strdup("make this folder")))
			return log_oom();
		c->after.exists = true;
	}
	return 0;
}

int plan_want_folder(struct plan *p, int root_fd, const char *path)
{
	_cleanup_free_ char *inside = text_format("%s/", path);

	return inside ? want_parents(p, root_fd, inside) : log_oom();
}

/* The file that a path leads to, with all that it has now; a link stays, and what it leads to is changed. */
static int find_file(int root_fd, const char *path, struct content *ret, char **ret_real)
{
	_cleanup_(content_done) struct content content = {};
	_cleanup_free_ char *real = NULL;
	int r;

	r = fs_resolve(root_fd, path, &real);
	if (r == -ELOOP)
		return log_error("/%s is a link that leads to no file; remove it, or put the file there", path), r;
	if (r < 0)
		return log_errno(r, "cannot find /%s", path), r; /* r, for the analyzer's sake: negative */
	r = content_read(root_fd, real, &content);
	if (r >= 0 && content.exists)
		r = content_read_attributes(root_fd, real, &content);
	if (r < 0)
		return log_errno(r, "cannot read /%s", real), r;
	*ret = TAKE(content);
	*ret_real = TAKE(real);
	return 0;
}

/* A file is replaced as a whole: under its other names it would stay the old one, and nobody would know. */
static int check_names(int root_fd, const char *path)
{
	struct stat st;

	if (fs_stat(root_fd, &st, "%s", path) < 0 || st.st_nlink < 2)
		return 0;
	return log_error("/%s has other names (hard links: %lu), which would keep the old content; make it a file of its own (cp, then mv)", path,
			 (unsigned long)st.st_nlink - 1), -EMLINK;
}

int plan_want_file(struct plan *p, int root_fd, const char *path, const char *content, mode_t mode, const char *summary)
{
	_cleanup_(content_done) struct content before = {};
	_cleanup_free_ char *real = NULL;
	struct content after = { .exists = content != NULL, .data = (char *)content, .size = content ? strlen(content) : 0 };
	struct change *c;
	int r;

	r = find_file(root_fd, path, &before, &real);
	if (r < 0)
		return r;
	if (content_eq(&before, &after))
		return 0;
	if (!content && !str_eq(path, real))
		return log_error("/%s is a link, which slipway has not made; remove it, or put the file itself there", path), -ELOOP;
	r = check_names(root_fd, real);
	if (r >= 0 && content)
		r = want_parents(p, root_fd, real);
	if (r < 0)
		return r;
	c = plan_add(p, CHANGE_FILE, real);
	if (!c)
		return log_oom();
	c->before = TAKE(before);
	c->after = (struct content){ .exists = after.exists, .data = content ? strdup(content) : NULL, .size = after.size };
	c->mode = mode;
	c->summary = strdup(summary);
	if (!c->summary || (content && !c->after.data))
		return log_oom();
	return 1;
}

/* As a file of efivarfs has it: attributes, then the data. NULL when memory runs out. */
static char *efivar_file(const struct content *before, const void *data, size_t size)
{
	static const char fresh[] = { 7, 0, 0, 0 }; /* NON_VOLATILE | BOOTSERVICE_ACCESS | RUNTIME_ACCESS, UEFI 2.10 section 8.2 */
	char *file = malloc(sizeof(fresh) + size + 1);

	if (!file)
		return NULL;
	memcpy(file, before->exists ? before->data : fresh, sizeof(fresh));
	memcpy(file + sizeof(fresh), data, size);
	file[sizeof(fresh) + size] = '\0';
	return file;
}

int plan_want_efivar(struct plan *p, int root_fd, const char *name, const void *data, size_t size, bool one_shot, const char *summary)
{
	_cleanup_(content_done) struct content before = {}, after = { .exists = data != NULL };
	struct change *c;
	int r;

	r = efivar_content_read(root_fd, name, &before);
	if (r < 0)
		return log_errno(r, "cannot read EFI variable %s", name);
	if (data) {
		after.data = efivar_file(&before, data, size);
		after.size = size + 4;
	}
	if (data && !after.data)
		return log_oom();
	if (content_eq(&before, &after))
		return 0;
	c = plan_add(p, CHANGE_EFIVAR, name);
	if (!c)
		return log_oom();
	c->before = TAKE(before);
	c->after = TAKE(after);
	c->one_shot = one_shot;
	c->summary = strdup(summary);
	return c->summary ? 1 : log_oom();
}

static void diff_lines(struct text *t, const char *start, const char *end, const char *sign)
{
	while (start < end) {
		const char *newline = memchr(start, '\n', (size_t)(end - start));
		const char *stop = newline ? newline : end;

		text_append(t, sign);
		text_append_bytes(t, start, (size_t)(stop - start));
		text_append(t, "\n");
		start = newline ? newline + 1 : end;
	}
}

/* What slipway changes is one block in a file: the lines that both have before and behind it are left out. */
static void diff_contents(struct text *t, const struct content *before, const struct content *after)
{
	const char *a = before->exists ? before->data : "", *a_end = a + (before->exists ? before->size : 0);
	const char *b = after->exists ? after->data : "", *b_end = b + (after->exists ? after->size : 0);

	for (;;) {
		const char *a_newline = memchr(a, '\n', (size_t)(a_end - a)), *b_newline = memchr(b, '\n', (size_t)(b_end - b));

		if (!a_newline || !b_newline || a_newline - a != b_newline - b || memcmp(a, b, (size_t)(a_newline - a)) != 0)
			break;
		a = a_newline + 1;
		b = b_newline + 1;
	}
	/* The analyzer thinks that "" + 0 may lie behind "". NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	while (a_end > a && b_end > b && a_end[-1] == b_end[-1]) {
		const char *x = a_end - 1, *y = b_end - 1;

		while (x > a && y > b && x[-1] == y[-1] && x[-1] != '\n') {
			x--;
			y--;
		}
		if ((x > a && x[-1] != '\n') || (y > b && y[-1] != '\n'))
			break;
		a_end = x;
		b_end = y;
	}
	diff_lines(t, a, a_end, "-");
	diff_lines(t, b, b_end, "+");
}

/* Data of an EFI variable is seldom text: bytes in hex, and the attributes left out. */
static void diff_bytes(struct text *t, const char *name, const struct content *c, const char *sign)
{
	text_printf(t, "%s%s%s", sign, name, c->exists ? " =" : " (absent)");
	for (size_t i = 4; c->exists && i < c->size; i++)
		text_printf(t, " %02x", (unsigned char)c->data[i]);
	text_append(t, "\n");
}

/* The commands, then what must be so: "? gateway br0 192.0.2.1". */
static void diff_steps(struct text *t, const struct change *c)
{
	bool is_first = true;

	for (char **word = c->argv; word && *word; word++) {
		if (is_first)
			text_append(t, "$");
		if (**word)
			text_printf(t, " %s", *word + (is_first && **word == '-'));
		else
			text_append(t, "\n");
		is_first = !**word;
	}
	for (char **e = c->expects; e && *e; e++)
		text_printf(t, "? %s\n", *e);
}

/* The definition that comes, and what changes about one that is there. */
static void diff_object(struct text *t, const struct change *c)
{
	if (!c->before.exists)
		diff_contents(t, &c->before, &c->after);
	if (c->was_active != c->active)
		text_printf(t, "-%s %s\n+%s %s\n", c->target, c->was_active ? "runs" : "does not run", c->target, c->active ? "runs" : "does not run");
	if (c->was_autostart != c->autostart)
		text_printf(t, "-%s %s\n+%s %s\n", c->target, c->was_autostart ? "starts with the host" : "does not start with the host", c->target,
			    c->autostart ? "starts with the host" : "does not start with the host");
}

char *change_diff(const struct change *c)
{
	struct text t = {};

	switch (c->kind) {
	case CHANGE_POOL:
	case CHANGE_LIBVIRT_NETWORK:
		diff_object(&t, c);
		break;
	case CHANGE_FILE:
	case CHANGE_DOMAIN:
	case CHANGE_ESP_FILE:
		text_printf(&t, "--- %s%s\n+++ %s%s\n", c->before.exists ? "/" : "", c->before.exists ? c->target : "(absent)",
			    c->after.exists ? "/" : "", c->after.exists ? c->target : "(absent)");
		if (c->phase != PHASE_GUESTS) /* it repeats the spec */
			diff_contents(&t, &c->before, &c->after);
		break;
	case CHANGE_MEDIATED:
		text_printf(&t, "--- %s\n+++ %s\n", c->before.exists ? c->target : "(absent)", c->after.exists ? c->target : "(absent)");
		diff_contents(&t, &c->before, &c->after);
		break;
	case CHANGE_SUBCHANNEL:
	case CHANGE_DRIVER:
		text_printf(&t, "-%s is on %s\n+%s is on %s\n", c->target, c->driver_before ? c->driver_before : "no driver", c->target,
			    c->driver_after ? c->driver_after : "the host's driver");
		break;
	case CHANGE_VALUE:
		text_printf(&t, "-/%s is %s\n+/%s is %s\n", c->target, c->before.data, c->target, c->after.data);
		break;
	case CHANGE_VFS:
		diff_contents(&t, &c->before, &c->after);
		break;
	case CHANGE_HOSTDEV:
		text_printf(&t, "%s%s in guest %s\n", c->attach ? "+" : "-", c->target, c->guest);
		break;
	case CHANGE_DIRECTORY:
		text_printf(&t, "+/%s/\n", c->target);
		break;
	case CHANGE_EFIVAR:
		diff_bytes(&t, c->target, &c->before, "-");
		diff_bytes(&t, c->target, &c->after, "+");
		break;
	case CHANGE_ENTRIES:
		for (char **a = c->expects; a && *a; a++)
			text_printf(&t, "=/%s/*: %s\n", c->target, *a);
		break;
	case CHANGE_COMMAND:
		text_printf(&t, "$ %s\n", c->target);
		break;
	case CHANGE_AUTOSTART:
		text_printf(&t, "-guest %s is started by hand\n+guest %s starts with the host\n", c->target, c->target);
		break;
	case CHANGE_NETWORK:
		diff_steps(&t, c);
		break;
	}
	return text_take(&t);
}

struct json_object *plan_to_json(const struct plan *p)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct change *c = &p->list[i];
		struct json_object *o = json_object_new_object();
		_cleanup_free_ char *diff = change_diff(c), *path = NULL;

		if (c->kind == CHANGE_FILE || c->kind == CHANGE_DIRECTORY || c->kind == CHANGE_ENTRIES || c->kind == CHANGE_VALUE)
			path = text_format("/%s", c->target);
		json_add_string(o, "kind", change_ops(c->kind)->name);
		json_add_string(o, "target", path ? path : c->target);
		json_add_string(o, "summary", c->summary);
		json_add_string(o, "diff", diff);
		json_object_array_add(array, o);
	}
	return array;
}
