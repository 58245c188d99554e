/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proofs: how it is known that a device is where a handover has put it. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/handover_proof.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/bind.h"
#include "passthrough/guest_agent.h"
#include "passthrough/guest_process.h"

/* A guest's system, and the host's nvme driver, need a moment for a new drive. */
#define WAIT_MS 10000u
#define STEP_MS 500u

void proofs_done(struct proofs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->list[i].serial);
		free(p->list[i].text);
	}
	free(p->list);
	*p = (struct proofs){};
}

static void pause_a_moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = STEP_MS * 1000000L }, NULL);
}

/* Of all that is given to a running guest, the last is there last: one look tells of all. */
static bool are_all_shown(const struct proofs *p, const struct guest_disks *disks)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->list[i].by, "agent") && p->list[i].serial && !guest_disks_find(disks, p->list[i].serial))
			return false;
	return true;
}

/* 0, or -EOPNOTSUPP where no agent answers. */
static int ask_agent(const char *uri, const char *guest, const struct proofs *p, struct guest_disks *ret)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = NULL;
	int r;

	if (guest_connect(uri, &c) < 0)
		return -EOPNOTSUPP;
	for (unsigned waited = 0;; waited += STEP_MS) {
		_cleanup_(guest_disks_done) struct guest_disks disks = {};

		r = guest_agent_disks(c, guest, &disks);
		if (r < 0)
			return -EOPNOTSUPP;
		if (are_all_shown(p, &disks) || waited >= WAIT_MS) {
			*ret = TAKE(disks);
			return 0;
		}
		pause_a_moment();
	}
}

/* What the kernel shows of a function that a guest has. */
static char *describe_kernel(const struct handover *h, const struct device *d, const char *guest)
{
	_cleanup_free_ char *driver = NULL, *pid = NULL, *node = text_format("/dev/vfio/%d", d->iommu_group);
	bool is_open;

	if (device_get_driver(h->host->root_fd, d->address, &driver) < 0)
		driver = NULL;
	is_open = node && guest_process(h->host->root_fd, guest, &pid) >= 0 && process_has_open(h->host->root_fd, pid, node);
	return text_format("libvirt has it in the running definition; the kernel: driver %s%s%s%s%s", driver ? driver : "none",
			   is_open ? ", " : "", is_open ? node : "", is_open ? " open in process " : "", is_open ? pid : "");
}

static int prove_by_kernel(const struct handover *h, struct proof *p, const char *why)
{
	const struct device *d = devices_find(&h->host->devices, p->target);
	_cleanup_free_ char *kernel = d ? describe_kernel(h, d, p->guest) : strdup("libvirt has it in the running definition");

	p->by = "libvirt";
	p->text = kernel ? text_format("%s; %s", why, kernel) : NULL;
	return p->text ? 0 : log_oom();
}

static int prove_given(const struct handover *h, struct proof *p, const struct guest_disks *disks)
{
	const struct guest_disk *disk = disks && p->serial ? guest_disks_find(disks, p->serial) : NULL;

	if (!disks)
		return prove_by_kernel(h, p, "no guest agent answers");
	if (!p->serial)
		return prove_by_kernel(h, p, "it has no serial that the guest's agent could be asked for");
	p->is_missing = !disk;
	p->text = disk ? text_format("the guest's agent shows its serial %s as %s", p->serial, disk->name) :
			 text_format("the guest's agent answers, but shows no serial %s: look into the guest's own kernel log", p->serial);
	return p->text ? 0 : log_oom();
}

/* The serial that the host's nvme driver shows; NULL: none (yet). */
static char *host_serial(int root_fd, const char *address)
{
	_cleanup_(strv_freep) char **names = NULL;
	char *serial = NULL;

	if (dir_list(root_fd, &names, "sys/bus/pci/devices/%s/nvme", address) < 0 || !names || !*names)
		return NULL;
	return fs_read_line(root_fd, &serial, "sys/bus/pci/devices/%s/nvme/%s/serial", address, *names) < 0 ? NULL : serial;
}

static int prove_returned(const struct handover *h, struct proof *p)
{
	_cleanup_free_ char *driver = NULL, *serial = NULL;
	int root_fd = h->host->root_fd;

	for (unsigned waited = 0; p->serial && waited < WAIT_MS && !(serial = host_serial(root_fd, p->target)); waited += STEP_MS)
		pause_a_moment();
	if (device_get_driver(root_fd, p->target, &driver) < 0)
		driver = NULL;
	p->by = "host";
	p->is_missing = p->serial && !str_eq(p->serial, serial);
	if (p->is_missing)
		p->text = text_format("the host does not show its serial %s again; the kernel log (dmesg) has the reason", p->serial);
	else
		p->text = text_format("the host has it again: driver %s%s%s", driver ? driver : "none", p->serial ? ", serial " : "",
				      p->serial ? p->serial : "");
	return p->text ? 0 : log_oom();
}

/* The host has it back only where a driver was planned to have it, or libvirt gives it one. */
static bool is_returned(const struct plan *plan, const struct change *c)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_DRIVER && !plan->list[i].driver_after && str_eq(plan->list[i].target, c->target))
			return true;
	return false;
}

/* Which proof each change wants: one for each, but for what a move takes away. */
static int make_list(const struct handover *h, const struct plan *plan, bool gives, struct proofs *p)
{
	p->list = calloc(plan->n + 1, sizeof(*p->list));
	if (!p->list)
		return log_oom();
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *c = &plan->list[i];
		const struct device *d = devices_find(&h->host->devices, c->target);

		if (c->kind != CHANGE_HOSTDEV || c->attach != gives)
			continue;
		p->list[p->n] = (struct proof){ .target = c->target, .guest = c->guest, .serial = d && d->serial ? strdup(d->serial) : NULL };
		p->list[p->n].by = !c->attach ? is_returned(plan, c) ? "host" : "definition" : c->live ? "agent" : "definition";
		p->n++;
		if (d && d->serial && !p->list[p->n - 1].serial)
			return log_oom();
	}
	return 0;
}

static int prove_definition(struct proof *p, bool attach)
{
	p->text = strdup(attach ? "the guest has it from its next start" : "the saved definition is without it");
	return p->text ? 0 : log_oom();
}

int proofs_find(const struct handover *h, const struct plan *plan, const char *uri, struct proofs *ret)
{
	_cleanup_(proofs_done) struct proofs p = {};
	_cleanup_(guest_disks_done) struct guest_disks disks = {};
	bool is_asked = false, has_agent = false, gives = false;
	int r;

	for (size_t i = 0; i < plan->n; i++)
		gives = gives || (plan->list[i].kind == CHANGE_HOSTDEV && plan->list[i].attach);
	r = make_list(h, plan, gives, &p);
	for (size_t i = 0; i < p.n && r >= 0; i++) {
		struct proof *one = &p.list[i];

		if (str_eq(one->by, "agent")) {
			has_agent = is_asked ? has_agent : ask_agent(uri, one->guest, &p, &disks) >= 0;
			is_asked = true;
			r = prove_given(h, one, has_agent ? &disks : NULL);
		} else if (str_eq(one->by, "host")) {
			r = prove_returned(h, one);
		} else {
			r = prove_definition(one, gives);
		}
	}
	if (r < 0)
		return r;
	*ret = TAKE(p);
	return 0;
}
