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

static void forget_next(struct kernel *k)
{
	cmdline_done(&k->next_boot);
	k->next_boot_known = false;
	free(k->next_source);
	free(k->next_reason);
	free(k->next_release);
	k->next_source = k->next_reason = k->next_release = NULL;
	kernel_config_done(&k->next_config);
	k->next_vfio_pci = MODULE_UNKNOWN;
}

void kernel_done(struct kernel *k)
{
	free(k->release);
	cmdline_done(&k->running);
	grub_done(&k->grub);
	forget_next(k);
	kernel_config_done(&k->config);
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

/* The next kernel is the running one as a rule, and its configuration is read once then. */
int kernel_set_next(int root_fd, const char *source, const char *cmdline, const char *release, struct kernel *k)
{
	int r;

	forget_next(k);
	k->next_boot_known = true;
	k->next_source = strdup(source);
	r = k->next_source ? cmdline_parse(cmdline, &k->next_boot) : -ENOMEM;
	if (r < 0 || !release)
		return r;
	k->next_release = strdup(release);
	if (!k->next_release)
		return -ENOMEM;
	if (str_eq(release, k->release))
		return 0;
	k->next_vfio_pci = module_find_installed(root_fd, release, "vfio_pci");
	return kernel_config_read(root_fd, release, false, &k->next_config);
}

int kernel_set_next_unknown(const char *reason, struct kernel *k)
{
	forget_next(k);
	k->next_reason = strdup(reason);
	return k->next_reason ? 0 : -ENOMEM;
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
	if (k->grub.next_cmdline)
		return kernel_set_next(root_fd, k->grub.setup.cfg ? k->grub.setup.cfg : "", k->grub.next_cmdline,
				       release_in(k->grub.next_kernel), k);
	return k->grub.reason ? kernel_set_next_unknown(k->grub.reason, k) : 0;
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
		r = kernel_config_read(root_fd, k.release, true, &k.config);
	if (r >= 0)
		r = read_lockdown(root_fd, &k);
	if (r >= 0)
		r = modprobe_read(root_fd, &k.modprobe);
	if (r < 0)
		return log_oom();
	read_kexec(root_fd, &k);
	modules_find(root_fd, k.release, k.modules);
	k.vfio_pci = k.modules[MODULE_VFIO_PCI];
	if (k.config.path)
		k.iommu_default_on = k.config.values[CONFIG_OPTION_INTEL_IOMMU_DEFAULT_ON] == 'y' ? TRUTH_YES : TRUTH_NO;
	k.has_kvm_device = fs_exists(root_fd, "dev/kvm");
	k.has_vfio_device = fs_exists(root_fd, "dev/vfio/vfio");
	k.noiommu = parameter_is_on(root_fd, "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	*ret = TAKE(k);
	return 0;
}
