/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images: the command line lies inside a file that is mostly signed, and cannot be edited. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/unified.h"

/* "layout=uki" in install.conf, which may be in either place (kernel-install(8)). */
static const char *find_layout(int root_fd)
{
	static const char *const files[] = { "etc/kernel/install.conf", "usr/lib/kernel/install.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(strv_freep) char **lines = NULL;
		_cleanup_free_ char *text = NULL;

		if (fs_read(root_fd, &text, NULL, "%s", files[i]) < 0)
			continue;
		if (strv_split(text, "\n", &lines) < 0)
			return NULL;
		for (char **line = lines; line && *line; line++)
			if (str_eq(str_trim(*line), "layout=uki"))
				return files[i];
		return NULL; /* the first that is there counts */
	}
	return NULL;
}

/* What shows it, in words; NULL in *ret: nothing does. */
static int find_evidence(const struct host *host, char **ret)
{
	const struct loader_entries *e = &host->entries;
	const char *layout;

	*ret = NULL;
	if (host->firmware.boot.stub)
		*ret = text_format("this boot was one (StubInfo says '%s')", host->firmware.boot.stub);
	else if (e->next >= 0 && e->list[e->next].is_unified)
		*ret = text_format("/%s boots next", e->list[e->next].path);
	else if (host->loaders.started == LOADER_STUB)
		*ret = text_format("the firmware starts %s by itself", host->loaders.value);
	else if (loaders_deciding(&host->loaders) == LOADER_STUB)
		*ret = text_format("/%s is all that could be started", host->loaders.installed[LOADER_STUB]);
	else if ((layout = find_layout(host->root_fd)))
		*ret = text_format("/%s says layout=uki", layout);
	else
		return 0;
	return *ret ? 0 : -ENOMEM;
}

int unified_explain(const struct host *host, char **ret)
{
	_cleanup_free_ char *evidence = NULL;
	int r = find_evidence(host, &evidence);

	*ret = NULL;
	if (r < 0 || !evidence)
		return r;
	*ret = text_format("the kernel's command line is part of a unified (and perhaps signed) image: %s. Put the arguments where the image is "
			   "built (/etc/kernel/cmdline, or Cmdline= in /etc/kernel/uki.conf), build it anew (kernel-install add, dracut or mkinitcpio), "
			   "or choose layout=bls in /etc/kernel/install.conf", evidence);
	return *ret ? 0 : -ENOMEM;
}

bool unified_is_used(const struct host *host)
{
	_cleanup_free_ char *evidence = NULL;

	return find_evidence(host, &evidence) < 0 || evidence;
}
