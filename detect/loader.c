/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot loaders: which one started this system, and which are installed. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/efi.h"
#include "detect/loader.h"

/* Where an EFI system partition, or an extended boot partition, is mounted (bootctl(1) looks in this order). */
static const char *const partitions[] = { "efi", "boot", "boot/efi" };

void loaders_done(struct loaders *l)
{
	free(l->path);
	free(l->value);
	for (size_t i = 0; i < ARRAY_SIZE(l->installed); i++)
		free(l->installed[i]);
	free(l->reason);
	strv_free(l->entry_folders);
	*l = (struct loaders){};
}

const char *loader_name(enum loader_kind kind)
{
	static const char *const names[] = {
		[LOADER_UNKNOWN] = "unknown",		  [LOADER_GRUB] = "GRUB", [LOADER_SYSTEMD_BOOT] = "systemd-boot",
		[LOADER_STUB] = "the kernel's EFI stub", [LOADER_ZIPL] = "zipl", [LOADER_OTHER] = "another boot loader",
	};

	return names[kind];
}

static int set_started(struct loaders *l, enum loader_kind kind, const char *path, const char *value)
{
	l->started = kind;
	l->path = strdup(path);
	l->value = strdup(value);
	return l->path && l->value ? 0 : -ENOMEM;
}

/* By the file that the firmware started; \EFI\BOOT\BOOTX64.EFI may be any of them. */
static enum loader_kind kind_of_file(const char *file)
{
	_cleanup_free_ char *lower = strdup(file);
	const char *base;

	str_lower(lower);
	if (!lower)
		return LOADER_UNKNOWN;
	base = strrchr(lower, '\\') ? strrchr(lower, '\\') + 1 : lower;
	if (str_starts(base, "systemd-boot"))
		return LOADER_SYSTEMD_BOOT;
	/* shim starts grubx64.efi, unless it is told otherwise; systemd-boot behind it would have set LoaderInfo. */
	if (str_starts(base, "shim") || str_starts(base, "grub"))
		return LOADER_GRUB;
	if (str_starts(lower, "\\efi\\linux\\") || str_starts(base, "vmlinuz") || str_starts(base, "bzimage"))
		return LOADER_STUB;
	return str_starts(base, "refind") ? LOADER_OTHER : LOADER_UNKNOWN;
}

/* What the loader itself has told (systemd.io/BOOT_LOADER_INTERFACE): GRUB does so from 2.12 on, with its module bli. */
static int read_variables(const struct boot *boot, struct loaders *l)
{
	const struct boot_entry *current = boot_current(boot);
	enum loader_kind kind;
	_cleanup_free_ char *path = NULL;

	if (boot->stub)
		return set_started(l, LOADER_STUB, "/" EFIVARS "/StubInfo-" EFI_LOADER, boot->stub);
	if (boot->loader)
		return set_started(l, str_starts(boot->loader, "systemd-boot") ? LOADER_SYSTEMD_BOOT :
				   str_starts(boot->loader, "GRUB") ? LOADER_GRUB : LOADER_OTHER,
				   "/" EFIVARS "/LoaderInfo-" EFI_LOADER, boot->loader);
	kind = current && current->option.file ? kind_of_file(current->option.file) : LOADER_UNKNOWN;
	if (kind == LOADER_UNKNOWN)
		return 0;
	path = text_format("/" EFIVARS "/Boot%04X-" EFI_GLOBAL, current->number);
	return path ? set_started(l, kind, path, current->option.file) : -ENOMEM;
}

/*
 * GRUB puts BOOT_IMAGE=(hd0,gpt2)/vmlinuz or BOOT_IMAGE=/boot/vmlinuz in front of the arguments, and so does syslinux;
 * zipl a number. GRUB must be here as well.
 */
static int read_boot_image(int root_fd, const struct cmdline *running, struct loaders *l)
{
	const char *image = cmdline_value(running, "BOOT_IMAGE");
	_cleanup_free_ char *value = image ? text_format("BOOT_IMAGE=%s", image) : NULL;
	bool is_path;

	if (!image)
		return 0;
	if (!value)
		return -ENOMEM;
	is_path = (*image == '/' || *image == '(') && !fs_exists(root_fd, "boot/extlinux") && !fs_exists(root_fd, "boot/syslinux");
	if (is_path && l->installed[LOADER_GRUB])
		return set_started(l, LOADER_GRUB, "/proc/cmdline", value);
	/* On SUSE zipl starts a small kernel with GRUB in it: what that reads decides. */
	if (*image >= '0' && *image <= '9' && l->installed[LOADER_ZIPL])
		return set_started(l, l->installed[LOADER_GRUB] ? LOADER_GRUB : LOADER_ZIPL, "/proc/cmdline", value);
	return 0;
}

