/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places: the files in which a bootloader keeps kernel command lines, edited where they stand. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/loader_entry.h"
#include "installer/place.h"

void places_done(struct places *places)
{
	for (size_t i = 0; i < places->n; i++) {
		free(places->list[i].path);
		free(places->list[i].base);
	}
	free(places->list);
	*places = (struct places){};
}

int places_add(struct places *places, const struct cmdline_format *format, const char *path)
{
	struct place *grown = realloc(places->list, (places->n + 1) * sizeof(*grown));
	char *copy = strdup(path);

	if (grown)
		places->list = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	grown[places->n++] = (struct place){ .path = copy, .format = format };
	return 0;
}

/* The record of what was done to the files; none is an empty one. */
static int record_read(int root_fd, struct json_object **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &text, &size, ARGUMENTS_FILE);
	if (r == -ENOENT) {
		*ret = json_object_new_object();
		return *ret ? 0 : log_oom();
	}
	if (r >= 0)
		r = json_parse(text, size, ret);
	if (r >= 0 && !json_object_is_type(*ret, json_type_object))
		r = -EINVAL;
	return r < 0 ? log_errno(r, "cannot read /" ARGUMENTS_FILE ", which says what slipway did to the bootloader's files") : 0;
}

/* A place that is new was made of the model, with all that was done to that. */
static struct json_object *record_find(struct json_object *record, const struct places *places, const char *key)
{
	_cleanup_free_ char *model = NULL;
	struct json_object *array = json_get_array(record, key);

	if (array || !places->model)
		return array;
	model = loader_entry_uncounted(places->list[places->model - 1].path);
	return model ? json_get_array(record, model) : NULL;
}

static int record_get(struct json_object *record, const struct places *places, const char *path, struct argument_edits *ret)
{
	struct json_object *array = record_find(record, places, path);
	_cleanup_(strv_freep) char **words = NULL;
	int r;

	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(array, i));

		r = strv_add(&words, word ? word : "");
		if (r < 0)
			return log_oom();
	}
	r = argument_edits_from_words(words, ret);
	return r < 0 ? log_errno(r, "/" ARGUMENTS_FILE ": the list of %s cannot be understood", path) : 0;
}

/* The file's text, and what it would be without slipway. */
static int read_place(int root_fd, const struct places *places, const struct place *place, struct json_object *record,
		      struct content *ret, struct argument_edits *ret_done, char **ret_foreign)
{
	_cleanup_free_ char *why = NULL, *key = loader_entry_uncounted(place->path);
	int r;

	if (!key)
		return log_oom();
	r = content_read(root_fd, place->path, ret);
	if (r < 0)
		return log_errno(r, "cannot read /%s", place->path);
	if (!ret->exists) {
		*ret_foreign = strdup(place->base ? place->base : "");
		return *ret_foreign ? 0 : log_oom();
	}
	/* What stands behind it would be lost. */
	if (strlen(ret->data) != ret->size)
		return log_error("/%s holds a NUL byte, and is left as it is", place->path), -EINVAL;
	r = record_get(record, places, key, ret_done);
	if (r >= 0)
		r = cmdline_file_take_back(place->format, ret->data, ret_done, ret_foreign, &why);
	if (why)
		return log_error("/%s: %s", place->path, why), -EINVAL;
	return r == -ENOMEM ? log_oom() : r;
}

static int add_to_record(const char *path, const struct argument_edits *edits, struct json_object *record)
{
	_cleanup_free_ char *key = loader_entry_uncounted(path);
	_cleanup_(strv_freep) char **words = NULL;

	if (!key || argument_edits_to_words(edits, &words) < 0)
		return -ENOMEM;
	json_add_strv(record, key, words);
	return 0;
}

