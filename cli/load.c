/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every verb begins with: the host, and who uses its devices. */

#include "cli/load.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"

void scene_done(struct scene *s)
{
	uses_done(&s->uses);
	host_done(&s->host);
}

/* An archive of a capture may bring a folder of its own along, and all that is read would be absent one level above. */
static bool is_of_host(int root_fd)
{
	static const char *const folders[] = { "sys", "proc", "etc" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (fs_exists(root_fd, "%s", folders[i]))
			return true;
	return false;
}

static int read_scene(const struct cli *cli, bool all, struct scene *ret)
{
	int r;

	*ret = (struct scene){};
	if (!is_of_host(cli->root_fd))
		log_warning("%s has neither sys nor proc nor etc: is this the folder of a captured host, or of an image?", cli->root);
	r = host_read(cli->root_fd, cli->is_live, &ret->host);
	if (r >= 0 && all)
		r = host_read_openers(&ret->host);
	/* Uses point into the host, which must stay where it is from here on. */
	return r < 0 ? r : uses_find(&ret->host, &ret->uses);
}

int scene_read(const struct cli *cli, struct scene *ret)
{
	return read_scene(cli, false, ret);
}

int scene_read_all(const struct cli *cli, struct scene *ret)
{
	return read_scene(cli, true, ret);
}
