/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that wait: what they are to be made of when what they wait for has come, and how far each of them is. */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/guests_pending.h"
#include "installer/spec.h"

static const char *const progress_names[] = {
	[PROGRESS_WAITS] = "waits", [PROGRESS_BEGUN] = "begun", [PROGRESS_DEFINED] = "defined", [PROGRESS_DONE] = "done", [PROGRESS_FAILED] = "failed",
};

const char *guest_progress_name(enum guest_progress progress)
{
	return progress_names[progress];
}

static void free_list(struct pending_guest *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].name);
		free(list[i].reason);
	}
	free(list);
}

void pending_guests_done(struct pending_guests *g)
{
	free_list(g->list, g->n);
	free_list(g->objects, g->n_objects);
	*g = (struct pending_guests){};
}

/* --- the marker --- */

static char *marker_format(const struct wishes *wishes, const struct allowances *allowed)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *array;

	json_add_string(o, "file", wishes->spec_file);
	json_add_string(o, "spec", wishes->spec);
	array = json_add_array(o, "passthrough");
	for (size_t i = 0; i < wishes->n_passthrough; i++)
		json_append_string(array, wishes->passthrough[i].selector);
	array = json_add_array(o, "allow");
	for (size_t i = 0; allowed && i < allowed->n; i++) {
		_cleanup_free_ char *text = text_format("%s=%s", allowed->list[i].address, allowed->list[i].kind);

		if (!text)
			return NULL;
		json_append_string(array, text);
	}
	return text_format("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
}

static int plan_marker(struct content *before, char *text, struct plan *plan)
{
	struct change *c = plan_add(plan, CHANGE_FILE, GUESTS_PENDING);

	if (!c) {
		free(text);
		return log_oom();
	}
	c->phase = PHASE_GUESTS;
	c->mode = 0600;
	c->before = TAKE(*before);
	c->after = (struct content){ .exists = text != NULL, .data = text, .size = text ? strlen(text) : 0 };
	c->summary = strdup(text ? "the guests that wait come when all else has come" : "no guest waits any more");
	return c->summary ? 0 : log_oom();
}

int guests_pending_plan(int root_fd, const struct wishes *wishes, const struct allowances *allowed, bool waits, struct plan *plan)
{
	_cleanup_(content_done) struct content before = {};
	_cleanup_free_ char *text = NULL;
	int r;

	r = content_read(root_fd, GUESTS_PENDING, &before);
	if (r < 0)
		return log_errno(r, "cannot read /" GUESTS_PENDING);
	if (wishes->spec && waits) {
		text = marker_format(wishes, allowed);
		if (!text)
			return log_oom();
	}
	if (before.exists == (text != NULL) && str_eq(before.data, text))
		return 0;
	return plan_marker(&before, TAKE(text), plan);
}

static int owns_marker(const struct journal *j, const struct transaction *t)
{
	_cleanup_(plan_done) struct plan plan = {};
	int r = journal_load_plan(j, t, &plan);

	for (size_t i = 0; i < plan.n && r >= 0; i++)
		if (plan.list[i].phase == PHASE_GUESTS && t->started[i] && !t->reverted[i])
			return plan.list[i].after.exists ? 1 : -ENODATA;
	return r < 0 ? r : 0;
}

int guests_pending_owner(const struct journal *j, struct transaction **ret)
{
	*ret = NULL;
	for (size_t i = j->n; i > 0; i--) {
		struct transaction *t = &j->list[i - 1];
		int r = transaction_stands(t) ? owns_marker(j, t) : 0;

		if (r == -ENODATA)
			return 0; /* since then none waits any more */
		if (r < 0)
			return r;
		if (r > 0)
			return *ret = t, 0;
	}
	return 0;
}

