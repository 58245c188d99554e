/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change: what all kinds have in common. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/text.h"
#include "installer/change.h"

const struct change_ops *change_ops(enum change_kind kind)
{
	static const struct change_ops *const ops[] = {
		[CHANGE_DIRECTORY] = &change_directory_ops, [CHANGE_FILE] = &change_file_ops,     [CHANGE_COMMAND] = &change_command_ops,
		[CHANGE_DRIVER] = &change_driver_ops,       [CHANGE_DOMAIN] = &change_domain_ops, [CHANGE_HOSTDEV] = &change_hostdev_ops,
		[CHANGE_EFIVAR] = &change_efivar_ops,       [CHANGE_ENTRIES] = &change_entries_ops,
		[CHANGE_ESP_FILE] = &change_esp_ops,
		[CHANGE_VFS] = &change_vfs_ops,             [CHANGE_VALUE] = &change_value_ops,
		[CHANGE_NETWORK] = &change_network_ops,     [CHANGE_POOL] = &change_pool_ops,
		[CHANGE_LIBVIRT_NETWORK] = &change_libvirt_network_ops, [CHANGE_AUTOSTART] = &change_autostart_ops,
		[CHANGE_SUBCHANNEL] = &change_subchannel_ops, [CHANGE_MEDIATED] = &change_mediated_ops,
	};

	return ops[kind];
}

void content_done(struct content *c)
{
	free(c->data);
	if (c->attributes)
		attributes_done(c->attributes);
	free(c->attributes);
	*c = (struct content){};
}

void change_done(struct change *c)
{
	free(c->target);
	free(c->summary);
	content_done(&c->before);
	content_done(&c->after);
	strv_free(c->argv);
	strv_free(c->undo);
	free(c->format);
	strv_free(c->words);
	strv_free(c->expects);
	free(c->driver_before);
	free(c->driver_after);
	free(c->override_before);
	free(c->guest);
	free(c->live_xml);
	free(c->saved_xml);
	*c = (struct change){};
}

bool content_eq(const struct content *a, const struct content *b)
{
	if (!a->exists || !b->exists)
		return a->exists == b->exists;
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

int content_read(int root_fd, const char *path, struct content *ret)
{
	struct content content = { .exists = true };
	int r;

	r = fs_read(root_fd, &content.data, &content.size, "%s", path);
	if (r == -ENOENT) {
		*ret = (struct content){};
		return 0;
	}
	if (r < 0)
		return r;
	*ret = content;
	return 0;
}

int content_read_attributes(int root_fd, const char *path, struct content *c)
{
	struct attributes *a = calloc(1, sizeof(*a));
	int r = a ? fs_attributes(root_fd, path, a) : -ENOMEM;

	if (r < 0) {
		free(a);
		return r;
	}
	c->attributes = a;
	return 0;
}

char *change_name(const struct change *c)
{
	bool is_path = c->kind == CHANGE_FILE || c->kind == CHANGE_DIRECTORY || c->kind == CHANGE_VALUE;

	return text_format("%s %s%s", change_ops(c->kind)->name, is_path ? "/" : "", c->target);
}
