/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The software a virtualization host needs: libvirt, QEMU, UEFI firmware for guests, and what rebuilds the boot files. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/software.h"

void software_done(struct software *s)
{
	free(s->libvirt);
	free(s->qemu);
	strv_free(s->firmwares);
	guest_firmware_done(&s->uefi);
	firmware_misfits_done(&s->uefi_misfits);
	*s = (struct software){};
}

static char *first_that_exists(int root_fd, char *const *paths)
{
	for (; *paths; paths++)
		if (fs_exists(root_fd, "%s", *paths))
			return strdup(*paths);
	return NULL;
}

/* The same name in /etc hides the one in /usr/share (QEMU's docs/interop/firmware.json). */
static int firmwares_read(int root_fd, char ***ret)
{
	static const char *const folders[] = { "etc/qemu/firmware", "usr/share/qemu/firmware" };
	_cleanup_(strv_freep) char **found = NULL, **hidden = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "%s", folders[i]) < 0)
			continue;
		for (char **name = names; name && *name; name++) {
			if (!str_ends(*name, ".json") || strv_contains(hidden, *name))
				continue;
			r = strv_add(&hidden, *name);
			if (r >= 0)
				r = strv_consume(&found, text_format("%s/%s", folders[i], *name));
			if (r < 0)
				return r;
		}
	}
	*ret = TAKE(found);
	return 0;
}

static int uefi_read(int root_fd, bool is_live, const char *machine, struct software *s)
{
	const struct firmware_wish wish = {
		.architecture = machine, .machine = str_eq(machine, "x86_64") ? "pc-q35-" : NULL, .is_captured = !is_live,
	};

	return guest_firmware_find(root_fd, s->firmwares, &wish, &s->uefi, &s->uefi_misfits);
}

int software_read(int root_fd, bool is_live, const char *machine, struct software *ret)
{
	_cleanup_free_ char *native = text_format("usr/bin/qemu-system-%s", machine);
	char *daemons[] = { "usr/sbin/libvirtd", "usr/sbin/virtqemud", NULL };
	char *emulators[] = { native, "usr/libexec/qemu-kvm", "usr/bin/qemu-kvm", NULL };
	_cleanup_(software_done) struct software s = {};
	int r;

	if (!native)
		return -ENOMEM;
	s.libvirt = first_that_exists(root_fd, daemons);
	s.qemu = first_that_exists(root_fd, emulators);
	s.has_update_grub = fs_exists(root_fd, "usr/sbin/update-grub");
	s.has_update_initramfs = fs_exists(root_fd, "usr/sbin/update-initramfs");
	r = firmwares_read(root_fd, &s.firmwares);
	if (r >= 0)
		r = uefi_read(root_fd, is_live, machine, &s);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}