static int add_wishes(struct json_object *o, struct wishes *wishes, struct allowances *allowed)
{
	struct json_object *selectors = json_get_array(o, "passthrough"), *allow = json_get_array(o, "allow");
	int r = 0;

	for (size_t i = 0; selectors && i < json_object_array_length(selectors) && r >= 0; i++) {
		const char *s = json_object_get_string(json_object_array_get_idx(selectors, i));

		r = s && wishes_add_passthrough(wishes, s, 0, BIND_WISH_AUTO) < 0 ? log_oom() : 0;
	}
	for (size_t i = 0; allow && i < json_object_array_length(allow) && r >= 0; i++) {
		const char *s = json_object_get_string(json_object_array_get_idx(allow, i));

		r = s ? allowances_add(allowed, s) : 0;
	}
	return r;
}

int guests_pending_read(int root_fd, struct wishes *ret, struct allowances *ret_allowed)
{
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(wishes_done) struct wishes wishes = {};
	_cleanup_json_ struct json_object *o = NULL;
	_cleanup_free_ char *text = NULL;
	const char *spec, *file;
	size_t size;
	int r;

	r = fs_read(root_fd, &text, &size, GUESTS_PENDING);
	if (r == -ENOENT)
		return r;
	if (r >= 0)
		r = json_parse(text, size, &o);
	if (r < 0)
		return log_errno(r, "cannot read /" GUESTS_PENDING);
	spec = json_get_string(o, "spec");
	file = json_get_string(o, "file");
	if (!spec)
		return log_invalid("/" GUESTS_PENDING " is no file of slipway's");
	r = spec_parse(spec, file ? file : "/" GUESTS_PENDING, &wishes);
	if (r >= 0)
		r = add_wishes(o, &wishes, &allowed);
	if (r < 0)
		return r;
	*ret = TAKE(wishes);
	*ret_allowed = TAKE(allowed);
	return 0;
}

/* --- the record --- */

struct pending_guest *pending_guests_find(const struct pending_guests *g, const char *name)
{
	for (size_t i = 0; i < g->n; i++)
		if (str_eq(g->list[i].name, name))
			return &g->list[i];
	return NULL;
}

struct pending_guest *pending_objects_find(const struct pending_guests *g, const char *kind, const char *name)
{
	size_t n = strlen(kind);

	for (size_t i = 0; i < g->n_objects; i++)
		if (str_starts(g->objects[i].name, kind) && g->objects[i].name[n] == ' ' && str_eq(g->objects[i].name + n + 1, name))
			return &g->objects[i];
	return NULL;
}

/* Takes the name over, also on failure. */
static struct pending_guest *add_one(struct pending_guest **list, size_t *n, char *name)
{
	struct pending_guest *grown = name ? reallocarray(*list, *n + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		free(name);
		return NULL;
	}
	*list = grown;
	grown[*n] = (struct pending_guest){ .name = name };
	return &grown[(*n)++];
}

static int fill_object(struct pending_guests *g, const char *kind, const char *name)
{
	if (pending_objects_find(g, kind, name))
		return 0;
	return add_one(&g->objects, &g->n_objects, text_format("%s %s", kind, name)) ? 0 : log_oom();
}

int pending_guests_fill(struct pending_guests *g, const struct wishes *wishes)
{
	int r = 0;

	for (size_t i = 0; i < wishes->guests.n; i++) {
		const char *name = guest_settings_find(&wishes->guests.list[i], "name");

		if (name && !pending_guests_find(g, name) && !add_one(&g->list, &g->n, strdup(name)))
			return log_oom();
	}
	for (size_t i = 0; i < wishes->objects.n_pools && r >= 0; i++)
		r = fill_object(g, "pool", wishes->objects.pools[i].name);
	for (size_t i = 0; i < wishes->objects.n_networks && r >= 0; i++)
		r = fill_object(g, "network", wishes->objects.networks[i].name);
	return r;
}

static void format_list(struct json_object *array, const struct pending_guest *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_new_object();

		json_add_string(one, "name", list[i].name);
		json_add_string(one, "state", guest_progress_name(list[i].progress));
		json_add_int(one, "attempts", list[i].attempts);
		json_add_string(one, "reason", list[i].reason);
		json_object_array_add(array, one);
	}
}

char *pending_guests_format(const struct pending_guests *g)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	json_add_int(o, "transaction", g->transaction);
	format_list(json_add_array(o, "guests"), g->list, g->n);
	if (g->n_objects)
		format_list(json_add_array(o, "objects"), g->objects, g->n_objects);
	return text_format("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
}