/* The record holds what was done to the administrator's line; a change, what it does to the one that stands there. */
static int plan_place(const struct host *host, const struct places *places, const struct place *place, struct json_object *record,
		      const struct argument_wish *wish, struct plan *plan, struct json_object *new_record)
{
	_cleanup_(argument_edits_done) struct argument_edits done = {}, edits = {};
	_cleanup_(content_done) struct content content = {};
	_cleanup_free_ char *foreign = NULL, *wanted = NULL, *why = NULL;
	_cleanup_(strv_freep) char **words = NULL;
	struct change *c;
	int r;

	r = read_place(host->root_fd, places, place, record, &content, &done, &foreign);
	if (r < 0)
		return r;
	r = cmdline_file_edit(place->format, foreign, wish, &edits, &wanted, &why);
	if (why)
		return log_error("/%s: %s", place->path, why), -EINVAL;
	if (r < 0 || argument_edits_delta(&done, &edits, &words) < 0)
		return log_oom();
	if ((edits.n || places->model) && add_to_record(place->path, &edits, new_record) < 0)
		return log_oom();
	/* What is not there is made for slipway's arguments only. */
	if (!content.exists && !edits.n)
		return 0;
	r = plan_want_file(plan, host->root_fd, place->path, wanted, 0644, "kernel arguments for the next boot");
	if (r <= 0)
		return r;
	c = &plan->list[plan->n - 1];
	c->words = TAKE(words);
	c->format = strdup(place->format->name);
	return c->format ? 1 : log_oom();
}

/* Where nothing was done anywhere, there is nothing to remember. */
static bool record_is_empty(struct json_object *record)
{
	json_object_object_foreach(record, key, array) {
		(void)key;
		if (json_object_array_length(array))
			return false;
	}
	return true;
}

static int plan_record(int root_fd, struct json_object *record, struct plan *plan)
{
	_cleanup_free_ char *text = NULL;

	if (!record_is_empty(record)) {
		text = text_format("%s\n", json_object_to_json_string_ext(record, JSON_C_TO_STRING_PRETTY));
		if (!text)
			return log_oom();
	}
	return plan_want_file(plan, root_fd, ARGUMENTS_FILE, text, 0644, "what slipway did to the bootloader's files");
}

int places_plan(const struct host *host, const struct places *places, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_json_ struct json_object *record = NULL, *new_record = json_object_new_object();
	bool changed = false;
	int r;

	r = record_read(host->root_fd, &record);
	for (size_t i = 0; i < places->n && r >= 0; i++) {
		r = plan_place(host, places, &places->list[i], record, wish, plan, new_record);
		changed = changed || r > 0;
	}
	if (r >= 0)
		r = plan_record(host->root_fd, new_record, plan);
	return r < 0 ? r : changed || r;
}

int place_record(int root_fd, const char *name, struct argument_edits *ret)
{
	_cleanup_json_ struct json_object *record = NULL;
	int r = record_read(root_fd, &record);

	return r < 0 ? r : record_get(record, &(struct places){}, name, ret);
}

int place_plan_record(int root_fd, const char *name, const struct argument_edits *edits, struct plan *plan)
{
	_cleanup_json_ struct json_object *record = json_object_new_object();

	if (add_to_record(name, edits, record) < 0)
		return log_oom();
	return plan_record(root_fd, record, plan);
}

int places_foreign(const struct host *host, const struct places *places, struct cmdline *ret)
{
	_cleanup_json_ struct json_object *record = NULL;
	_cleanup_(argument_edits_done) struct argument_edits done = {};
	_cleanup_(content_done) struct content content = {};
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *foreign = NULL, *why = NULL;
	int r;

	if (!places->n)
		return 0;
	r = record_read(host->root_fd, &record);
	if (r >= 0)
		r = read_place(host->root_fd, places, &places->list[0], record, &content, &done, &foreign);
	if (r < 0)
		return r;
	r = places->list[0].format->get(foreign, &lines, &why);
	if (why)
		return log_error("/%s: %s", places->list[0].path, why), -EINVAL;
	if (r < 0 || (lines && cmdline_parse(lines[0], ret) < 0))
		return log_oom();
	return 0;
}
