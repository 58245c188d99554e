/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs: whose it is, which images there are, and what an image must hold. */

#include "common/checksum.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/initramfs_images.h"
#include "installer/initramfs_backend.h"
#include "installer/initramfs_image.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define R "6.1.0-1-amd64"

/* Files as "path" or "path=content", with \n spelled out. */
static void put_all(struct tree *t, const char *const *files)
{
	tree_folder(t, "boot");
	tree_put(t, "lib/modules/" R "/modules.dep", "%s", "");
	for (; *files; files++) {
		_cleanup_free_ char *path = strndup(*files, strcspn(*files, "="));

		tree_put(t, path, "%s", (*files)[strlen(path)] ? *files + strlen(path) + 1 : "");
	}
}

static void read_tree(struct tree *t, struct initramfs *i)
{
	_cleanup_(strv_freep) char **releases = NULL;

	initramfs_done(i);
	if (dir_list(t->fd, &releases, "lib/modules") < 0 || initramfs_read(t->fd, releases, i) < 0)
		abort();
}

#define TOOLS "usr/sbin/update-initramfs=mkinitramfs", "etc/initramfs-tools/initramfs.conf"
#define TOOLS_IMAGE "boot/vmlinuz-" R, "boot/initrd.img-" R
#define ARCH "usr/bin/mkinitcpio", "lib/modules/" R "/pkgbase=linux\n", \
	"etc/mkinitcpio.d/linux.preset=ALL_kver=\"/boot/vmlinuz-linux\"\nPRESETS=('default' 'fallback')\n" \
	"default_image=\"/boot/initramfs-linux.img\"\nfallback_image=/boot/initramfs-linux-fallback.img\n"
#define ARCH_IMAGES "boot/initramfs-linux.img", "boot/initramfs-linux-fallback.img"

static const struct row {
	const char *name;
	const char *const files[12];
	enum initramfs_generator generator;
	size_t n;
	const char *first; /* image */
} rows[] = {
	{ "none", { NULL }, INITRAMFS_NONE, 0, NULL },
	{ "Debian", { TOOLS, TOOLS_IMAGE }, INITRAMFS_TOOLS, 1, "boot/initrd.img-" R },
	{ "Debian, an image without its kernel", { TOOLS, "boot/initrd.img-" R }, INITRAMFS_TOOLS, 0, NULL },
	{ "Debian, a backup beside", { TOOLS, TOOLS_IMAGE, "boot/initrd.img-" R ".bak" }, INITRAMFS_TOOLS, 1, "boot/initrd.img-" R },
	{ "Fedora", { "usr/bin/dracut", "boot/initramfs-" R ".img", "boot/initramfs-0-rescue-1.img" }, INITRAMFS_DRACUT, 1,
	  "boot/initramfs-" R ".img" },
	{ "RHEL 8", { "usr/sbin/dracut", "boot/initramfs-" R ".img", "boot/initramfs-" R "kdump.img" }, INITRAMFS_DRACUT, 1,
	  "boot/initramfs-" R ".img" },
	{ "SUSE", { "usr/bin/dracut", "boot/initrd-" R }, INITRAMFS_DRACUT, 1, "boot/initrd-" R },
	{ "a folder of the machine", { "usr/bin/dracut", "etc/machine-id=abc\n", "boot/abc/" R "/initrd" }, INITRAMFS_DRACUT, 1,
	  "boot/abc/" R "/initrd" },
	{ "Debian with dracut", { "usr/bin/dracut", "etc/kernel/postinst.d/dracut", TOOLS_IMAGE }, INITRAMFS_DRACUT, 1, "boot/initrd.img-" R },
	{ "dracut's own update-initramfs", { "usr/bin/dracut", "usr/sbin/update-initramfs=exec dracut", "etc/initramfs-tools/modules",
	  TOOLS_IMAGE }, INITRAMFS_DRACUT, 1, "boot/initrd.img-" R },
	{ "Arch", { ARCH, ARCH_IMAGES }, INITRAMFS_MKINITCPIO, 2, "boot/initramfs-linux-fallback.img" },
	{ "two, and a note of one", { TOOLS, TOOLS_IMAGE, "usr/bin/dracut", "var/lib/initramfs-tools/" R }, INITRAMFS_TOOLS, 1,
	  "boot/initrd.img-" R },
	{ "two, and the other's hook", { TOOLS, TOOLS_IMAGE, "usr/bin/dracut", "etc/kernel/postinst.d/dracut" }, INITRAMFS_DRACUT, 1,
	  "boot/initrd.img-" R },
	{ "two, and no sign", { TOOLS, TOOLS_IMAGE, "usr/bin/dracut" }, INITRAMFS_UNKNOWN, 0, NULL },
	{ "two, and signs of both", { TOOLS, TOOLS_IMAGE, "usr/bin/dracut", "var/lib/initramfs-tools/" R, "etc/kernel/postinst.d/dracut" },
	  INITRAMFS_UNKNOWN, 0, NULL },
	{ "two, and one configured", { TOOLS, TOOLS_IMAGE, "usr/bin/dracut", "var/lib/initramfs-tools/" R, "etc/kernel/postinst.d/dracut",
	  "etc/kernel/install.conf=layout=bls\ninitrd_generator=dracut\n" }, INITRAMFS_DRACUT, 1, "boot/initrd.img-" R },
	{ "Arch with both", { ARCH, ARCH_IMAGES, "usr/bin/dracut" }, INITRAMFS_MKINITCPIO, 2, "boot/initramfs-linux-fallback.img" },
	{ "Arch with dracut's images", { ARCH, "usr/bin/dracut", "boot/initramfs-" R ".img" }, INITRAMFS_DRACUT, 1,
	  "boot/initramfs-" R ".img" },
	{ "another tool", { "boot/initramfs-linux.img" }, INITRAMFS_UNKNOWN, 0, NULL },
	{ "ostree", { "run/ostree-booted", "usr/bin/dracut", "boot/initramfs-" R ".img" }, INITRAMFS_UNKNOWN, 0, NULL },
};

