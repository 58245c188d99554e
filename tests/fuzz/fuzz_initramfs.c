/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkinitcpio's presets, which are shell, and the lines of ours in its configuration. */

#include "common/text.h"
#include "detect/initramfs.h"
#include "detect/initramfs_images.h"
#include "installer/initramfs_backend.h"
#include "tests/fuzz/fuzz.h"

static void block(const char *text)
{
	static const char *const ours = "# slipway: begin\nHOOKS=(slipway)\n# slipway: end\n";
	_cleanup_free_ char *with = edit_owned_block(text, ours), *again = NULL, *without = NULL;

	CHECK(with && str_ends(with, ours));
	/* What stands in the user's part and looks like ours is beyond this. */
	if (strstr(text, "# slipway:"))
		return;
	again = edit_owned_block(with, ours);
	without = edit_owned_block(with, NULL);
	CHECK(str_eq(again, with));
	CHECK(without && str_starts(without, text) && strlen(without) <= strlen(text) + 1);
}

FUZZ(data, size)
{
	static char *const releases[] = { (char *)"6.1.0", NULL };
	_cleanup_free_ char *text = fuzz_text(data, size), *value = preset_value(text, "default_image");
	_cleanup_(initramfs_done) struct initramfs found = {};

	CHECK(!value || (strstr(text, value) && !strpbrk(value, "$`\\\n")));
	block(text);
	fuzz_file("boot/initramfs-linux.img", "", 0);
	fuzz_file("lib/modules/6.1.0/pkgbase", "linux\n", 6);
	fuzz_file("etc/mkinitcpio.d/linux.preset", text, strlen(text));
	CHECK(images_of_mkinitcpio(fuzz_root(), releases, &found) == 0);
	for (size_t i = 0; i < found.n; i++)
		CHECK(found.images[i].path && *found.images[i].path != '/' && str_eq(found.images[i].release, "6.1.0"));
	return 0;
}
