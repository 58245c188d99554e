/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan on disk: plan.json, and the bytes of files beside it. */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/checksum.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/text.h"
#include "installer/journal.h"
#include "installer/plan_store.h"

/* Text members of a change and flags, by name: writing and reading walk the same tables. */
#define STRING(name) { #name, offsetof(struct change, name) }
static const struct {
	const char *name;
	size_t offset;
} strings[] = { STRING(target), STRING(summary), STRING(driver_before), STRING(driver_after), STRING(override_before), STRING(guest), STRING(format),
	      STRING(live_xml), STRING(saved_xml) },
  lists[] = { STRING(argv), STRING(undo), STRING(expects), STRING(words) },
  flags[] = { STRING(attach), STRING(live), STRING(saved), STRING(managed), STRING(autostart), STRING(was_autostart), STRING(active), STRING(was_active), STRING(one_shot), STRING(takes_all_in) };

#define MEMBER(change, offset, type) ((type *)((char *)(change) + (offset)))

/* `o` gets a member of the same name with the checksum, so that a plan tells whether its bytes are still those. */
static int store_content(int root_fd, const char *folder, size_t i, const char *which, const struct content *c, struct json_object *o)
{
	_cleanup_free_ char *path = text_format("%s/%zu.%s", folder, i, which);

	if (!path)
		return -ENOMEM;
	if (!c->exists || !c->data)
		return 0;
	json_add_int(o, which, checksum(c->data, c->size));
	return fs_write(root_fd, path, c->data, c->size, 0600, true);
}

/* Any bytes, as JSON has no word for them. */
static char *hex_format(const char *bytes, size_t size)
{
	struct text t = {};

	text_append(&t, "");
	for (size_t i = 0; i < size; i++)
		text_printf(&t, "%02x", (unsigned char)bytes[i]);
	return text_take(&t);
}

static void attributes_to_json(const struct attributes *a, struct json_object *o)
{
	struct json_object *array;

	json_add_int(o, "mode", a->mode);
	json_add_int(o, "uid", a->uid);
	json_add_int(o, "gid", a->gid);
	array = json_add_array(o, "extended");
	for (size_t i = 0; i < a->n; i++) {
		_cleanup_free_ char *value = hex_format(a->list[i].value, a->list[i].size);
		struct json_object *one = json_object_new_object();

		json_add_string(one, "name", a->list[i].name);
		json_add_string(one, "value", value);
		json_object_array_add(array, one);
	}
}

static struct json_object *change_to_json(const struct change *c)
{
	struct json_object *o = json_object_new_object();

	json_add_string(o, "kind", change_ops(c->kind)->name);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		json_add_string(o, strings[i].name, *MEMBER(c, strings[i].offset, char *));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		json_add_strv(o, lists[i].name, *MEMBER(c, lists[i].offset, char **));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		json_add_bool(o, flags[i].name, *MEMBER(c, flags[i].offset, bool));
	json_add_bool(o, "existed", c->before.exists);
	json_add_bool(o, "exists", c->after.exists);
	json_add_int(o, "mode", c->mode);
	json_add_int(o, "phase", c->phase);
	if (c->before.attributes)
		attributes_to_json(c->before.attributes, json_add_object(o, "attributes"));
	return o;
}

int plan_store(int root_fd, unsigned transaction, const struct plan *plan, uint32_t *ret_checksum)
{
	_cleanup_json_ struct json_object *document = json_object_new_object();
	_cleanup_free_ char *folder = text_format(JOURNAL_FOLDER "/transactions/%u", transaction), *path = NULL;
	struct json_object *array = json_add_array(document, "changes");
	const char *text;
	int r;

	path = folder ? text_format("%s/plan.json", folder) : NULL;
	if (!path)
		return -ENOMEM;
	r = fs_mkdir_all(root_fd, folder);
	for (size_t i = 0; i < plan->n && r >= 0; i++) {
		struct json_object *o = change_to_json(&plan->list[i]), *sums = json_add_object(o, "checksums");

		json_object_array_add(array, o);
		r = store_content(root_fd, folder, i, "before", &plan->list[i].before, sums);
		if (r >= 0)
			r = store_content(root_fd, folder, i, "after", &plan->list[i].after, sums);
	}
	if (r < 0)
		return r;
	text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY);
	*ret_checksum = checksum(text, strlen(text));
	return fs_write(root_fd, path, text, strlen(text), 0600, true);
}