TEST(the_generator_is_told_by_what_is_installed_and_what_it_made)
{
	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		_cleanup_(initramfs_done) struct initramfs i = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		put_all(&t, rows[k].files);
		read_tree(&t, &i);
		CHECK_ROW(rows[k].name, i.generator == rows[k].generator);
		CHECK_ROW(rows[k].name, (i.reason != NULL) == (i.generator == INITRAMFS_UNKNOWN));
		CHECK_ROW(rows[k].name, i.n == rows[k].n);
		CHECK_ROW(rows[k].name, !rows[k].first || (i.n && str_eq(i.images[0].path, rows[k].first) && str_eq(i.images[0].release, R)));
	}
}

TEST(two_generators_are_both_named_with_the_way_out)
{
	static const char *const files[] = { TOOLS, TOOLS_IMAGE, "usr/bin/dracut", NULL };
	_cleanup_(initramfs_done) struct initramfs i = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	put_all(&t, files);
	read_tree(&t, &i);
	CHECK_HAS(i.reason, "initramfs-tools and dracut are both installed");
	CHECK_HAS(i.reason, "initrd_generator=");
}

TEST(a_preset_is_read_where_it_is_plain)
{
	static const struct {
		const char *text, *value;
	} values[] = {
		{ "x=/a\n", "/a" },
		{ "x=\"/a b\"\n", "/a b" },
		{ "x='/a'", "/a" },
		{ "#x=/a\n", NULL },
		{ "y=/b\nx=/a # why\n", "/a" },
		{ "x=/a\nx=/b\n", "/b" },
		{ "x=$HOME\n", NULL },
		{ "x=\"/a$b\"\n", NULL },
		{ "x=\"/a\n", NULL },
		{ "xx=/a\n", NULL },
		{ "x=\n", "" },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_free_ char *value = preset_value(values[i].text, "x");

		CHECK_ROW(values[i].text, str_eq(value, values[i].value));
	}
}

TEST(an_image_is_judged_by_its_listing)
{
	static const char plain[] = "bin\nusr/libexec/slipway/slipway-bind\nscripts/init-top/slipway\n"
				    "usr/lib/modules/" R "/kernel/drivers/vfio/pci/vfio-pci.ko.xz\n";
	static const char long_form[] =
		"Image: /boot/x: 10M\n=====\n-rwxr-xr-x   1 root root 100 Jan  1 1970 usr/libexec/slipway/slipway-bind\n"
		"lrwxrwxrwx   1 root root 4 Jan  1 1970 usr/bin/a -> scripts/init-top/slipway\n"
		"-rw-r--r--   1 root root 100 Jan  1 1970 lib/modules/" R "/kernel/vfio_pci.ko\n";
	static const struct {
		const char *listing, *expected;
		bool is_met;
	} cases[] = {
		{ plain, "usr/libexec/slipway/slipway-bind", true },
		{ plain, "libexec/slipway/slipway-bind", true },
		{ plain, "bexec/slipway/slipway-bind", false },
		{ plain, "!usr/libexec/slipway/slipway-bind", false },
		{ plain, "!etc/slipway/devices.conf", true },
		{ plain, "scripts/init-top/slip", false },
		{ plain, "module vfio_pci", true },
		{ plain, "module nvme", false },
		{ plain, "module vfio", false },
		{ long_form, "usr/libexec/slipway/slipway-bind", true },
		{ long_form, "scripts/init-top/slipway", false }, /* a link's target is no file in the image */
		{ long_form, "module vfio_pci", true },
		{ "", "usr/libexec/slipway/slipway-bind", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *expects[] = { (char *)"!nothing/of/this", (char *)cases[i].expected, NULL };

		CHECK_ROW(cases[i].expected, listing_misses(cases[i].listing, expects) == (cases[i].is_met ? NULL : expects[1]));
	}
}

TEST(a_block_of_ours_comes_and_goes_and_nothing_else)
{
	static const char block[] = "# slipway: begin\nx\n# slipway: end\n";
	static const struct {
		const char *old, *block, *new;
	} edits[] = {
		{ "A=(b)\n", block, "A=(b)\n# slipway: begin\nx\n# slipway: end\n" },
		{ "A=(b)", block, "A=(b)\n# slipway: begin\nx\n# slipway: end\n" },
		{ "", block, block },
		{ "A=(b)\n# slipway: begin\nold\n# slipway: end\n", block, "A=(b)\n# slipway: begin\nx\n# slipway: end\n" },
		{ "A\n# slipway: begin\nold\n# slipway: end\nB\n", block, "A\nB\n# slipway: begin\nx\n# slipway: end\n" },
		{ "A\n# slipway: begin\nold\n# slipway: end\nB", NULL, "A\nB" },
		{ "A\n# slipway: begin\nno end\n", NULL, "A\n# slipway: begin\nno end\n" },
		{ "A\n", NULL, "A\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_free_ char *new = edit_owned_block(edits[i].old, edits[i].block);

		CHECK_STR(new, edits[i].new);
	}
}

/* What cksum(1) says of the same bytes. */
TEST(the_checksum_is_that_of_cksum)
{
	CHECK(checksum("", 0) == 4294967295u);
	CHECK(checksum("abc", 3) == 1219131554u);
}

TEST_MAIN()
