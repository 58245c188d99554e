/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware: UEFI or BIOS, Secure Boot, and which IOMMU table it hands over (DMAR, IVRS, IORT, VIOT). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/efi.h"
#include "detect/firmware.h"

#define TABLES "sys/firmware/acpi/tables"

void firmware_done(struct firmware *f)
{
	free(f->secure_boot_reason);
	boot_done(&f->boot);
	free(f->vendor);
	free(f->product);
	free(f->bios_date);
	dmar_done(&f->dmar);
	ivrs_done(&f->ivrs);
	*f = (struct firmware){};
}

static int read_secure_boot(int root_fd, struct firmware *f)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t size = 0;
	int r;

	r = efi_read(root_fd, EFI_GLOBAL, "SecureBoot", &data, &size);
	if (r == -ENOENT && fs_exists(root_fd, "sys/firmware/efi/efivars")) {
		/* Firmware without Secure Boot has no such variable; efivarfs that is not mounted has none at all. */
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "sys/firmware/efi/efivars") >= 0 && names) {
			f->secure_boot = TRUTH_NO;
			return 0;
		}
		f->secure_boot_reason = strdup("efivarfs is not mounted on /sys/firmware/efi/efivars");
	} else if (r < 0) {
		f->secure_boot_reason = text_format("the EFI variable SecureBoot cannot be read: %s", strerror(-r));
	} else if (size != 1) {
		f->secure_boot_reason = text_format("the EFI variable SecureBoot has %zu bytes, not 1", size);
	} else {
		f->secure_boot = data[0] == 1 ? TRUTH_YES : TRUTH_NO;
		return 0;
	}
	return f->secure_boot_reason ? 0 : -ENOMEM;
}

static int read_tables(int root_fd, struct firmware *f)
{
	static const char *const tables[] = { "DMAR", "IVRS", "IORT", "VIOT" };

	f->tables_known = fs_exists(root_fd, TABLES);
	for (size_t i = 0; i < ARRAY_SIZE(tables) && !f->iommu_table; i++)
		if (fs_exists(root_fd, TABLES "/%s", tables[i]))
			f->iommu_table = tables[i];
	if (dmar_read(root_fd, &f->dmar) < 0 || ivrs_read(root_fd, &f->ivrs) < 0)
		return -ENOMEM;
	if (!f->dmar.table.error && f->dmar.table.size > ACPI_HEADER + 1)
		f->interrupt_remapping = f->dmar.flags & DMAR_INTR_REMAP ? TRUTH_YES : TRUTH_NO;
	return 0;
}

static int read_efi(int root_fd, struct firmware *f)
{
	_cleanup_free_ char *bits = NULL;
	_cleanup_free_ uint8_t *setup = NULL;
	size_t size;
	int r;

	if (fs_read_line(root_fd, &bits, "sys/firmware/efi/fw_platform_size") < 0 || parse_unsigned(bits, &f->bits) < 0)
		f->bits = 0;
	if (efi_read(root_fd, EFI_GLOBAL, "SetupMode", &setup, &size) >= 0 && size == 1)
		f->setup_mode = setup[0] == 1 ? TRUTH_YES : TRUTH_NO;
	r = read_secure_boot(root_fd, f);
	return r < 0 ? r : boot_read(root_fd, &f->boot);
}

static char *read_dmi(int root_fd, const char *name)
{
	char *line = NULL;

	if (fs_read_line(root_fd, &line, "sys/class/dmi/id/%s", name) < 0)
		return NULL;
	return line;
}

int firmware_read(int root_fd, struct firmware *ret)
{
	_cleanup_(firmware_done) struct firmware f = {};
	int r;

	f.is_uefi = fs_exists(root_fd, "sys/firmware/efi");
	if (f.is_uefi) {
		r = read_efi(root_fd, &f);
		if (r < 0)
			return r;
	} else {
		f.secure_boot = TRUTH_NO;
	}
	r = read_tables(root_fd, &f);
	if (r < 0)
		return r;
	f.vendor = read_dmi(root_fd, "sys_vendor");
	f.product = read_dmi(root_fd, "product_name");
	f.bios_date = read_dmi(root_fd, "bios_date");
	*ret = TAKE(f);
	return 0;
}
