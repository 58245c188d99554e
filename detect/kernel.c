/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel: release, command line now and at the next boot, and its modules. */

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/kernel.h"

void kernel_done(struct kernel *k)
{
	free(k->release);
	cmdline_done(&k->running);
	cmdline_done(&k->next_boot);
	grub_done(&k->grub);
	free(k->next_release);
	kernel_config_done(&k->config);
	kernel_config_done(&k->next_config);
	modprobe_done(&k->modprobe);
	free(k->lockdown);
	strv_free(k->installed);
	*k = (struct kernel){};
}

static int read_release(int root_fd, bool live, struct kernel *k)
{
	struct utsname names;

	if (live && uname(&names) == 0) {
		k->release = strdup(names.release);
		return k->release ? 0 : -ENOMEM;
	}
	if (fs_read_line(root_fd, &k->release, "proc/sys/kernel/osrelease") >= 0)
		return 0;
	k->release = NULL;
	/* An image has no running kernel; with one installed there is no doubt which it will be. */
	if (strv_length(k->installed) == 1) {
		k->release = strdup(k->installed[0]);
		return k->release ? 0 : -ENOMEM;
	}
	return 0;
}

static const char *release_in(const char *path)
{
	const char *name = path ? str_base(path) : "";

	return str_starts(name, "vmlinuz-") || str_starts(name, "vmlinux-") ? name + strlen("vmlinuz-") : NULL;
}

/* The running kernel's configuration, and that of the one that boots next: the same one as a rule, and read once then. */
static int read_configs(int root_fd, struct kernel *k)
{
	const char *next = release_in(k->grub.next_kernel);
	int r;

	r = kernel_config_read(root_fd, k->release, true, &k->config);
	if (r < 0 || !next)
		return r;
	k->next_release = strdup(next);
	if (!k->next_release)
		return -ENOMEM;
	return str_eq(next, k->release) ? 0 : kernel_config_read(root_fd, next, false, &k->next_config);
}

/* "[none] integrity confidentiality": the one in brackets counts (kernel_lockdown(7)). */
static int read_lockdown(int root_fd, struct kernel *k)
{
	_cleanup_free_ char *line = NULL;
	char *start;

	if (fs_read_line(root_fd, &line, "sys/kernel/security/lockdown") < 0 || !(start = strchr(line, '[')))
		return 0;
	start[strcspn(start, "]")] = '\0';
	if (!start[1])
		return 0;
	k->lockdown = strdup(start + 1);
	return k->lockdown ? 0 : -ENOMEM;
}

#define BOOTLOADER_KEXEC 0xd /* Documentation/arch/x86/boot.rst, type_of_loader */

/* bootloader_type holds the type above four bits of version (Documentation/admin-guide/sysctl/kernel.rst). */
static void read_kexec(int root_fd, struct kernel *k)
{
	_cleanup_free_ char *type = NULL, *loaded = NULL;
	unsigned number;

	if (fs_read_line(root_fd, &type, "proc/sys/kernel/bootloader_type") >= 0 && parse_unsigned(type, &number) >= 0)
		k->by_kexec = number >> 4 == BOOTLOADER_KEXEC ? TRUTH_YES : TRUTH_NO;
	if (fs_read_line(root_fd, &loaded, "sys/kernel/kexec_loaded") >= 0)
		k->kexec_loaded = str_eq(loaded, "1") ? TRUTH_YES : TRUTH_NO;
}

static int read_cmdlines(int root_fd, const struct boot *boot, struct kernel *k)
{
	_cleanup_free_ char *running = NULL;
	int r;

	r = fs_read(root_fd, &running, NULL, "proc/cmdline");
	k->running_known = r >= 0;
	if (r >= 0)
		r = cmdline_parse(running, &k->running);
	if (r == -ENOMEM)
		return r;
	r = grub_read(root_fd, boot, &k->grub);
	if (r < 0)
		return r;
	k->next_boot_known = k->grub.next_cmdline != NULL;
	return k->next_boot_known ? cmdline_parse(k->grub.next_cmdline, &k->next_boot) : 0;
}

static bool parameter_is_on(int root_fd, const char *path)
{
	_cleanup_free_ char *value = NULL;

	return fs_read_line(root_fd, &value, "%s", path) >= 0 && str_eq(value, "Y");
}

int kernel_read(int root_fd, bool live, const struct boot *boot, struct kernel *ret)
{
	_cleanup_(kernel_done) struct kernel k = {};
	int r;

	r = dir_list(root_fd, &k.installed, "lib/modules");
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list the kernels in /lib/modules");
	r = read_release(root_fd, live, &k);
	if (r >= 0)
		r = read_cmdlines(root_fd, boot, &k);
	if (r >= 0)
		r = read_configs(root_fd, &k);
	if (r >= 0)
		r = read_lockdown(root_fd, &k);
	if (r >= 0)
		r = modprobe_read(root_fd, &k.modprobe);
	if (r < 0)
		return log_oom();
	read_kexec(root_fd, &k);
	modules_find(root_fd, k.release, k.modules);
	k.vfio_pci = k.modules[MODULE_VFIO_PCI];
	if (k.next_release && !str_eq(k.next_release, k.release))
		k.next_vfio_pci = module_find_installed(root_fd, k.next_release, "vfio_pci");
	if (k.config.path)
		k.iommu_default_on = k.config.values[CONFIG_OPTION_INTEL_IOMMU_DEFAULT_ON] == 'y' ? TRUTH_YES : TRUTH_NO;
	k.has_kvm_device = fs_exists(root_fd, "dev/kvm");
	k.has_vfio_device = fs_exists(root_fd, "dev/vfio/vfio");
	k.noiommu = parameter_is_on(root_fd, "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	*ret = TAKE(k);
	return 0;
}
