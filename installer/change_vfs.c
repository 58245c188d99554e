/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of VFs: device D has this many virtual functions, and each is this, now. After a boot slipway-vfs.service makes them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change.h"
#include "installer/change_vfs.h"
#include "passthrough/guest_holders.h"
#include "passthrough/vf_check.h"
#include "passthrough/vf_make.h"

static int parse(const struct change *c, const struct content *content, struct vf_set *ret)
{
	int r = content->exists && content->data ? vf_set_parse(content->data, ret) : -EINVAL;

	return r < 0 ? log_errno(r, "cannot understand what VFs %s was to have", c->target) : 0;
}

/* Between two numbers there is none for a moment, in which a slipway may have been killed. */
static bool is_ours(unsigned now, const struct vf_set *from, const struct vf_set *to)
{
	return !now || now == from->count || now == to->count;
}

static int vfs_apply(const struct site *site, struct change *c)
{
	_cleanup_(vf_set_done) struct vf_set from = VF_SET_EMPTY, to = VF_SET_EMPTY;
	unsigned now;
	int r;

	if (parse(c, &c->before, &from) < 0 || parse(c, &c->after, &to) < 0)
		return -EINVAL;
	r = vf_count_read(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read how many VFs %s has", c->target);
	if (!is_ours(now, &from, &to))
		return log_error("%s has %u VFs by now, from somebody else; they are left as they are", c->target, now), -ESTALE;
	return vf_set_make(site->root_fd, c->target, &to);
}

int vfs_find_users(const struct site *site, const struct change *c, struct refusals *ret)
{
	_cleanup_(vf_set_done) struct vf_set to = VF_SET_EMPTY;
	_cleanup_(host_done) struct host host = {};
	_cleanup_(uses_done) struct uses uses = {};
	const struct device *pf;
	unsigned now;
	int r;

	/* Where the number stays, or there are none, nobody loses one. */
	if (parse(c, &c->before, &to) < 0)
		return -EINVAL;
	if (vf_count_read(site->root_fd, c->target, &now) < 0 || !now || now == to.count)
		return 0;
	r = host_read(site->root_fd, site->is_live, &host);
	if (r >= 0)
		r = host_read_openers(&host);
	if (r >= 0)
		r = uses_find(&host, &uses);
	if (r < 0)
		return r;
	pf = devices_find(&host.devices, c->target);
	if (!pf)
		return 0;
	/* From libvirt's files: what is taken back at a boot may come before libvirt. */
	r = guest_holders_add(&host, &uses);
	if (r < 0)
		return r;
	return vf_removal_check(&host, &uses, pf, NULL, ret) < 0 ? log_oom() : 0;
}

static int check_unused(const struct site *site, const struct change *c)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	int r;

	r = vfs_find_users(site, c, &refusals);
	for (size_t i = 0; i < refusals.n; i++)
		log_error("a VF of %s is in use: %s", c->target, refusals.list[i].text);
	if (refusals.n)
		return log_error("the VFs of %s are in use, and stay", c->target), -EBUSY;
	return r;
}

/* A card that was taken out has taken its VFs along. */
static int vfs_revert(const struct site *site, struct change *c)
{
	_cleanup_(vf_set_done) struct vf_set from = VF_SET_EMPTY, to = VF_SET_EMPTY;
	unsigned now;
	int r;

	if (parse(c, &c->after, &from) < 0 || parse(c, &c->before, &to) < 0)
		return -EINVAL;
	r = vf_count_read(site->root_fd, c->target, &now);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return log_errno(r, "cannot read how many VFs %s has", c->target);
	if (!is_ours(now, &from, &to))
		return log_error("%s has %u VFs by now, from somebody else; they are left as they are", c->target, now), -ESTALE;
	r = check_unused(site, c);
	return r < 0 ? r : vf_set_make(site->root_fd, c->target, &to);
}

/* Libvirt gives a VF another MAC while a guest has it: the number alone must hold. */
static int vfs_holds(const struct site *site, const struct change *c)
{
	_cleanup_(vf_set_done) struct vf_set to = VF_SET_EMPTY;
	unsigned now;

	if (!site->is_live)
		return 1;
	if (parse(c, &c->after, &to) < 0)
		return -EINVAL;
	return vf_count_read(site->root_fd, c->target, &now) >= 0 && now == to.count;
}

const struct change_ops change_vfs_ops = { "virtual-functions", vfs_apply, vfs_revert, vfs_holds };
