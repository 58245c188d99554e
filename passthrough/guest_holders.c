/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that hold devices, for verbs that only look. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/element.h"
#include "passthrough/guest_holders.h"
#include "passthrough/uses_channel.h"

/* Most guests have no device of the host, and libxml2 is not loaded for their sake. */
static bool may_hold(const char *xml)
{
	return strstr(xml, "hostdev") || strstr(xml, "'nvme'") || strstr(xml, "\"nvme\"") || strstr(xml, "'block'") || strstr(xml, "\"block\"");
}

static int add_use(const struct host *host, struct uses *uses, const char *guest, const struct element *e, bool is_live)
{
	const struct block *b = e->kind == HOSTDEV_BLOCK ? blocks_find_source(host->root_fd, &host->blocks, e->source) : NULL;
	_cleanup_free_ char *what = text_format("guest %s has it%s", guest, is_live ? " and runs" : " in its saved definition");
	const struct device *d;
	int r = what ? 0 : -ENOMEM;

	if (r >= 0 && e->kind == HOSTDEV_MEDIATED)
		return uses_tell_mediated(host, uses, e->source, USE_GUEST, what);
	if (r >= 0 && e->kind < HOSTDEV_PCI_KINDS && (d = devices_find(&host->devices, e->source)))
		return uses_add(uses, d, USE_GUEST, what, "", false);
	if (b && b->disk)
		b = blocks_find(&host->blocks, b->disk);
	if (b && b->ccw && r >= 0)
		r = uses_add_named(uses, b->ccw, USE_GUEST, what, b->name, false);
	for (char **address = b ? b->functions : NULL; address && *address && r >= 0; address++) {
		d = devices_find(&host->devices, *address);
		r = d ? uses_add(uses, d, USE_GUEST, what, b->name, false) : 0;
	}
	return r;
}

static int read_guest(const struct host *host, struct uses *uses, const char *folder, const char *file, bool is_live)
{
	_cleanup_(elements_done) struct elements all = {};
	_cleanup_free_ char *xml = NULL, *guest = strndup(file, strlen(file) - strlen(".xml"));
	int r = 0;

	if (!guest)
		return -ENOMEM;
	if (fs_read(host->root_fd, &xml, NULL, "%s/%s", folder, file) < 0 || !may_hold(xml) || elements_parse(xml, &all) < 0)
		return 0;
	for (size_t i = 0; i < all.n && r >= 0; i++)
		r = add_use(host, uses, guest, &all.list[i], is_live);
	return r;
}

static int read_folder(const struct host *host, struct uses *uses, const char *folder, bool is_live)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(host->root_fd, &names, "%s", folder) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++)
		if (strlen(*name) > strlen(".xml") && str_ends(*name, ".xml"))
			r = read_guest(host, uses, folder, *name, is_live);
	return r;
}

int guest_holders_add(const struct host *host, struct uses *uses)
{
	size_t before = uses->n;
	int r;

	r = read_folder(host, uses, GUEST_RUNNING, true);
	if (r >= 0)
		r = read_folder(host, uses, GUEST_DEFINITIONS, false);
	if (r < 0)
		return log_oom();
	if (uses->n > before)
		uses_sort(uses);
	return 0;
}
