/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest firmware: the UEFI image that a guest starts from, found through QEMU's firmware descriptors. */

#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/guest_firmware.h"

/* One descriptor, while it is looked at; everything but `json` is borrowed. */
struct descriptor {
	struct json_object *json;
	struct json_object *interfaces, *targets, *features;
	const char *device, *mode;
	const char *code, *code_format, *nvram, *nvram_format;
};

static void descriptor_done(struct descriptor *d)
{
	json_putp(&d->json);
	*d = (struct descriptor){};
}

void guest_firmware_done(struct guest_firmware *f)
{
	free(f->descriptor);
	free(f->code);
	free(f->code_format);
	free(f->nvram);
	free(f->nvram_format);
	*f = (struct guest_firmware){};
}

void firmware_misfits_done(struct firmware_misfits *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->list[i].reason);
	free(m->list);
	*m = (struct firmware_misfits){};
}

static struct json_object *get_object(struct json_object *o, const char *key)
{
	struct json_object *member;

	return json_object_object_get_ex(o, key, &member) && json_object_is_type(member, json_type_object) ? member : NULL;
}

static bool array_is_all(struct json_object *array, enum json_type type)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (!json_object_is_type(json_object_array_get_idx(array, i), type))
			return false;
	return true;
}

static bool array_has(struct json_object *array, const char *s)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
		if (str_eq(json_object_get_string(json_object_array_get_idx(array, i)), s))
			return true;
	return false;
}

static const char *file_parse(struct json_object *mapping, const char *key, const char **path, const char **format)
{
	struct json_object *file = get_object(mapping, key);

	*path = file ? json_get_string(file, "filename") : NULL;
	*format = file ? json_get_string(file, "format") : NULL;
	if (!*path || **path != '/')
		return "a file of its flash mapping has no absolute 'filename'";
	if (!*format)
		return "a file of its flash mapping has no 'format'";
	return NULL;
}

/* FirmwareMappingFlash; the mode is there since QEMU 6.2, and "split" where it is missing. */
static const char *mapping_parse(struct descriptor *d)
{
	struct json_object *mapping = get_object(d->json, "mapping");
	const char *why;

	d->device = mapping ? json_get_string(mapping, "device") : NULL;
	if (!d->device)
		return "'mapping' is no object with a 'device'";
	if (!str_eq(d->device, "flash"))
		return NULL;
	d->mode = json_get_string(mapping, "mode");
	if (!d->mode)
		d->mode = "split";
	why = file_parse(mapping, "executable", &d->code, &d->code_format);
	if (!why && str_eq(d->mode, "split"))
		why = file_parse(mapping, "nvram-template", &d->nvram, &d->nvram_format);
	return why;
}

static const char *targets_parse(struct descriptor *d)
{
	d->targets = json_get_array(d->json, "targets");
	if (!d->targets || !array_is_all(d->targets, json_type_object))
		return "'targets' is no list of objects";
	for (size_t i = 0; i < json_object_array_length(d->targets); i++) {
		struct json_object *target = json_object_array_get_idx(d->targets, i), *machines = json_get_array(target, "machines");

		if (!json_get_string(target, "architecture") || !machines || !array_is_all(machines, json_type_string))
			return "a target has no 'architecture' and list of 'machines'";
	}
	return NULL;
}

/* NULL, or the first thing that docs/interop/firmware.json does not allow. */
static const char *descriptor_parse(const char *text, size_t size, struct descriptor *d)
{
	const char *why;

	if (json_parse(text, size, &d->json) < 0)
		return "it is no JSON document";
	if (!json_object_is_type(d->json, json_type_object))
		return "it is no JSON object";
	d->interfaces = json_get_array(d->json, "interface-types");
	if (!d->interfaces || !array_is_all(d->interfaces, json_type_string))
		return "'interface-types' is no list of strings";
	d->features = json_get_array(d->json, "features");
	if (!d->features || !array_is_all(d->features, json_type_string))
		return "'features' is no list of strings";
	why = targets_parse(d);
	return why ? why : mapping_parse(d);
}

static bool target_fits(const struct descriptor *d, const struct firmware_wish *wish)
{
	for (size_t i = 0; i < json_object_array_length(d->targets); i++) {
		struct json_object *target = json_object_array_get_idx(d->targets, i), *machines = json_get_array(target, "machines");

		if (!str_eq(json_get_string(target, "architecture"), wish->architecture))
			continue;
		for (size_t k = 0; k < json_object_array_length(machines); k++)
			if (!wish->machine || fnmatch(json_object_get_string(json_object_array_get_idx(machines, k)), wish->machine, 0) == 0)
				return true;
	}
	return false;
}

