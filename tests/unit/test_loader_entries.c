/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot loader entries: their order, and which one boots next under systemd-boot and under GRUB's blscfg. */

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/loader_entries.h"
#include "tests/unit/check.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/tree.h"

#define ENTRIES "boot/efi/loader/entries/"
#define LOADER "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

TEST(versions_are_ordered_as_the_specification_orders_them)
{
	/* Each older than the next: the list of UAPI.10, "Examples", and kernels. */
	static const char *const rows[] = { "122.1", "123~rc1-1", "123", "123-a", "123-a.1", "123-1", "123-1.1", "123^post1",
					    "123.a-1", "123.1-1", "123a-1", "124-1" };
	static const char *const kernels[] = { "x-0-rescue.conf", "x-5.14.0-70.el9.conf", "x-5.14.0-162.el9.conf", "x-6.1.0-9-amd64.conf",
					       "x-6.1.0-44-amd64.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
			CHECK_ROW(rows[i], (version_compare(rows[i], rows[j]) < 0) == (i < j));
	for (size_t i = 0; i + 1 < ARRAY_SIZE(kernels); i++)
		CHECK_ROW(kernels[i], version_compare(kernels[i], kernels[i + 1]) < 0 && version_compare(kernels[i + 1], kernels[i]) > 0);
	CHECK(version_compare("6.1", "6.1") == 0 && version_compare("6.01", "6.1") == 0);
}

TEST(the_count_of_tries_is_no_part_of_a_name)
{
	static const struct {
		const char *path, *bare;
	} rows[] = {
		{ "a/x+3.conf", "a/x.conf" },   { "a/x+2-1.conf", "a/x.conf" }, { "a/x.conf", "a/x.conf" },       { "a+3.conf/x", "a+3.conf/x" },
		{ "x+3-.conf", "x+3-.conf" },   { "x+y.conf", "x+y.conf" },     { "gcc+3+1.conf", "gcc+3.conf" }, { "x+3.efi", "x.efi" },
		{ "x+3.confx", "x+3.confx" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *bare = loader_entry_uncounted(rows[i].path);

		CHECK_STR(bare, rows[i].bare);
	}
}

static void put_variable(struct tree *t, const char *name, const char *value)
{
	_cleanup_free_ char *path = text_format("sys/firmware/efi/efivars/%s" LOADER, name);
	struct efi_bytes b = {};
	char data[512] = { 7 };

	efi_utf16(&b, value);
	memcpy(data + 4, b.data, b.size);
	tree_put_bytes(t, path, data, b.size + 4);
}

/* A systemd-boot with three kernels, the newest of which was tried too often. */
static void systemd_boot(struct tree *t)
{
	tree_new(t);
	put_variable(t, "LoaderInfo", "systemd-boot 252");
	tree_put(t, "boot/efi/EFI/systemd/systemd-bootx64.efi", "x");
	tree_put(t, ENTRIES "debian-6.1.0.conf", "title A\nversion 6.1.0\nsort-key debian\nlinux /a\noptions root=x old\n");
	tree_put(t, ENTRIES "debian-6.5.0+2-1.conf", "title B\nversion 6.5.0\nsort-key debian\nlinux /b\noptions root=x\noptions mid\n");
	tree_put(t, ENTRIES "debian-6.9.0+0-3.conf", "version 6.9.0\nsort-key debian\nlinux /c\noptions root=x new\n");
	tree_put(t, ENTRIES "hand.conf", "# by hand\nlinux /vmlinuz-6.7.0\noptions root=x hand\n");
	tree_put(t, ENTRIES "readme.txt", "options no\n");
	tree_put(t, "proc/cmdline", "root=x old\n");
}

TEST(systemd_boot_takes_what_its_variables_or_its_file_name_and_else_the_first)
{
	static const struct {
		const char *once, *chosen, *configured, *booted, *file, *options, *release;
	} rows[] = {
		{ NULL, NULL, NULL, NULL, "debian-6.5.0+2-1.conf", "root=x mid", "6.5.0" },
		{ NULL, NULL, "timeout 3\ndefault hand.conf\n", NULL, "hand.conf", "root=x hand", "6.7.0" },
		{ NULL, NULL, "default debian-6.1*\n", NULL, "debian-6.1.0.conf", "root=x old", "6.1.0" },
		{ NULL, NULL, "default\tdebian-6.9.0.conf", NULL, "debian-6.9.0+0-3.conf", "root=x new", "6.9.0" },
		{ NULL, NULL, "default hand\n", NULL, "debian-6.5.0+2-1.conf", "root=x mid", "6.5.0" }, /* an id has its ending */
		{ NULL, NULL, "#default hand.conf\ndefault x\ndefault @saved\n", "HAND.conf", "hand.conf", "root=x hand", "6.7.0" },
		{ NULL, "hand.conf", "default debian-6.1.0.conf\n", NULL, "hand.conf", "root=x hand", "6.7.0" },
		{ NULL, "@saved", NULL, "debian-6.1.0.conf", "debian-6.1.0.conf", "root=x old", "6.1.0" },
		{ "debian-6.1.0.conf", "hand.conf", NULL, NULL, "debian-6.1.0.conf", "root=x old", "6.1.0" },
		{ "gone.conf", "hand.conf", NULL, NULL, "hand.conf", "root=x hand", "6.7.0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *path = text_format(ENTRIES "%s", rows[i].file), *options = NULL;
		_cleanup_tree_ struct tree t;

		systemd_boot(&t);
		if (rows[i].once)
			put_variable(&t, "LoaderEntryOneShot", rows[i].once);
		if (rows[i].chosen)
			put_variable(&t, "LoaderEntryDefault", rows[i].chosen);
		if (rows[i].booted)
			put_variable(&t, "LoaderEntryLastBooted", rows[i].booted);
		if (rows[i].configured)
			tree_put(&t, "boot/efi/loader/loader.conf", "%s", rows[i].configured);
		CHECK(tree_read(&t) == 0);
		CHECK_STR(t.host.kernel.next_source, path);
		options = strv_join(t.host.kernel.next_boot.arguments, " ");
		CHECK_STR(options, rows[i].options);
		CHECK_STR(t.host.kernel.next_release, rows[i].release);
		CHECK(t.host.entries.is_once == (i == 8));
	}
}

TEST(a_unified_image_leaves_the_next_boot_unknown_unless_something_else_is_named)
{
	_cleanup_tree_ struct tree t, named, chosen;

	systemd_boot(&t);
	tree_put(&t, "boot/efi/EFI/Linux/debian-7.efi", "MZ");
	CHECK(tree_read(&t) == 0);
	CHECK(!t.host.kernel.next_boot_known);
	CHECK_HAS(t.host.kernel.next_reason, "/boot/efi/EFI/Linux/debian-7.efi");
	systemd_boot(&named);
	tree_put(&named, "boot/efi/EFI/Linux/debian-7.efi", "MZ");
	tree_put(&named, "boot/efi/loader/loader.conf", "default hand.conf\n");
	CHECK(tree_read(&named) == 0);
	CHECK(named.host.kernel.next_boot_known);
	systemd_boot(&chosen);
	tree_put(&chosen, "boot/efi/EFI/Linux/debian-7.efi", "MZ");
	tree_put(&chosen, "boot/efi/loader/loader.conf", "default debian-7.*\n");
	CHECK(tree_read(&chosen) == 0);
	CHECK(!chosen.host.kernel.next_boot_known);
	CHECK_HAS(chosen.host.kernel.next_reason, "its command line inside");
}

TEST(a_grub_menu_that_did_not_start_the_host_says_nothing_of_the_next_boot)
{
	_cleanup_tree_ struct tree t, stub;

	systemd_boot(&t);
	tree_put(&t, "boot/grub/grub.cfg", "set default=\"0\"\nmenuentry 'x' {\n linux /boot/vmlinuz-1 wrong\n}\n");
	CHECK(tree_read(&t) == 0);
	CHECK_STR(t.host.kernel.next_source, ENTRIES "debian-6.5.0+2-1.conf");
	systemd_boot(&stub);
	put_variable(&stub, "StubInfo", "systemd-stub 252");
	tree_put(&stub, "boot/grub/grub.cfg", "set default=\"0\"\nmenuentry 'x' {\n linux /boot/vmlinuz-1 wrong\n}\n");
	CHECK(tree_read(&stub) == 0);
	CHECK(!stub.host.kernel.next_boot_known && stub.host.kernel.next_reason);
}

#define BLS "boot/loader/entries/0123-"
#define MENU "set default=\"${saved_entry}\"\nif [ -z \"${kernelopts}\" ]; then\n  set kernelopts=\"root=/dev/x ro \"\nfi\n" \
	     "set tuned_params=\"nohz=on\"\ninsmod blscfg\nblscfg\n"

TEST(grub_takes_the_saved_entry_and_puts_its_variables_in)
{
	static const struct {
		const char *env, *file, *options;
	} rows[] = {
		{ "", BLS "5.14.0-162.conf", "root=/dev/x ro nohz=on" },
		{ "saved_entry=0123-5.14.0-70\n", BLS "5.14.0-70.conf", "root=a ro" },
		{ "saved_entry=Red Hat (70)\n", BLS "5.14.0-70.conf", "root=a ro" },
		{ "saved_entry=1\n", BLS "5.14.0-70.conf", "root=a ro" },
		{ "saved_entry=0123-5.14\n", BLS "5.14.0-162.conf", "root=/dev/x ro nohz=on" },
		{ "next_entry=2\nsaved_entry=1\n", BLS "0-rescue.conf", "root=/dev/x ro" },
		{ "kernelopts=root=/dev/y quiet\n", BLS "5.14.0-162.conf", "root=/dev/y quiet nohz=on" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *options = NULL;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "boot/grub2/grub.cfg", "%s", MENU);
		tree_put(&t, "boot/grub2/grubenv", "# GRUB Environment Block\n%s#####", rows[i].env);
		tree_put(&t, BLS "0-rescue.conf", "title R\nlinux /r\noptions $kernelopts\n");
		tree_put(&t, BLS "5.14.0-70.conf", "title Red Hat (70)\nversion 5.14.0-70\nlinux /a\noptions root=a ro\n");
		tree_put(&t, BLS "5.14.0-162.conf", "title Red Hat (162)\nversion 5.14.0-162\nlinux /b\noptions ${kernelopts} $tuned_params $unset\n");
		CHECK(tree_read(&t) == 0);
		CHECK_STR(t.host.kernel.next_source, rows[i].file);
		options = strv_join(t.host.kernel.next_boot.arguments, " ");
		CHECK_STR(options, rows[i].options);
	}
}

TEST(entries_that_are_not_there_are_said)
{
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "boot/grub2/grub.cfg", "%s", MENU);
	CHECK(tree_read(&t) == 0);
	CHECK(!t.host.kernel.next_boot_known);
	CHECK_HAS(t.host.kernel.next_reason, "no boot loader entries");
}

TEST_MAIN()
