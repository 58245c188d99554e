/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway capture: copies the files that detection reads, so that --root replays this host elsewhere. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/capture_process.h"
#include "cli/cli.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

#define DEPTH_MAX 24
#define MEMORY_MAP "proc/iomem"

/* What to take: a path below the root, and for a folder which names in it, at any depth; NULL: all. No secrets among them. */
struct item {
	const char *path;
	const char *const *names;
};

static const char *const device_names[] = {
	"vendor", "device", "subsystem_vendor", "subsystem_device", "class", "revision", "config", "resource", "modalias", "numa_node",
	"driver", "driver_override", "iommu_group", "physfn", "virtfn", "sriov_totalvfs", "sriov_numvfs", "boot_vga", "reset", "remove",
	"current_link_speed", "max_link_speed", "current_link_width", "max_link_width", "serial", "model", "firmware_rev", "dev", "slaves",
	"cpulist", "local_cpulist", "nsid", "logical_block_size", "metadata_bytes", "name", "uid", "uuid", "backing_", "partition", "size",
	"address", "in_use", "ifindex", "master", "upper_", "lower_", "active", "key", "transport", "persistent_address", "ipaddress", "netdev", "firmware_node",
	"mdev_type", "available_instances", "description", "device_api", "meminfo", "free_hugepages", "thread_siblings_list",
	"function_id", "pchid", "pfgid", "vfn", "port", /* s390x */
	"cutype", "devtype", "online", "alias", "group_device", "dev_busid", "hwtype", "type", "mkvps", "load", "pendingq_count", "requestq_count",
	"matrix", "guest_matrix", "card_type", "layer2", "isolation", "bridge_role", "bridge_state", "learning", "flooding", NULL,
};
static const char *const slot_names[] = { "address", "power", NULL };
static const char *const ipl_names[] = { "ipl_type", "reipl_type", "dump_type", "device", "fid", NULL };
static const char *const rule_names[] = { "41-", NULL };
static const char *const page_names[] = { "free_hugepages", NULL };
static const char *const no_names[] = { NULL }; /* the folders alone */
static const char *const bcache_names[] = { "cache", "bdev", NULL };
static const char *const bcachefs_names[] = { "block", NULL };
static const char *const export_names[] = { "device_path", "udev_path", NULL };
static const char *const pool_names[] = { "state", NULL };
static const char *const disk_names[] = { "pci_dev", NULL };
static const char *const root_hub_names[] = { "usb", NULL };
static const char *const gpu_names[] = { "information", NULL };
static const char *const table_names[] = { "DMAR", "IVRS", "IORT", "VIOT", NULL };
static const char *const variable_names[] = { "SecureBoot-", "SetupMode-", "Boot", "LoaderInfo-", "LoaderDevicePartUUID-", "StubInfo-",
					      "LoaderEntry", "LoaderFeatures-", NULL }; /* not LoaderSystemToken: that is a secret */
static const char *const kernel_names[] = { "modules.builtin", "modules.builtin.bin", "modules.dep.bin", "modules.alias.bin",
					    "modules.symbols.bin", "modules.dep", "modules.order", "modules.builtin.modinfo", "config", NULL };

static const char *const menu_names[] = { "grub.cfg", NULL };