static bool is_file(int root_fd, const char *path)
{
	struct stat st;

	return fs_stat(root_fd, &st, "%s", path) >= 0 && S_ISREG(st.st_mode);
}

/* NULL where everything fits, or what is in the way. */
static char *misfit(int root_fd, const struct descriptor *d, const struct firmware_wish *wish)
{
	if (!array_has(d->interfaces, "uefi"))
		return text_format("no UEFI");
	if (!target_fits(d, wish))
		return wish->machine ? text_format("not for %s with %s*", wish->architecture, wish->machine) :
				       text_format("not for %s", wish->architecture);
	for (const char *const *feature = wish->refuses; feature && *feature; feature++)
		if (array_has(d->features, *feature))
			return text_format("has %s", *feature);
	for (const char *const *feature = wish->needs; feature && *feature; feature++)
		if (!array_has(d->features, *feature))
			return text_format("lacks %s", *feature);
	if (!str_eq(d->device, "flash") || !str_eq(d->mode, "split"))
		return text_format("no pair of flash images");
	if (!str_eq(d->code_format, "raw") || !str_eq(d->nvram_format, "raw"))
		return text_format("flash image is not raw");
	if (wish->is_captured)
		return NULL;
	if (!is_file(root_fd, d->code))
		return text_format("%s is missing", d->code);
	if (!is_file(root_fd, d->nvram))
		return text_format("%s is missing", d->nvram);
	return NULL;
}

static int firmware_from(const struct descriptor *d, const char *path, struct guest_firmware *ret)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {
		.descriptor = text_format("/%s", path),
		/* misfit() has let none pass without names. NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		.code = strdup(d->code), .code_format = strdup(d->code_format),
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		.nvram = strdup(d->nvram), .nvram_format = strdup(d->nvram_format),
	};

	if (!f.descriptor || !f.code || !f.code_format || !f.nvram || !f.nvram_format)
		return -ENOMEM;
	*ret = TAKE(f);
	return 0;
}

/* An empty file, or a link to /dev/null, which a captured host need not have. */
static bool is_mask(int root_fd, const char *path, int r, size_t size)
{
	_cleanup_free_ char *target = NULL;

	if (r >= 0)
		return size == 0;
	return fs_read_link(root_fd, &target, "%s", path) >= 0 && str_eq(target, "/dev/null");
}

/* Owns `reason`. */
static int add_misfit(struct firmware_misfits *misfits, const char *path, char *reason, bool is_malformed)
{
	struct firmware_misfit *grown = reason ? realloc(misfits->list, (misfits->n + 1) * sizeof(*grown)) : NULL;

	if (!grown) {
		free(reason);
		return -ENOMEM;
	}
	misfits->list = grown;
	misfits->list[misfits->n++] = (struct firmware_misfit){ path, reason, is_malformed };
	return 0;
}

/* 1 when this one fits, 0 when it does not, and then `misfits` has grown. */
static int consider(int root_fd, const char *path, const struct firmware_wish *wish, struct guest_firmware *ret, struct firmware_misfits *misfits)
{
	_cleanup_(descriptor_done) struct descriptor d = {};
	_cleanup_free_ char *text = NULL;
	const char *why;
	char *reason;
	size_t size = 0;
	int r;

	r = fs_read(root_fd, &text, &size, "%s", path);
	if (is_mask(root_fd, path, r, size))
		return 0;
	why = r < 0 ? strerror(-r) : descriptor_parse(text, size, &d);
	if (why)
		return add_misfit(misfits, path, strdup(why), true);
	reason = misfit(root_fd, &d, wish);
	if (reason)
		return add_misfit(misfits, path, reason, false);
	r = firmware_from(&d, path, ret);
	return r < 0 ? r : 1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(str_base(*(char *const *)a), str_base(*(char *const *)b));
}

int guest_firmware_find(int root_fd, char *const *descriptors, const struct firmware_wish *wish, struct guest_firmware *ret, struct firmware_misfits *misfits)
{
	size_t n = strv_length(descriptors);
	_cleanup_free_ char **sorted = calloc(n + 1, sizeof(*sorted));
	int r = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = descriptors[i];
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < n && r == 0; i++)
		r = consider(root_fd, sorted[i], wish, ret, misfits);
	return r;
}
