/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identity: what a device is remembered by, so that another one at the same address is not mistaken for it. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/record.h"
#include "detect/cmdline.h"
#include "detect/identity.h"
#include "detect/sighting.h"

static const char *const bind_names[] = { [BIND_NONE] = "none", [BIND_ADDRESS] = "address", [BIND_IDS] = "ids" };

void identity_done(struct identity *id)
{
	free(id->address);
	free(id->path);
	free(id->slot);
	free(id->serial);
	free(id->model);
	*id = (struct identity){};
}

void identities_done(struct identities *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		identity_done(&ids->list[i]);
	free(ids->list);
	*ids = (struct identities){};
}

static int copy_string(const char *from, char **to)
{
	if (!from)
		return 0;
	*to = strdup(from);
	return *to ? 0 : -ENOMEM;
}

int identity_of(const struct device *d, enum bind_mode bind, struct identity *ret)
{
	_cleanup_(identity_done) struct identity id = {
		.vendor = d->vendor,
		.product = d->product,
		.subsystem_vendor = d->subsystem_vendor,
		.subsystem_product = d->subsystem_product,
		.class = d->class,
		.pcie_serial = d->capabilities.has_serial ? d->capabilities.serial : 0,
		.bind = bind,
	};

	if (copy_string(d->address, &id.address) < 0 || copy_string(d->path, &id.path) < 0 || copy_string(d->slot, &id.slot) < 0 ||
	    copy_string(d->serial, &id.serial) < 0 || copy_string(d->model, &id.model) < 0)
		return -ENOMEM;
	*ret = TAKE(id);
	return 0;
}

static void format_word(struct text *out, const char *key, const char *value)
{
	_cleanup_free_ char *word = NULL;

	if (!value || !*value)
		return;
	word = text_escape_word(value);
	if (!word)
		out->failed = true;
	else
		text_printf(out, " %s=%s", key, word);
}

void identity_format(const struct identity *id, struct text *out)
{
	text_printf(out, "%s bind=%s id=%04x:%04x subsystem=%04x:%04x class=%06x", id->address, bind_names[id->bind], id->vendor,
		    id->product, id->subsystem_vendor, id->subsystem_product, id->class);
	format_word(out, "path", id->path);
	if (id->pcie_serial)
		text_printf(out, " pcie-serial=%016llx", (unsigned long long)id->pcie_serial);
	format_word(out, "slot", id->slot);
	format_word(out, "serial", id->serial);
	format_word(out, "model", id->model);
	if (id->inode)
		text_printf(out, " inode=%llu", (unsigned long long)id->inode);
	text_append(out, "\n");
}

static int parse_pair(const struct record *r, const char *key, unsigned *a, unsigned *b)
{
	const char *value = record_find(r, key);
	int n = 0;

	/* %x takes signs and 0x, too. */
	if (!value || strlen(value) != 9 || strspn(value, "0123456789abcdefABCDEF:") != 9 || sscanf(value, "%4x:%4x%n", a, b, &n) != 2 || n != 9)
		return -EINVAL;
	return 0;
}

static int parse_bind(const struct record *r, enum bind_mode *ret)
{
	const char *value = record_find(r, "bind");

	for (size_t i = 0; value && i < ARRAY_SIZE(bind_names); i++)
		if (str_eq(value, bind_names[i])) {
			*ret = (enum bind_mode)i;
			return 0;
		}
	return -EINVAL;
}

int identity_parse(char *line, struct identity *ret)
{
	_cleanup_(identity_done) struct identity id = {};
	unsigned domain, bus, device, function;
	struct record record;
	const char *value;
	uint64_t number;
	int r;

	r = record_parse(line, &record);
	if (r <= 0)
		return r;
	if (address_parse(record.name, &domain, &bus, &device, &function) < 0 || parse_bind(&record, &id.bind) < 0 ||
	    parse_pair(&record, "id", &id.vendor, &id.product) < 0 ||
	    parse_pair(&record, "subsystem", &id.subsystem_vendor, &id.subsystem_product) < 0)
		return -EINVAL;
	value = record_find(&record, "class");
	if (!value || parse_hex(value, &number) < 0 || number > 0xffffff)
		return -EINVAL;
	id.class = (unsigned)number;
	value = record_find(&record, "pcie-serial");
	if (value && parse_hex(value, &id.pcie_serial) < 0)
		return -EINVAL;
	value = record_find(&record, "inode");
	if (value) {
		char *end;

		id.inode = (ino_t)strtoull(value, &end, 10);
		if (end == value || *end)
			return -EINVAL;
	}
	value = record_find(&record, "path");
	if (!value || !*value)
		return -EINVAL;
	if (copy_string(record.name, &id.address) < 0 || copy_string(record_find(&record, "path"), &id.path) < 0 ||
	    copy_string(record_find(&record, "slot"), &id.slot) < 0 || copy_string(record_find(&record, "serial"), &id.serial) < 0 ||
	    copy_string(record_find(&record, "model"), &id.model) < 0)
		return -ENOMEM;
	*ret = TAKE(id);
	return 1;
}