static const struct item items[] = {
	{ "etc/modprobe.d", NULL }, { "run/modprobe.d", NULL }, { "usr/local/lib/modprobe.d", NULL }, { "usr/lib/modprobe.d", NULL },
	{ "lib/modprobe.d", NULL }, { "proc/config.gz", NULL }, { "proc/sys/kernel/bootloader_type", NULL }, { "sys/kernel/kexec_loaded", NULL }, { "sys/kernel/security/lockdown", NULL },
	{ "sys/firmware/efi/fw_platform_size", NULL },
	{ "etc/sysctl.conf", NULL }, { "etc/sysctl.d", NULL }, { "run/sysctl.d", NULL }, { "usr/local/lib/sysctl.d", NULL }, { "usr/lib/sysctl.d", NULL },
	{ "etc/tuned/active_profile", NULL }, { "proc/meminfo", NULL },
	{ "usr/sbin/update-initramfs", NULL }, { "etc/initramfs-tools", no_names }, { "var/lib/initramfs-tools", NULL }, { "etc/dracut.conf", NULL }, { "etc/dracut.conf.d", NULL },
	{ "etc/mkinitcpio.conf", NULL }, { "etc/mkinitcpio.conf.d", NULL }, { "etc/mkinitcpio.d", NULL }, { "etc/kernel/install.conf", NULL },
	{ "usr/lib/kernel/install.conf", NULL }, { "etc/kernel/postinst.d/dracut", NULL }, { "etc/kernel/postinst.d/initramfs-tools", NULL },
	{ "run/ostree-booted", NULL },
	{ "proc/cpuinfo", NULL }, { "proc/sysinfo", NULL }, { "proc/xen/capabilities", NULL }, { "sys/hypervisor/type", NULL },
	{ "sys/hypervisor/properties/features", NULL }, { "proc/device-tree/hypervisor/compatible", NULL },
	{ "sys/devices/system/cpu/present", NULL }, { "sys/devices/system/cpu/online", NULL }, { "sys/devices/system/cpu/offline", NULL },
	{ "sys/devices/system/cpu/isolated", NULL }, { "sys/kernel/mm/hugepages", page_names }, { "sys/module/kvm/parameters/hpage", NULL },
	{ "proc/sys/kernel/io_uring_disabled", NULL },
	{ "sys/module/kvm_intel/parameters/nested", NULL }, { "sys/module/kvm_amd/parameters/nested", NULL },
	{ "sys/module/kvm/parameters/nested", NULL }, { "sys/firmware/uv/prot_virt_host", NULL }, { "sys/firmware/uv/prot_virt_guest", NULL },
	{ "proc/cmdline", NULL }, { "proc/interrupts", NULL }, { "proc/swaps", NULL }, { "proc/self/mountinfo", NULL }, { "proc/self/mounts", NULL },
	{ "proc/net/route", NULL }, { "proc/net/ipv6_route", NULL }, { "proc/net/if_inet6", NULL }, { "proc/sys/kernel/osrelease", NULL },
	{ MEMORY_MAP, NULL },
	{ "sys/bus/pci/devices", NULL }, { "sys/bus/pci/slots", slot_names }, { "sys/bus/pci/drivers", NULL }, { "sys/block", NULL },
	{ "sys/class/mdev_bus", NULL }, { "sys/bus/mdev/devices", NULL }, { "sys/bus/ap/devices", NULL }, { "sys/bus/css/devices", NULL },
	{ "sys/bus/ap/apmask", NULL }, { "sys/bus/ap/aqmask", NULL }, { "sys/bus/ap/ap_domain", NULL }, { "sys/bus/ccwgroup/devices", NULL },
	{ "sys/firmware/ipl", ipl_names }, { "sys/firmware/reipl", ipl_names }, { "sys/firmware/dump", ipl_names }, { "proc/crypto", NULL },
	{ "etc/udev/rules.d", rule_names }, { "etc/dasd.conf", NULL }, { "etc/zfcp.conf", NULL },
	{ "etc/mdevctl.d", NULL }, { "sys/class/net", NULL }, { "sys/class/iommu", NULL }, { "sys/class/dmi/id/sys_vendor", NULL },
	{ "sys/class/dmi/id/product_name", NULL }, { "sys/class/dmi/id/bios_date", NULL }, { "sys/devices", device_names },
	{ "sys/kernel/iommu_groups", NULL }, { "sys/firmware/acpi/tables", table_names },
	{ "sys/firmware/efi/efivars", variable_names }, { "sys/fs/btrfs", NULL },
	{ "sys/module/vfio_pci/initstate", NULL }, { "sys/module/nvme/initstate", NULL }, { "run/udev/data", NULL },
	{ "run/slipway/devices", NULL }, { "run/slipway/early", NULL }, { "boot/grub/grub.cfg", NULL }, { "boot/grub/grubenv", NULL },
	{ "boot/grub2/grub.cfg", NULL }, { "boot/grub2/grubenv", NULL }, { "etc/grub2.cfg", NULL }, { "etc/grub2-efi.cfg", NULL },
	{ "usr/sbin/grub-mkconfig", NULL }, { "usr/sbin/grub2-mkconfig", NULL }, { "usr/bin/grub-mkconfig", NULL }, { "usr/bin/grub2-mkconfig", NULL },
	{ "boot/loader/entries", NULL }, { "efi/loader/entries", NULL }, { "boot/efi/loader/entries", NULL },
	{ "boot/loader/loader.conf", NULL }, { "efi/loader/loader.conf", NULL }, { "boot/efi/loader/loader.conf", NULL },
	{ "etc/kernel/cmdline", NULL }, { "usr/lib/kernel/cmdline", NULL }, { "etc/kernel/proxmox-boot-uuids", NULL }, { "etc/zipl.conf", NULL },
	{ "boot/efi/EFI", menu_names }, { "efi/EFI", menu_names }, { "boot/EFI", menu_names },
	{ "etc/default/grub", NULL }, { "etc/default/grub.d", NULL }, { "etc/grub.d/10_linux", NULL }, { "etc/slipway", NULL }, { "usr/share/qemu/firmware", NULL },
	{ "etc/qemu/firmware", NULL }, { "etc/libvirt/storage", NULL }, { "etc/libvirt/qemu/networks", NULL }, { "var/cache/libvirt/qemu/capabilities", NULL },
	/* Not the guests' definitions, nor qemu.conf: they may hold passwords. */
	{ "etc/libvirt/libvirtd.conf", NULL }, { "etc/libvirt/virtproxyd.conf", NULL }, { "etc/selinux/config", NULL }, { "sys/fs/selinux/enforce", NULL },
	{ "sys/fs/selinux/booleans/virt_use_nfs", NULL }, { "sys/module/apparmor/parameters/enabled", NULL },
	{ "etc/apparmor.d/abstractions/libvirt-qemu", NULL }, { "etc/apparmor.d/local/abstractions/libvirt-qemu", NULL }, { "proc/meminfo", NULL }, { "lib/modules", kernel_names },
};

