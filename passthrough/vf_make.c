/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making VFs now: sriov_numvfs and its company. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/settle.h"
#include "passthrough/vf_link.h"
#include "passthrough/vf_make.h"
#include "passthrough/vf_nvme.h"

#define DEVICE "sys/bus/pci/devices/%s"
#define LINK_STEP_MS 100

int vf_count_read(int root_fd, const char *address, unsigned *ret)
{
	_cleanup_free_ char *line = NULL;
	int r;

	r = fs_read_line(root_fd, &line, DEVICE "/sriov_numvfs", address);
	return r < 0 ? r : parse_unsigned(line, ret);
}

static int read_autoprobe(int root_fd, const char *address)
{
	_cleanup_free_ char *line = NULL;
	unsigned value;

	if (fs_read_line(root_fd, &line, DEVICE "/sriov_drivers_autoprobe", address) < 0 || parse_unsigned(line, &value) < 0)
		return -1;
	return value != 0;
}

/* In switchdev mode a port stands for each VF below the same device, with a name such as pf0vf1. */
static bool stands_for_vf(int root_fd, const char *address, const char *port)
{
	_cleanup_free_ char *name = NULL;

	return fs_read_line(root_fd, &name, DEVICE "/net/%s/phys_port_name", address, port) >= 0 && strstr(name, "vf");
}

int vf_port(int root_fd, const char *address, char **ret)
{
	_cleanup_(strv_freep) char **ports = NULL;

	*ret = NULL;
	if (dir_list(root_fd, &ports, DEVICE "/net", address) < 0)
		return 0;
	for (char **port = ports; port && *port; port++)
		if (!stands_for_vf(root_fd, address, *port)) {
			*ret = strdup(*port);
			return *ret ? 0 : log_oom();
		}
	return 0;
}

static bool is_nvme(int root_fd, const char *address)
{
	return fs_exists(root_fd, DEVICE "/nvme", address);
}