/* The early binder asks the same questions in the same order; its test holds both to one table. */
bool identity_agrees(const struct identity *id, const struct device *d, const char **why)
{
	if (id->vendor != d->vendor || id->product != d->product)
		return *why = "vendor and device id", false;
	if (id->subsystem_vendor != d->subsystem_vendor || id->subsystem_product != d->subsystem_product)
		return *why = "subsystem id", false;
	if (id->class != d->class)
		return *why = "class", false;
	if (!str_eq(id->path, d->path))
		return *why = str_starts(d->path, ZPCI_ROOT) ? "function id" : "chain of bridges", false;
	if (id->slot && d->slot && !str_eq(id->slot, d->slot))
		return *why = "slot", false;
	/* Only root reads the capability: a user who sees none has learnt nothing. */
	if (id->pcie_serial && d->capabilities.is_complete && (!d->capabilities.has_serial || id->pcie_serial != d->capabilities.serial))
		return *why = "PCIe serial number", false;
	if (id->serial && d->serial && !d->serial_remembered && !str_eq(id->serial, d->serial))
		return *why = "serial", false;
	return true;
}

int identities_parse(const char *text, const char *file, struct identities *ret)
{
	_cleanup_(identities_done) struct identities ids = {};
	_cleanup_free_ char *copy = strdup(text);
	unsigned number = 0;
	char *next = copy;
	int r;

	if (!copy)
		return log_oom();
	while (next) {
		char *line = strsep(&next, "\n");
		struct identity id, *grown;

		number++;
		r = identity_parse(line, &id);
		if (r == 0)
			continue;
		if (r == -ENOMEM)
			return log_oom();
		if (r < 0)
			return log_invalid("/%s:%u: not an address with bind=, id=, subsystem=, class= and path=; "
					   "'slipway apply' writes this file anew after it is removed", file, number);
		grown = realloc(ids.list, (ids.n + 1) * sizeof(*grown));
		if (!grown) {
			identity_done(&id);
			return log_oom();
		}
		ids.list = grown;
		ids.list[ids.n++] = id;
	}
	ids.file = file;
	*ret = TAKE(ids);
	return 0;
}

/* As the early binder chooses it (early/switch.c). */
static const char *file_of_this_boot(int root_fd)
{
	_cleanup_(cmdline_done) struct cmdline running = {};
	_cleanup_free_ char *line = NULL;

	if (!fs_exists(root_fd, IDENTITY_TRIAL_FILE) || fs_read(root_fd, &line, NULL, "proc/cmdline") < 0 || cmdline_parse(line, &running) < 0)
		return IDENTITY_FILE;
	return str_eq(cmdline_value(&running, "slipway.trial"), "1") ? IDENTITY_TRIAL_FILE : IDENTITY_FILE;
}

int identities_read(int root_fd, struct identities *ret)
{
	const char *file = file_of_this_boot(root_fd);
	_cleanup_free_ char *text = NULL;
	int r;

	r = fs_read(root_fd, &text, NULL, "%s", file);
	if (r == -ENOENT)
		return *ret = (struct identities){ .file = file }, 0;
	if (r < 0)
		return log_errno(r, "cannot read /%s", file);
	return identities_parse(text, file, ret);
}

static int fill_from(const struct identity *id, struct device *d)
{
	if (copy_string(id->serial, &d->serial) < 0 || copy_string(id->model, &d->model) < 0)
		return -ENOMEM;
	return 0;
}

/* The record holds only for the very device that was seen: after a hot-unplug its folder in sysfs has a new inode. */
static int fill_from_seen(int root_fd, struct device *d)
{
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_free_ char *line = NULL;
	const char *why;
	int r;

	if (fs_read_line(root_fd, &line, IDENTITY_SEEN "/%s", d->address) < 0)
		return 0;
	r = identity_parse(line, &id);
	if (r <= 0)
		return r == -ENOMEM ? r : 0;
	if (id.inode != d->inode || !identity_agrees(&id, d, &why) || !id.serial)
		return 0;
	r = fill_from(&id, d);
	return r < 0 ? r : 1;
}

static int fill_from_driver(int root_fd, struct devices *devices)
{
	for (size_t i = 0; i < devices->n; i++) {
		struct device *d = &devices->list[i];
		int r = device_is_nvme(d) ? nvme_read(root_fd, d) : 0;

		if (r == 0 && device_is_nvme(d))
			r = fill_from_seen(root_fd, d);
		if (r < 0)
			return r;
	}
	return 0;
}

int identities_fill(int root_fd, const struct identities *ids, struct devices *devices)
{
	_cleanup_(sightings_done) struct sightings sightings = {};

	if (fill_from_driver(root_fd, devices) < 0 || sightings_find(ids, devices, &sightings) < 0)
		return log_oom();
	for (size_t i = 0; i < sightings.n; i++) {
		const struct sighting *s = &sightings.list[i];
		struct device *d = s->kind == SIGHTING_HERE || s->kind == SIGHTING_MOVED ? &devices->list[s->device - devices->list] : NULL;

		if (!d || !device_is_nvme(d) || d->serial || d->model || !ids->list[i].serial)
			continue;
		if (fill_from(&ids->list[i], d) < 0)
			return log_oom();
		d->serial_remembered = true;
	}
	return 0;
}