static int load_list(struct json_object *array, char ***ret)
{
	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		const char *s = json_object_get_string(json_object_array_get_idx(array, i));

		if (!s)
			return -EINVAL;
		if (strv_add(ret, s) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int hex_parse(const char *text, char **ret, size_t *ret_size)
{
	size_t n = strlen(text) / 2;
	char *bytes = malloc(n + 1);

	for (size_t i = 0; bytes && i < n; i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
			free(bytes);
			return -EINVAL;
		}
		bytes[i] = (char)byte;
	}
	*ret = bytes;
	*ret_size = n;
	return bytes ? 0 : -ENOMEM;
}

static int load_attributes(struct json_object *o, struct attributes *ret)
{
	_cleanup_(attributes_done) struct attributes a = { .mode = (mode_t)json_get_int(o, "mode"), .uid = (uid_t)json_get_int(o, "uid"),
							   .gid = (gid_t)json_get_int(o, "gid") };
	struct json_object *array = json_get_array(o, "extended");

	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i);
		const char *name = json_get_string(one, "name"), *text = json_get_string(one, "value");
		_cleanup_free_ char *value = NULL;
		size_t size;
		int r;

		r = name && text ? hex_parse(text, &value, &size) : -EINVAL;
		if (r >= 0)
			r = attributes_add(&a, name, value, size);
		if (r < 0)
			return r;
	}
	*ret = TAKE(a);
	return 0;
}

static int load_content(int root_fd, unsigned transaction, size_t i, const char *which, bool exists, bool has_bytes, struct json_object *sums,
			struct content *ret)
{
	struct content c = { .exists = exists };
	struct json_object *sum;
	int r = 0;

	if (exists && has_bytes)
		r = fs_read(root_fd, &c.data, &c.size, JOURNAL_FOLDER "/transactions/%u/%zu.%s", transaction, i, which);
	if (r < 0)
		return r;
	if (c.data && sums && json_object_object_get_ex(sums, which, &sum) && json_object_get_int64(sum) != checksum(c.data, c.size)) {
		content_done(&c);
		return -EBADMSG;
	}
	*ret = c;
	return 0;
}

static int change_from_json(int root_fd, unsigned transaction, size_t index, struct json_object *o, struct plan *plan)
{
	const char *kind = json_get_string(o, "kind"), *target = json_get_string(o, "target");
	struct json_object *attributes, *sums = NULL;
	struct change *c = NULL;
	bool has_bytes;
	int64_t phase;
	int r = 0;

	for (int k = 0; kind && target && k < CHANGE_KINDS; k++)
		if (str_eq(kind, change_ops((enum change_kind)k)->name)) {
			c = plan_add(plan, (enum change_kind)k, target);
			if (!c)
				return -ENOMEM;
			break;
		}
	if (!c)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		const char *value = json_get_string(o, strings[i].name);
		char **field = MEMBER(c, strings[i].offset, char *);

		free(*field);
		*field = value ? strdup(value) : NULL;
		if (value && !*field)
			return -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists) && r >= 0; i++)
		r = load_list(json_get_array(o, lists[i].name), MEMBER(c, lists[i].offset, char **));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		*MEMBER(c, flags[i].offset, bool) = json_get_bool(o, flags[i].name);
	c->mode = (mode_t)json_get_int(o, "mode");
	phase = json_get_int(o, "phase");
	c->phase = phase > PHASE_ALWAYS && phase <= PHASE_NETWORK ? (enum change_phase)phase : PHASE_ALWAYS;
	has_bytes = c->kind == CHANGE_FILE || c->kind == CHANGE_DOMAIN || c->kind == CHANGE_EFIVAR || c->kind == CHANGE_ENTRIES ||
		    c->kind == CHANGE_ESP_FILE || c->kind == CHANGE_VFS || c->kind == CHANGE_VALUE || c->kind == CHANGE_POOL || c->kind == CHANGE_LIBVIRT_NETWORK ||
		    c->kind == CHANGE_MEDIATED;
	json_object_object_get_ex(o, "checksums", &sums);
	if (r >= 0)
		r = load_content(root_fd, transaction, index, "before", json_get_bool(o, "existed"), has_bytes, sums, &c->before);
	if (r >= 0 && json_object_object_get_ex(o, "attributes", &attributes)) {
		c->before.attributes = calloc(1, sizeof(*c->before.attributes));
		r = c->before.attributes ? load_attributes(attributes, c->before.attributes) : -ENOMEM;
	}
	if (r >= 0)
		r = load_content(root_fd, transaction, index, "after", json_get_bool(o, "exists"), has_bytes, sums, &c->after);
	return r;
}

int plan_parse(int root_fd, unsigned transaction, const char *text, size_t size, struct plan *ret)
{
	_cleanup_json_ struct json_object *document = NULL;
	_cleanup_(plan_done) struct plan plan = {};
	struct json_object *array;
	int r;

	r = json_parse(text, size, &document);
	if (r < 0)
		return r;
	array = json_get_array(document, "changes");
	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		r = change_from_json(root_fd, transaction, i, json_object_array_get_idx(array, i), &plan);
		if (r < 0)
			return r;
	}
	*ret = TAKE(plan);
	return array ? 0 : -EINVAL;
}

int plan_load(int root_fd, unsigned transaction, int64_t sum, struct plan *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &text, &size, JOURNAL_FOLDER "/transactions/%u/plan.json", transaction);
	if (r < 0)
		return r;
	return sum >= 0 && sum != checksum(text, size) ? -EBADMSG : plan_parse(root_fd, transaction, text, size, ret);
}
