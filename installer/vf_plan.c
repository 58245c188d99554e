/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a wish for VFs to the changes: those of now, and the file that brings them back at each boot. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/vf_plan.h"
#include "detect/vf_keep.h"

static int format_content(const struct vf_set *set, struct content *ret)
{
	char *text = vf_set_format(set);

	if (!text)
		return log_oom();
	*ret = (struct content){ .exists = true, .data = text, .size = strlen(text) };
	return 0;
}

static int plan_now(const struct device *pf, const struct vf_set *now, const struct vf_set *wish, struct plan *plan)
{
	struct change *c = plan_add(plan, CHANGE_VFS, pf->address);

	if (!c)
		return log_oom();
	c->summary = text_format("%u VFs now; it has %u", wish->count, now->count);
	if (!c->summary)
		return log_oom();
	return format_content(now, &c->before) < 0 ? -ENOMEM : format_content(wish, &c->after);
}

static int plan_file(const struct host *host, const struct device *pf, const struct vf_set *wish, struct plan *plan)
{
	_cleanup_free_ char *path = text_format(VF_FOLDER "/%s", pf->address);
	_cleanup_free_ char *text = wish->count ? vf_keep_format(pf, wish) : NULL;
	int r;

	if (!path || (wish->count && !text))
		return log_oom();
	r = plan_want_file(plan, host->root_fd, path, text, 0644, wish->count ? "the VFs that each boot makes" : "no VFs at boot any more");
	return r < 0 ? r : 0;
}

/* Written under an address that the device no longer has: two files would be meant for one device. */
static int plan_forget(const struct host *host, const struct device *pf, struct plan *plan)
{
	const struct vf_keeps *keeps = &host->vf_keeps;
	int r = 0;

	for (size_t i = 0; i < keeps->ids.n && r >= 0; i++) {
		const struct sighting *s = &keeps->sightings.list[i];
		_cleanup_free_ char *path = text_format(VF_FOLDER "/%s", keeps->ids.list[i].address);

		if (!path)
			return log_oom();
		if (s->kind == SIGHTING_MOVED && s->device == pf)
			r = plan_want_file(plan, host->root_fd, path, NULL, 0644, "the device has another address now");
	}
	return r;
}

int vf_plan(const struct host *host, const struct device *pf, const struct vf_set *now, const struct vf_set *wish, bool live,
	    struct plan *plan)
{
	int r = 0;

	/* The file last: a boot in the middle finds what was there before. */
	if (live && !vf_set_satisfies(now, wish))
		r = plan_now(pf, now, wish, plan);
	if (r >= 0)
		r = plan_file(host, pf, wish, plan);
	return r < 0 ? r : plan_forget(host, pf, plan);
}