/* The first file of this beginning and end in a folder of one of the partitions. */
static int find_file(int root_fd, const char *folder, const char *prefix, const char *suffix, char **ret, char **ret_reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(partitions) && !*ret; i++) {
		_cleanup_(strv_freep) char **names = NULL;
		int r = dir_list(root_fd, &names, "%s/%s", partitions[i], folder);

		/* The EFI system partition is often for root alone. */
		if ((r == -EACCES || r == -EPERM) && !*ret_reason)
			*ret_reason = text_format("/%s cannot be looked into: %s", partitions[i], strerror(-r));
		if (r == -ENOMEM || ((r == -EACCES || r == -EPERM) && !*ret_reason))
			return -ENOMEM;
		for (char **name = names; name && *name && !*ret; name++)
			if (str_starts(*name, prefix) && str_ends(*name, suffix)) {
				*ret = text_format("%s/%s/%s", partitions[i], folder, *name);
				if (!*ret)
					return -ENOMEM;
			}
	}
	return 0;
}

static int find_first(int root_fd, const char *const *paths, size_t n, char **ret)
{
	for (size_t i = 0; i < n && !*ret; i++)
		if (fs_exists(root_fd, "%s", paths[i]) && !(*ret = strdup(paths[i])))
			return -ENOMEM;
	return 0;
}

static int read_installed(int root_fd, const struct grub_setup *grub, struct loaders *l)
{
	static const char *const zipl[] = { "usr/sbin/zipl", "sbin/zipl", "usr/bin/zipl" };
	char **installed = l->installed;
	int r;

	r = find_file(root_fd, "EFI/systemd", "systemd-boot", ".efi", &installed[LOADER_SYSTEMD_BOOT], &l->reason);
	if (r >= 0)
		r = find_file(root_fd, "EFI/Linux", "", ".efi", &installed[LOADER_STUB], &l->reason);
	if (r >= 0)
		r = find_first(root_fd, zipl, ARRAY_SIZE(zipl), &installed[LOADER_ZIPL]);
	if (r < 0)
		return r;
	/* An image that is still being built has no menu yet; elsewhere GRUB's tools without one tell nothing. */
	if (grub->cfg)
		installed[LOADER_GRUB] = strdup(grub->cfg);
	else if (grub->mkconfig && !installed[LOADER_SYSTEMD_BOOT] && !installed[LOADER_STUB] && !installed[LOADER_ZIPL])
		installed[LOADER_GRUB] = strdup(grub->mkconfig);
	else
		return 0;
	return installed[LOADER_GRUB] ? 0 : -ENOMEM;
}

static int read_entry_folders(int root_fd, struct loaders *l)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(partitions) && r >= 0; i++)
		if (fs_exists(root_fd, "%s/loader/entries", partitions[i]))
			r = strv_consume(&l->entry_folders, text_format("%s/loader/entries", partitions[i]));
	return r;
}

static bool has_program(int root_fd, const char *name)
{
	return fs_exists(root_fd, "usr/bin/%s", name) || fs_exists(root_fd, "usr/sbin/%s", name);
}

static void read_programs(int root_fd, struct loaders *l)
{
	l->has_grubby = has_program(root_fd, "grubby");
	l->has_kernel_install = has_program(root_fd, "kernel-install");
	l->has_rpm_ostree = has_program(root_fd, "rpm-ostree");
	l->has_bootc = has_program(root_fd, "bootc");
	l->has_proxmox_boot_tool = has_program(root_fd, "proxmox-boot-tool") && fs_exists(root_fd, "etc/kernel/proxmox-boot-uuids");
	l->is_ostree = fs_exists(root_fd, "run/ostree-booted") || fs_exists(root_fd, "ostree/repo");
}

int loaders_read(int root_fd, const struct boot *boot, const struct cmdline *running, const struct grub_setup *grub,
		 struct loaders *ret)
{
	_cleanup_(loaders_done) struct loaders l = {};
	int r;

	r = read_installed(root_fd, grub, &l);
	if (r >= 0)
		r = read_entry_folders(root_fd, &l);
	if (r >= 0)
		r = read_variables(boot, &l);
	if (r >= 0 && l.started == LOADER_UNKNOWN)
		r = read_boot_image(root_fd, running, &l);
	if (r < 0)
		return r;
	read_programs(root_fd, &l);
	*ret = TAKE(l);
	return 0;
}

bool loaders_are_ambiguous(const struct loaders *l, enum loader_kind *ret_first, enum loader_kind *ret_second)
{
	enum loader_kind first = LOADER_UNKNOWN;

	if (l->started != LOADER_UNKNOWN)
		return false;
	for (enum loader_kind kind = LOADER_UNKNOWN + 1; kind < LOADER_KINDS; kind++) {
		/* systemd-boot lists the unified images in its menu, and zipl on SUSE starts a small kernel with GRUB in it. */
		if (!l->installed[kind] || (kind == LOADER_STUB && first == LOADER_SYSTEMD_BOOT) || (kind == LOADER_ZIPL && first == LOADER_GRUB))
			continue;
		if (first != LOADER_UNKNOWN) {
			*ret_first = first;
			*ret_second = kind;
			return true;
		}
		first = kind;
	}
	return false;
}

enum loader_kind loaders_deciding(const struct loaders *l)
{
	enum loader_kind first, second;

	if (l->started != LOADER_UNKNOWN || loaders_are_ambiguous(l, &first, &second))
		return l->started;
	for (enum loader_kind kind = LOADER_UNKNOWN + 1; kind < LOADER_KINDS; kind++)
		if (l->installed[kind])
			return kind;
	return LOADER_UNKNOWN;
}
