/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host: all that is known about the machine, read once, then const. */

#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/host.h"
#include "detect/next_boot.h"
#include "detect/vfio_driver.h"

void host_done(struct host *h)
{
	cpu_done(&h->cpu);
	strv_free(h->zpci_standby);
	environment_done(&h->environment);
	firmware_done(&h->firmware);
	kernel_done(&h->kernel);
	initramfs_done(&h->initramfs);
	loader_entries_done(&h->entries);
	loaders_done(&h->loaders);
	devices_done(&h->devices);
	ccws_done(&h->ccws);
	ap_done(&h->ap);
	qeths_done(&h->qeths);
	mediated_done(&h->mediated);
	identities_done(&h->identities);
	sightings_done(&h->sightings);
	vf_keeps_done(&h->vf_keeps);
	iommu_done(&h->iommu);
	reserved_done(&h->reserved);
	blocks_done(&h->blocks);
	mounts_done(&h->mounts);
	claims_done(&h->claims);
	netifs_done(&h->netifs);
	free(h->session);
	openers_done(&h->openers);
	peripherals_done(&h->peripherals);
	software_done(&h->software);
	libvirt_files_done(&h->libvirt);
	*h = (struct host){ .root_fd = -1 };
}

/* A capture may come from another architecture than ours. */
static const char *find_machine(const struct cpu *cpu, struct utsname *names)
{
	if (cpu->vendor == CPU_S390)
		return "s390x";
	return cpu->vendor == CPU_OTHER && uname(names) == 0 ? names->machine : "x86_64";
}

static int read_platform(struct host *h)
{
	struct utsname names;
	int r;

	r = cpu_read(h->root_fd, h->is_live, &h->cpu);
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /proc/cpuinfo");
	h->cpu_known = r >= 0;
	if (environment_read(h->root_fd, h->is_live, &h->cpu, &h->environment) < 0)
		return log_oom();
	r = firmware_read(h->root_fd, &h->firmware);
	if (r < 0)
		return log_oom();
	r = kernel_read(h->root_fd, h->is_live, &h->firmware.boot, &h->kernel);
	if (r < 0)
		return r;
	r = initramfs_read(h->root_fd, h->kernel.installed, &h->initramfs);
	if (r < 0)
		return log_oom();
	if (loaders_read(h->root_fd, &h->firmware.boot, &h->kernel.running, &h->kernel.grub.setup, &h->loaders) < 0)
		return log_oom();
	if (next_boot_read(h->root_fd, &h->loaders, &h->kernel, &h->entries) < 0)
		return log_oom();
	r = software_read(h->root_fd, h->is_live, find_machine(&h->cpu, &names), &h->software);
	if (r >= 0)
		r = libvirt_files_read(h->root_fd, h->is_live, &h->libvirt);
	return r < 0 ? log_oom() : 0;
}

static int read_devices(struct host *h)
{
	int r;

	r = devices_read(h->root_fd, &h->devices);
	if (r >= 0 && h->cpu.vendor == CPU_S390 && zpci_standby_read(h->root_fd, &h->zpci_standby) < 0)
		r = log_oom();
	if (r >= 0)
		r = identities_read(h->root_fd, &h->identities);
	if (r >= 0)
		r = identities_fill(h->root_fd, &h->identities, &h->devices);
	if (r >= 0 && (sightings_find(&h->identities, &h->devices, &h->sightings) < 0 ||
		       sightings_read_left(h->root_fd, &h->identities, &h->sightings) < 0))
		r = log_oom();
	if (r >= 0)
		r = vfio_drivers_fill(h->root_fd, h->kernel.release, &h->devices);
	if (r >= 0)
		r = iommu_read(h->root_fd, &h->devices, &h->iommu);
	if (r >= 0)
		r = vf_keeps_read(h->root_fd, &h->devices, &h->vf_keeps);
	if (r >= 0 && (ccws_read(h->root_fd, &h->kernel.running, &h->ccws) < 0 || ap_read(h->root_fd, &h->ap) < 0 ||
		       mediated_read(h->root_fd, h->kernel.release, &h->ccws, &h->ap, &h->mediated) < 0))
		r = log_oom();
	if (r >= 0 && reserved_find(&h->firmware.dmar, &h->firmware.ivrs, &h->devices, &h->reserved) < 0)
		r = log_oom();
	return r;
}

/* Is there something that a guest opens through vfio? */
static bool may_be_open(const struct host *h)
{
	for (size_t i = 0; i < h->devices.n; i++)
		if (device_is_on_vfio(&h->devices.list[i]))
			return true;
	for (size_t i = 0; i < h->mediated.n; i++)
		if (h->mediated.list[i].n_devices)
			return true;
	return false;
}

/* Signatures are read from the disks themselves where that is possible: udev's database may be older than they are. */
static int read_users(struct host *h)
{
	int r;

	r = blocks_read(h->root_fd, h->is_live && h->is_root, &h->blocks);
	if (r >= 0 && boot_resolve(h->root_fd, &h->blocks, &h->devices, &h->firmware.boot) < 0)
		return log_oom();
	if (r >= 0)
		r = mounts_read(h->root_fd, h->is_live, &h->blocks, &h->mounts);
	if (r >= 0)
		r = claims_read(h->root_fd, &h->kernel.running, &h->firmware.boot, &h->blocks, &h->mounts, &h->claims);
	if (r >= 0)
		r = netifs_read(h->root_fd, h->is_live, h->cpu.vendor == CPU_S390, &h->devices, &h->netifs);
	if (r >= 0 && (ccws_fill(&h->blocks, &h->netifs, &h->ccws) < 0 || qeths_read(h->root_fd, &h->netifs, &h->qeths) < 0))
		return log_oom();
	if (r >= 0)
		r = peripherals_read(h->root_fd, &h->peripherals);
	if (r >= 0 && h->is_live)
		r = session_read(h->root_fd, &h->session);
	return r >= 0 && may_be_open(h) ? host_read_openers(h) : r;
}

int host_read_openers(struct host *h)
{
	return h->openers.is_read ? 0 : openers_read(h->root_fd, h->is_live, &h->blocks, &h->openers);
}

int host_read(int root_fd, bool is_live, struct host *ret)
{
	_cleanup_(host_done) struct host h = { .root_fd = root_fd, .is_live = is_live, .is_root = geteuid() == 0 };
	int r;

	r = read_platform(&h);
	if (r >= 0)
		r = read_devices(&h);
	if (r >= 0)
		r = read_users(&h);
	if (r < 0)
		return r;
	*ret = TAKE(h);
	return 0;
}
