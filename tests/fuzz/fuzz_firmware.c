/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's firmware descriptors. */

#include <errno.h>

#include "common/text.h"
#include "profiles/firmware.h"
#include "tests/fuzz/fuzz.h"

#define DESCRIPTOR "usr/share/qemu/firmware/50-fuzz.json"

FUZZ(data, size)
{
	static const char *const needs[] = { "acpi-s3", NULL }, *const refuses[] = { "requires-smm", NULL };
	const struct firmware_wish wish = { .architecture = "x86_64", .machine = "pc-q35-", .needs = needs, .refuses = refuses, .package = "ovmf" };
	char *paths[] = { (char *)DESCRIPTOR, NULL };
	struct host host = { .root_fd = fuzz_root(), .software.firmwares = paths };
	struct guest_firmware f = {};
	int r;

	fuzz_file(DESCRIPTOR, data, size);
	fuzz_file("code.fd", "", 0);
	fuzz_file("vars.fd", "", 0);
	r = guest_firmware_choose(&host, &wish, &f);
	CHECK(r == 0 || r == -ENOENT);
	if (r == 0)
		CHECK(*f.code == '/' && *f.nvram == '/' && str_eq(f.code_format, "raw") && str_eq(f.nvram_format, "raw"));
	guest_firmware_done(&f);
	return 0;
}