int vf_set_read(int root_fd, bool live, const char *address, struct vf_set *ret)
{
	_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;
	_cleanup_free_ char *port = NULL;
	int r;

	r = vf_count_read(root_fd, address, &s.count);
	if (r < 0)
		return log_errno(r, "cannot read how many VFs %s has", address);
	s.autoprobe = read_autoprobe(root_fd, address);
	r = live ? vf_port(root_fd, address, &port) : 0;
	if (r >= 0 && port && s.count) {
		r = vf_link_get(port, &s);
		if (r < 0)
			return log_errno(r, "cannot read what port %s sets for its VFs", port);
	}
	if (r >= 0 && live && is_nvme(root_fd, address))
		r = vf_nvme_read(root_fd, address, &s);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

/* Each errno that pci_enable_sriov() and the drivers' own limits lead to has its own way out. */
static const struct {
	int error;
	const char *advice;
} advices[] = {
	{ ENOENT, "; its driver makes no VFs" },
	{ ENOMEM, "; no bus numbers or no address space are left for them: in the firmware's set-up, switch on SR-IOV Support and Above 4G "
		  "Decoding, or boot with pci=realloc" },
	{ ENOSPC, "; its driver has no resources for so many" },
	{ ERANGE, "; they are more than it can have" },
	{ EPERM, "; its driver does not let go of them, or does not make so many" },
	{ EBUSY, "; its driver is busy, or it has VFs that it keeps" },
	{ EAGAIN, "; its driver is busy: try again" },
	{ EOPNOTSUPP, "; its driver makes no VFs in the mode it is in" },
};

static int poke_count(int root_fd, const char *address, unsigned count)
{
	_cleanup_free_ char *text = text_format("%u", count);
	const char *advice = "";
	int r;

	r = text ? fs_poke(root_fd, text, DEVICE "/sriov_numvfs", address) : -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		if (r == -advices[i].error)
			advice = advices[i].advice;
	return r < 0 ? log_error("%s does not get %u VFs: %s%s (the kernel log has more)", address, count, strerror(-r), advice), r : 0;
}

/* The kernel takes another number only when there are none, and a driver may make fewer than it was asked for. */
static int set_count(int root_fd, const char *address, unsigned count)
{
	unsigned now;
	int r;

	r = vf_count_read(root_fd, address, &now);
	if (r < 0)
		return log_errno(r, "cannot read how many VFs %s has", address);
	if (now == count)
		return 0;
	if (now)
		r = poke_count(root_fd, address, 0);
	if (r >= 0 && count)
		r = poke_count(root_fd, address, count);
	if (r >= 0)
		r = vf_count_read(root_fd, address, &now);
	if (r < 0)
		return r;
	return now == count ? 0 : (log_error("%s has %u VFs after %u were asked for", address, now, count), -EIO);
}

static int set_autoprobe(int root_fd, const char *address, int wish)
{
	int now = read_autoprobe(root_fd, address), r;

	if (wish < 0 || now < 0 || now == wish)
		return 0;
	r = fs_poke(root_fd, wish ? "1" : "0", DEVICE "/sriov_drivers_autoprobe", address);
	return r < 0 ? log_errno(r, "cannot tell the kernel whether the host's driver gets the VFs of %s", address) : 0;
}

static int set_links(const char *address, const char *port, const struct vf_set *wish)
{
	_cleanup_(vf_set_done) struct vf_set now = VF_SET_EMPTY;
	int r = 0;

	if (!wish->n)
		return 0;
	if (!port)
		return log_error("%s has no network port that could set MAC or VLAN for its VFs", address), -ENODEV;
	for (size_t i = 0; i < wish->n; i++) {
		r = vf_link_set(port, &wish->list[i]);
		if (r < 0)
			return log_errno(r, "port %s does not take MAC or VLAN for VF %u", port, wish->list[i].number);
	}
	r = vf_link_get(port, &now);
	now.count = wish->count;
	now.autoprobe = wish->autoprobe;
	if (r < 0)
		return log_errno(r, "cannot read what port %s sets for its VFs", port);
	return vf_set_satisfies(&now, wish) ? 0 : (log_error("port %s has not kept MAC or VLAN of its VFs", port), -EIO);
}

static bool has_link(int root_fd, const char *address, const char *port)
{
	_cleanup_free_ char *line = NULL;

	return port && fs_read_line(root_fd, &line, DEVICE "/net/%s/carrier", address, port) >= 0 && str_eq(line, "1");
}

static int wait_for_link(int root_fd, const char *address, const char *port)
{
	for (unsigned waited = 0; !has_link(root_fd, address, port); waited += LINK_STEP_MS) {
		if (waited >= LINK_WAIT_SECONDS * 1000)
			return log_error("port %s had a link, and has had none for %d seconds now", port, LINK_WAIT_SECONDS), -ENOLINK;
		nanosleep(&(struct timespec){ .tv_nsec = LINK_STEP_MS * 1000L * 1000 }, NULL);
	}
	return 0;
}

/* A VLAN that is no longer wished for is taken off as well: such a VF gets an entry that says so. */
static int fill_up(const struct vf_set *wish, const struct vf_set *now, struct vf_set *ret)
{
	*ret = (struct vf_set){ .count = wish->count, .autoprobe = wish->autoprobe, .primary_queues = wish->primary_queues,
				.primary_interrupts = wish->primary_interrupts };
	for (size_t i = 0; i < wish->n; i++) {
		struct vf *vf = vf_set_own(ret, wish->list[i].number);

		if (!vf)
			return log_oom();
		*vf = wish->list[i];
	}
	for (size_t i = 0; now->count == wish->count && i < now->n; i++)
		if (now->list[i].vlan && !vf_set_own(ret, now->list[i].number))
			return log_oom();
	return 0;
}

static int make_functions(int root_fd, const char *address, const struct vf_set *wish, const struct vf_set *now)
{
	bool nvme = is_nvme(root_fd, address);
	int r = 0;

	/* Resources move while there are no VFs. */
	if (nvme && now->count && now->count != wish->count)
		r = set_count(root_fd, address, 0);
	if (r >= 0 && nvme && now->count != wish->count)
		r = vf_nvme_prepare(root_fd, address, wish);
	if (r >= 0)
		r = set_count(root_fd, address, wish->count);
	if (r >= 0 && nvme && wish->count)
		r = vf_nvme_online(root_fd, address, wish);
	return r;
}

int vf_set_make(int root_fd, const char *address, const struct vf_set *wish)
{
	_cleanup_(vf_set_done) struct vf_set now = VF_SET_EMPTY, all = VF_SET_EMPTY;
	_cleanup_free_ char *port = NULL;
	bool had_link;
	int r;

	r = vf_set_read(root_fd, true, address, &now);
	if (r >= 0)
		r = vf_port(root_fd, address, &port);
	if (r >= 0)
		r = fill_up(wish, &now, &all);
	if (r < 0)
		return r;
	had_link = has_link(root_fd, address, port);
	/* Before they come to be: else the host's driver has them at once. */
	r = set_autoprobe(root_fd, address, wish->autoprobe);
	if (r >= 0)
		r = make_functions(root_fd, address, wish, &now);
	if (r >= 0 && wish->count)
		r = set_links(address, port, &all);
	if (r >= 0)
		r = settle();
	return r >= 0 && had_link ? wait_for_link(root_fd, address, port) : r;
}
