/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of a peer: another host's `slipway --json audit`, and this one's part of its own. */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "cli/peer_document.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

#define SCHEMA "slipway.audit/1"
#define NAMES_MOST 8192u /* no host has so many of anything; more are no answer of slipway's */

static const char *const truth_words[] = { [TRUTH_UNKNOWN] = "unknown", [TRUTH_NO] = "no", [TRUTH_YES] = "yes" };

/* The members, as they stand in the document: texts or null, and lists or null. */
static const struct {
	const char *key;
	size_t offset;
} texts[] = {
	{ "cpu_vendor", offsetof(struct migration, cpu_vendor) }, { "cpu_name", offsetof(struct migration, cpu_name) },
	{ "cpu_signature", offsetof(struct migration, cpu_signature) }, { "kvm_module", offsetof(struct migration, kvm_module) },
	{ "qemu", offsetof(struct migration, qemu) }, { "qemu_version", offsetof(struct migration, qemu_version) },
	{ "libvirt", offsetof(struct migration, libvirt) }, { "libvirt_version", offsetof(struct migration, libvirt_version) },
}, lists[] = {
	{ "cpu_flags", offsetof(struct migration, cpu_flags) }, { "machines", offsetof(struct migration, machines) },
	{ "firmwares", offsetof(struct migration, firmwares) }, { "pools", offsetof(struct migration, pools) },
	{ "networks", offsetof(struct migration, networks) }, { "bridges", offsetof(struct migration, bridges) },
	{ "passthrough", offsetof(struct migration, passthrough) },
};

struct json_object *migration_to_json(const struct migration *m)
{
	struct json_object *o = json_object_new_object();

	json_add_bool(o, "kvm", m->has_kvm);
	json_add_string(o, "nested", truth_words[m->nested]);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		json_add_string(o, texts[i].key, *(char *const *)((const char *)m + texts[i].offset));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct migration_names *names = (const void *)((const char *)m + lists[i].offset);

		if (names->known)
			json_add_strv(o, lists[i].key, names->names);
		else
			json_add_null(o, lists[i].key);
	}
	return o;
}

static int complain(const char *path, const char *key)
{
	return log_invalid("%s: host.migration.%s is missing, or not what slipway writes there", path, key);
}

static int parse_text(struct json_object *o, const char *key, char **ret)
{
	struct json_object *member;

	if (!json_object_object_get_ex(o, key, &member))
		return -EINVAL;
	if (!member)
		return 0;
	/* A NUL byte inside would make one name look like another. */
	if (!json_object_is_type(member, json_type_string) || strlen(json_object_get_string(member)) != (size_t)json_object_get_string_len(member))
		return -EINVAL;
	*ret = strdup(json_object_get_string(member));
	return *ret ? 0 : -ENOMEM;
}

static int parse_names(struct json_object *o, const char *key, struct migration_names *ret)
{
	struct json_object *member;
	size_t n;

	if (!json_object_object_get_ex(o, key, &member) || (member && !json_object_is_type(member, json_type_array)))
		return -EINVAL;
	if (!member)
		return 0;
	n = json_object_array_length(member);
	if (n > NAMES_MOST)
		return -EINVAL;
	ret->names = calloc(n + 1, sizeof(*ret->names));
	if (!ret->names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(member, i);

		if (!json_object_is_type(item, json_type_string) || strlen(json_object_get_string(item)) != (size_t)json_object_get_string_len(item))
			return -EINVAL;
		ret->names[i] = strdup(json_object_get_string(item));
		if (!ret->names[i])
			return -ENOMEM;
	}
	strv_sort(ret->names); /* the comparison rests on it, and the document may come from anywhere */
	ret->known = true;
	return 0;
}

static int parse_words(struct json_object *o, const char *path, struct migration *m)
{
	const char *nested = json_get_string(o, "nested");
	struct json_object *kvm;
	bool is_word = false;

	if (!json_object_object_get_ex(o, "kvm", &kvm) || !json_object_is_type(kvm, json_type_boolean))
		return complain(path, "kvm");
	m->has_kvm = json_object_get_boolean(kvm);
	for (size_t i = 0; i < ARRAY_SIZE(truth_words); i++)
		if (str_eq(nested, truth_words[i])) {
			m->nested = (enum truth)i;
			is_word = true;
		}
	return is_word ? 0 : complain(path, "nested");
}

static int parse_migration(struct json_object *o, const char *path, struct migration *m)
{
	int r;

	r = parse_words(o, path, m);
	for (size_t i = 0; i < ARRAY_SIZE(texts) && r >= 0; i++) {
		r = parse_text(o, texts[i].key, (char **)(void *)((char *)m + texts[i].offset));
		if (r == -EINVAL)
			return complain(path, texts[i].key);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists) && r >= 0; i++) {
		r = parse_names(o, lists[i].key, (void *)((char *)m + lists[i].offset));
		if (r == -EINVAL)
			return complain(path, lists[i].key);
	}
	return r == -ENOMEM ? log_oom() : r;
}

static int peer_document_parse(const char *text, const char *path, struct migration *ret)
{
	_cleanup_(migration_done) struct migration m = {};
	_cleanup_json_ struct json_object *document = NULL;
	struct json_object *host, *migration;
	const char *schema;
	int r;

	r = json_parse(text, strlen(text), &document);
	if (r < 0)
		return log_invalid("%s: it is no JSON document, or was cut off; make it by 'slipway --json audit' on the other host", path);
	schema = json_object_is_type(document, json_type_object) ? json_get_string(document, "schema") : NULL;
	if (!schema)
		return log_invalid("%s: it is no answer of slipway; make it by 'slipway --json audit' on the other host", path);
	if (!str_eq(schema, SCHEMA))
		return log_invalid("%s: it is of schema '%s', and this slipway compares '" SCHEMA "'", path, schema);
	if (!json_object_object_get_ex(document, "host", &host) || !json_object_is_type(host, json_type_object) ||
	    !json_object_object_get_ex(host, "migration", &migration) || !json_object_is_type(migration, json_type_object))
		return log_invalid("%s: host.migration is missing; make the document anew, by a slipway of this version", path);
	r = parse_migration(migration, path, &m);
	if (r < 0)
		return r;
	*ret = TAKE(m);
	return 0;
}

int peer_document_read(const char *path, struct migration *ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = file_read(path, &text);
	if (r < 0)
		return log_errno(r, "cannot read the audit of the peer in %s", path);
	return peer_document_parse(text, path, ret);
}