static int parse_one(struct json_object *o, struct pending_guest **list, size_t *n)
{
	const char *name = json_get_string(o, "name"), *state = json_get_string(o, "state"), *reason = json_get_string(o, "reason");
	int64_t attempts = json_get_int(o, "attempts");
	struct pending_guest *one;
	size_t i = 0;

	while (state && i < ARRAY_SIZE(progress_names) && !str_eq(state, progress_names[i]))
		i++;
	if (!name || !state || i == ARRAY_SIZE(progress_names) || attempts < 0 || attempts > UINT_MAX)
		return -EINVAL;
	one = add_one(list, n, strdup(name));
	if (!one)
		return -ENOMEM;
	one->progress = (enum guest_progress)i;
	one->attempts = (unsigned)attempts;
	one->reason = reason ? strdup(reason) : NULL;
	return reason && !one->reason ? -ENOMEM : 0;
}

/* NULL: there are none. */
static int parse_list(struct json_object *array, struct pending_guest **list, size_t *n)
{
	int r = 0;

	for (size_t i = 0; array && i < json_object_array_length(array) && r >= 0; i++)
		r = parse_one(json_object_array_get_idx(array, i), list, n);
	return r;
}

int pending_guests_parse(const char *text, size_t size, struct pending_guests *ret)
{
	_cleanup_(pending_guests_done) struct pending_guests g = {};
	_cleanup_json_ struct json_object *o = NULL;
	struct json_object *array;
	int64_t transaction;
	int r;

	r = json_parse(text, size, &o);
	if (r < 0)
		return r;
	transaction = json_get_int(o, "transaction");
	array = json_get_array(o, "guests");
	if (transaction <= 0 || transaction > UINT_MAX || !array)
		return -EINVAL;
	g.transaction = (unsigned)transaction;
	r = parse_list(array, &g.list, &g.n);
	if (r >= 0)
		r = parse_list(json_get_array(o, "objects"), &g.objects, &g.n_objects);
	if (r < 0)
		return r;
	*ret = TAKE(g);
	return 0;
}

int pending_guests_read(int root_fd, unsigned transaction, struct pending_guests *ret)
{
	_cleanup_(pending_guests_done) struct pending_guests g = {};
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &text, &size, GUESTS_RECORD);
	if (r >= 0)
		r = pending_guests_parse(text, size, &g);
	if (r == -ENOMEM)
		return log_oom();
	if (r < 0 && r != -ENOENT)
		log_warning("/" GUESTS_RECORD " is no record of slipway's; the guests that are missing are taken to be wanted");
	if (r >= 0 && g.transaction == transaction)
		*ret = TAKE(g);
	else
		*ret = (struct pending_guests){ .transaction = transaction };
	return 0;
}

int pending_guests_write(int root_fd, const struct pending_guests *g)
{
	_cleanup_free_ char *text = pending_guests_format(g);
	int r;

	if (!text)
		return log_oom();
	r = fs_write(root_fd, GUESTS_RECORD, text, strlen(text), 0644, true);
	return r < 0 ? log_errno(r, "cannot write /" GUESTS_RECORD) : 0;
}

static bool is_settled(const struct pending_guest *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].progress != PROGRESS_DONE && list[i].progress != PROGRESS_FAILED)
			return false;
	return true;
}

bool pending_guests_are_settled(const struct pending_guests *g)
{
	return is_settled(g->list, g->n) && is_settled(g->objects, g->n_objects);
}

void pending_guest_set(struct pending_guest *g, enum guest_progress progress, char *reason)
{
	free(g->reason);
	g->reason = reason;
	g->progress = progress;
}

void pending_guest_fail(struct pending_guest *g, const char *kind, char *reason)
{
	bool is_last = g->attempts >= GUEST_ATTEMPTS;

	log_warning("%s%s: %s%s", kind, g->name, reason ? reason : "it cannot be made", is_last ? "; it was the last attempt" : "");
	pending_guest_set(g, is_last ? PROGRESS_FAILED : PROGRESS_WAITS, reason);
}