/* What tells who uses a device, beyond the devices themselves. */
static const struct item use_items[] = {
	{ "proc/mounts", NULL }, { "proc/consoles", NULL }, { "proc/net/pppoe", NULL }, { "proc/net/fib_trie", NULL },
	{ "proc/spl/kstat/zfs", pool_names }, { "proc/driver/nvidia/gpus", gpu_names },
	{ "sys/bus/virtio/drivers", NULL }, { "sys/class/accel", NULL }, { "sys/class/block", NULL }, { "sys/class/dma", NULL },
	{ "sys/class/drm", NULL }, { "sys/class/graphics", NULL },
	{ "sys/class/infiniband_mad", NULL }, { "sys/class/infiniband_verbs", NULL }, { "sys/class/input", NULL },
	{ "sys/class/fc_host", NULL }, { "sys/class/iscsi_connection", NULL }, { "sys/class/iscsi_host", NULL }, { "sys/class/nvme", NULL },
	{ "sys/class/nvme-generic", NULL }, { "sys/class/scsi_generic", NULL }, { "sys/class/tty", NULL }, { "sys/class/uio", NULL },
	{ "sys/class/vfio-dev", NULL }, { "sys/class/video4linux", NULL }, { "sys/class/sound", NULL }, { "sys/class/ptp", NULL },
	{ "sys/class/watchdog", NULL }, { "sys/class/mei", NULL }, { "sys/class/scsi_tape", NULL }, { "sys/class/hidraw", NULL },
	{ "sys/class/vhost-vdpa", NULL }, { "sys/class/ipmi", NULL }, { "sys/class/hfi1_user", NULL }, { "sys/bus/usb/devices", root_hub_names },
	{ "sys/bus/thunderbolt/devices", NULL },
	{ "sys/firmware/edd/int13_dev80", disk_names }, { "sys/fs/bcache", bcache_names }, { "sys/fs/ext4", no_names },
	{ "sys/fs/xfs", no_names }, { "sys/fs/f2fs", no_names }, { "sys/fs/nilfs2", no_names }, { "sys/fs/erofs", no_names },
	{ "sys/fs/gfs2", no_names }, { "sys/fs/bcachefs", bcachefs_names }, { "proc/fs/jbd2", no_names },
	{ "sys/kernel/config/nvmet/subsystems", export_names },
	{ "sys/kernel/config/target/core", export_names }, { "sys/module/pstore_blk/parameters/blkdev", NULL },
	{ "sys/power/resume", NULL }, { "etc/initramfs-tools/conf.d/resume", NULL },
};

struct capture {
	int from, to;
	unsigned files, left_out;
	int error;
};

static bool is_wanted(const char *name, const char *const *names)
{
	if (!names)
		return true;
	for (; *names; names++)
		if (str_starts(name, *names))
			return true;
	return false;
}

static bool parent_make(struct capture *c, const char *path)
{
	_cleanup_free_ char *parent = strndup(path, (size_t)(str_base(path) - path));

	return parent && (!*parent || fs_mkdir_all(c->to, parent) >= 0);
}

static bool is_write_only(const char *path, mode_t mode)
{
	return !(mode & 0444) && (mode & 0222) && str_starts(path, "sys/devices/");
}

/* Where the kernel lies in memory is nobody's business: whoever knows it is past one of its defences. */
static char *hide_kernel(char *map)
{
	struct text kept = {};
	char *save = NULL;

	for (char *line = strtok_r(map, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strstr(line, " : Kernel "))
			text_printf(&kept, "%s\n", line);
	return text_take(&kept);
}

static char *read_file(struct capture *c, const char *path, mode_t mode, size_t *ret_size)
{
	_cleanup_free_ char *data = NULL;
	char *kept;

	*ret_size = 0;
	/* A write-only attribute ("reset") says something by being there. */
	if (is_write_only(path, mode))
		return strdup("");
	if (fs_read(c->from, &data, ret_size, "%s", path) < 0)
		return NULL;
	if (!str_eq(path, MEMORY_MAP))
		return TAKE(data);
	kept = hide_kernel(data);
	*ret_size = kept ? strlen(kept) : 0;
	return kept;
}

static void copy_file(struct capture *c, const char *path, mode_t mode)
{
	_cleanup_free_ char *data = NULL;
	_cleanup_close_ int fd = -1;
	size_t size;

	/* What this user may not read is absent from the replay, too. */
	data = read_file(c, path, mode, &size);
	if (!data) {
		c->left_out++;
		return;
	}
	if (!parent_make(c, path)) {
		c->error = -EIO;
		return;
	}
	fd = fs_open(c->to, O_PATH | O_DIRECTORY, "%.*s", (int)(str_base(path) - path), path);
	if (fd >= 0) {
		int out = openat(fd, str_base(path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600 | (mode & 0444));

		if (out >= 0 && write(out, data, size) != (ssize_t)size)
			c->error = -EIO;
		if (out < 0)
			c->error = -errno;
		else
			close(out);
	}
	c->files++;
}

static void copy_link(struct capture *c, const char *path)
{
	_cleanup_free_ char *target = NULL;
	_cleanup_close_ int fd = -1;

	if (fs_read_link(c->from, &target, "%s", path) < 0 || !parent_make(c, path))
		return;
	fd = fs_open(c->to, O_PATH | O_DIRECTORY, "%.*s", (int)(str_base(path) - path), path);
	if (fd >= 0 && symlinkat(target, fd, str_base(path)) < 0 && errno != EEXIST)
		c->error = -errno;
	c->files++;
}

static int stat_link(int root_fd, const char *path, struct stat *st)
{
	_cleanup_close_ int fd = fs_open(root_fd, O_PATH | O_NOFOLLOW, "%s", path);

	if (fd < 0)
		return fd;
	return fstat(fd, st) < 0 ? -errno : 0;
}

static void copy_tree(struct capture *c, const char *path, const char *const *names, unsigned depth)
{
	_cleanup_(strv_freep) char **entries = NULL;
	struct stat st;

	if (c->error || depth > DEPTH_MAX || stat_link(c->from, path, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		copy_link(c, path);
	} else if (S_ISREG(st.st_mode)) {
		copy_file(c, path, st.st_mode);
	} else if (S_ISDIR(st.st_mode) && dir_list(c->from, &entries, "%s", path) >= 0) {
		/* An empty folder is a fact, too: iommu_groups of a host whose IOMMU is off. */
		if (fs_mkdir_all(c->to, path) < 0)
			c->error = -EIO;
		for (char **entry = entries; entry && *entry; entry++) {
			_cleanup_free_ char *child = text_format("%s/%s", path, *entry);

			if (!child || stat_link(c->from, child, &st) < 0)
				continue;
			/* Within a filtered tree folders are walked whatever their name, and the leaves chosen. */
			if (S_ISDIR(st.st_mode) || is_wanted(*entry, names))
				copy_tree(c, child, names, depth + 1);
		}
	}
}

static void copy_node(struct capture *c, const char *folder, const char *name)
{
	_cleanup_free_ char *path = text_format("%s/%s", folder, name);
	struct stat st;

	if (!path)
		c->error = -ENOMEM;
	else if (fs_stat(c->from, &st, "%s", path) < 0 || S_ISDIR(st.st_mode))
		return;
	else if (!parent_make(c, path) || fs_write(c->to, path, "", 0, 0644, true) < 0)
		c->error = -EIO;
}

/* A name is what counts: a group on vfio, and whether it has an IOMMU (noiommu-N); a boot loader, a unified kernel image. */
static void copy_nodes(struct capture *c)
{
	static const char *const folders[] = {
		"dev/vfio", "dev/vfio/devices", "efi/EFI/systemd", "boot/EFI/systemd", "boot/efi/EFI/systemd", "efi/EFI/Linux",
		"boot/EFI/Linux", "boot/efi/EFI/Linux",
	};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(c->from, &names, "%s", folders[i]) < 0)
			continue;
		for (char **name = names; name && *name; name++)
			copy_node(c, folders[i], *name);
	}
}

/* Of /boot only this: the folders in it may be whole file systems. */
static void copy_configs(struct capture *c)
{
	_cleanup_(strv_freep) char **releases = NULL;

	if (dir_list(c->from, &releases, "lib/modules") < 0)
		return;
	for (char **release = releases; release && *release; release++) {
		_cleanup_free_ char *path = text_format("boot/config-%s", *release);

		if (path)
			copy_tree(c, path, NULL, 0);
	}
}

/* Kernels and images count by their names: which kernel has which. */
static void copy_images(struct capture *c)
{
	static const char *const names[] = { "initr", "vmlinuz-", "vmlinux-", NULL };
	_cleanup_(strv_freep) char **found = NULL;

	if (dir_list(c->from, &found, "boot") < 0)
		return;
	for (char **name = found; name && *name; name++)
		if (is_wanted(*name, names))
			copy_node(c, "boot", *name);
}

/* Programs and device nodes count by being there. */
static void copy_presence(struct capture *c)
{
	static const char *const paths[] = {
		"dev/kvm", "dev/iommu", "usr/sbin/libvirtd", "usr/sbin/virtqemud", "usr/bin/qemu-system-x86_64", "usr/bin/qemu-system-s390x",
		"usr/sbin/update-grub", "usr/sbin/zipl", "sbin/zipl", "usr/bin/zipl",
		"usr/bin/dracut", "usr/sbin/dracut", "usr/bin/mkinitcpio", "usr/libexec/slipway/slipway-bind", "etc/initramfs-tools/initramfs.conf",
		"usr/sbin/mdevctl", "usr/bin/mdevctl",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (fs_exists(c->from, "%s", paths[i]) && parent_make(c, paths[i]) && fs_write(c->to, paths[i], "", 0, 0644, true) < 0)
			c->error = -EIO;
}

static void copy_uses(struct capture *c)
{
	static const struct {
		const char *path;
		size_t words;
	} configurations[] = { { "etc/fstab", 3 }, { "etc/crypttab", 2 }, { "etc/kdump.conf", 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(use_items); i++)
		copy_tree(c, use_items[i].path, use_items[i].names, 0);
	for (size_t i = 0; i < ARRAY_SIZE(configurations) && !c->error; i++)
		c->error = capture_words(c->from, c->to, configurations[i].path, configurations[i].words);
	if (!c->error)
		c->error = capture_processes(c->from, c->to);
}

int verb_capture(const struct cli *cli, const struct arguments *arguments)
{
	const char *directory = arguments->positional[0];
	struct capture c = { .from = cli->root_fd, .to = -1 };

	if (mkdir(directory, 0755) < 0)
		return log_errno(-errno, "cannot make %s; a capture wants a new folder", directory), EXIT_USAGE;
	c.to = root_open(directory);
	if (c.to < 0)
		return log_errno(c.to, "cannot open %s", directory), EXIT_UNDONE;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		copy_tree(&c, items[i].path, items[i].names, 0);
	copy_configs(&c);
	copy_presence(&c);
	copy_images(&c);
	copy_uses(&c);
	copy_nodes(&c);
	close(c.to);
	if (c.error)
		return log_errno(c.error, "the capture in %s is not complete", directory), EXIT_UNDONE;
	printf("%u files are in %s; 'slipway --root %s audit' replays them\n", c.files, directory, directory);
	log_info("they hold serial numbers, addresses and host names: look before you publish them");
	return EXIT_DONE;
}
