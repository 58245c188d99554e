/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which boot loader started the host, which are installed, and where GRUB keeps its menu. */

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/tree.h"

#define MENU "### BEGIN /etc/grub.d/10_linux ###\nmenuentry 'A' --id a {\n linux /boot/vmlinuz-6.1 quiet\n}\n"
#define LEAD_ON "search.fs_uuid 1234 root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n"
#define SCRIPT "#!/bin/sh\nif test -f ${sysconfdir}/default/grub ; then\n  . ${sysconfdir}/default/grub\nfi\n"
#define DROPINS "for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n  . \"${x}\"\ndone\n"

struct loader_facts {
	struct boot boot;
	struct cmdline running;
	struct grub grub;
	struct loaders loaders;
};

static void facts_done(struct loader_facts *f)
{
	boot_done(&f->boot);
	cmdline_done(&f->running);
	grub_done(&f->grub);
	loaders_done(&f->loaders);
}
#define _cleanup_facts_ _cleanup_(facts_done)

static int read_facts(struct tree *t, const char *running, struct loader_facts *f)
{
	if (boot_read(t->fd, &f->boot) < 0 || cmdline_parse(running, &f->running) < 0 || grub_read(t->fd, &f->boot, &f->grub) < 0)
		return -1;
	return loaders_read(t->fd, &f->boot, &f->running, &f->grub.setup, &f->loaders);
}

/* Boot0001 with this file, and BootCurrent. */
static void put_boot_current(struct tree *t, const char *file)
{
	struct efi_bytes b = {};
	size_t path = efi_option(&b, "x");

	efi_hard_drive(&b, 2);
	efi_file(&b, file);
	efi_end(&b, path);
	tree_put_variable(t, "Boot0001", b.data, b.size);
	tree_put_variable(t, "BootCurrent", "\1\0", 2);
	tree_put_variable(t, "BootOrder", "\1\0", 2);
}

static void put_loader_text(struct tree *t, const char *name, const char *value)
{
	struct efi_bytes b = {};
	_cleanup_free_ char *path = text_format("sys/firmware/efi/efivars/%s-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", name);
	char data[512] = { 6 };

	CHECK(path != NULL);
	efi_utf16(&b, value);
	memcpy(data + 4, b.data, b.size);
	tree_put_bytes(t, path, data, b.size + 4);
}

TEST(what_started_the_host_is_told_by_the_loader_the_firmware_or_the_kernel)
{
	static const struct {
		const char *loader_info, *stub_info, *file, *running;
		enum loader_kind started;
		const char *value;
	} rows[] = {
		{ "systemd-boot 252.38-1", NULL, "\\EFI\\BOOT\\BOOTX64.EFI", "quiet", LOADER_SYSTEMD_BOOT, "systemd-boot 252.38-1" },
		{ "GRUB 2.12", NULL, NULL, "", LOADER_GRUB, "GRUB 2.12" },
		{ "systemd-boot 256", "systemd-stub 256", NULL, "", LOADER_STUB, "systemd-stub 256" },
		{ "refind 0.14", NULL, "\\EFI\\debian\\shimx64.efi", "", LOADER_OTHER, "refind 0.14" },
		{ NULL, NULL, "\\EFI\\debian\\shimx64.efi", "", LOADER_GRUB, "\\EFI\\debian\\shimx64.efi" },
		{ NULL, NULL, "\\EFI\\arch\\GRUBX64.EFI", "", LOADER_GRUB, "\\EFI\\arch\\GRUBX64.EFI" },
		{ NULL, NULL, "\\EFI\\systemd\\systemd-bootx64.efi", "", LOADER_SYSTEMD_BOOT, "\\EFI\\systemd\\systemd-bootx64.efi" },
		{ NULL, NULL, "\\EFI\\Linux\\arch.efi", "", LOADER_STUB, "\\EFI\\Linux\\arch.efi" },
		{ NULL, NULL, "\\vmlinuz-linux", "", LOADER_STUB, "\\vmlinuz-linux" },
		{ NULL, NULL, "\\EFI\\BOOT\\BOOTX64.EFI", "quiet", LOADER_UNKNOWN, NULL },
		{ NULL, NULL, "\\EFI\\BOOT\\BOOTX64.EFI", "BOOT_IMAGE=/boot/vmlinuz-6.1 quiet", LOADER_GRUB, "BOOT_IMAGE=/boot/vmlinuz-6.1" },
		{ NULL, NULL, NULL, "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14 quiet", LOADER_GRUB, "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14" },
		{ NULL, NULL, NULL, "BOOT_IMAGE=images/vmlinuz", LOADER_UNKNOWN, NULL }, /* pxelinux */
		{ NULL, NULL, NULL, "root=/dev/sda1", LOADER_UNKNOWN, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_facts_ struct loader_facts f = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "boot/grub/grub.cfg", MENU);
		tree_folder(&t, "boot/efi/EFI/systemd");
		tree_put(&t, "boot/efi/EFI/systemd/systemd-bootx64.efi", "x");
		if (rows[i].loader_info)
			put_loader_text(&t, "LoaderInfo", rows[i].loader_info);
		if (rows[i].stub_info)
			put_loader_text(&t, "StubInfo", rows[i].stub_info);
		if (rows[i].file)
			put_boot_current(&t, rows[i].file);
		CHECK(read_facts(&t, rows[i].running, &f) == 0);
		CHECK_ROW(rows[i].value ? rows[i].value : rows[i].running, f.loaders.started == rows[i].started);
		CHECK_STR(f.loaders.value, rows[i].value);
	}
}

TEST(two_loaders_without_evidence_are_ambiguous)
{
	static const struct {
		const char *files[4];
		enum loader_kind deciding;
		bool ambiguous;
	} rows[] = {
		{ { NULL }, LOADER_UNKNOWN, false },
		{ { "boot/grub/grub.cfg" }, LOADER_GRUB, false },
		{ { "usr/sbin/grub-mkconfig" }, LOADER_GRUB, false }, /* an image that is being built */
		{ { "usr/sbin/grub-mkconfig", "efi/EFI/systemd/systemd-bootx64.efi" }, LOADER_SYSTEMD_BOOT, false },
		{ { "boot/grub/grub.cfg", "boot/EFI/systemd/systemd-bootx64.efi" }, LOADER_UNKNOWN, true },
		{ { "boot/grub/grub.cfg", "boot/EFI/Linux/debian.efi" }, LOADER_UNKNOWN, true },
		{ { "boot/EFI/Linux/debian.efi", "boot/EFI/systemd/systemd-bootx64.efi" }, LOADER_SYSTEMD_BOOT, false },
		{ { "boot/EFI/Linux/debian.efi" }, LOADER_STUB, false },
		{ { "usr/sbin/zipl", "boot/grub2/grub.cfg" }, LOADER_GRUB, false }, /* SUSE on s390x */
		{ { "usr/sbin/zipl" }, LOADER_ZIPL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum loader_kind first = LOADER_UNKNOWN, second = LOADER_UNKNOWN;
		_cleanup_facts_ struct loader_facts f = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].files) && rows[i].files[j]; j++)
			tree_put(&t, rows[i].files[j], MENU);
		CHECK(read_facts(&t, "", &f) == 0);
		CHECK_ROW(rows[i].files[0], loaders_are_ambiguous(&f.loaders, &first, &second) == rows[i].ambiguous);
		CHECK_ROW(rows[i].files[0], !rows[i].ambiguous || (first == LOADER_GRUB && second > first));
		CHECK_ROW(rows[i].files[0], loaders_deciding(&f.loaders) == rows[i].deciding);
	}
}

TEST(the_menu_is_the_one_that_grub_reads)
{
	static const struct {
		const char *name;
		struct { const char *path, *text; } files[4];
		bool is_uefi;
		const char *started, *link, *cfg;
	} rows[] = {
		{ "Debian", { { "boot/grub/grub.cfg", MENU }, { "boot/efi/EFI/debian/grub.cfg", LEAD_ON } }, true,
		  "\\EFI\\debian\\shimx64.efi", NULL, "boot/grub/grub.cfg" },
		{ "SUSE", { { "boot/grub2/grub.cfg", MENU } }, false, NULL, NULL, "boot/grub2/grub.cfg" },
		{ "CentOS 7, UEFI", { { "boot/grub2/grub.cfg", MENU }, { "boot/efi/EFI/centos/grub.cfg", MENU } }, true,
		  NULL, "../boot/efi/EFI/centos/grub.cfg", "boot/efi/EFI/centos/grub.cfg" },
		{ "the same, BIOS", { { "boot/grub2/grub.cfg", MENU }, { "boot/efi/EFI/centos/grub.cfg", MENU } }, false,
		  NULL, "../boot/efi/EFI/centos/grub.cfg", "boot/grub2/grub.cfg" },
		{ "the folder that it started from", { { "boot/grub/grub.cfg", MENU }, { "boot/efi/EFI/x/grub.cfg", MENU } }, true,
		  "\\EFI\\x\\grubx64.efi", NULL, "boot/efi/EFI/x/grub.cfg" },
		{ "only on the system partition", { { "boot/efi/EFI/x/grub.cfg", MENU }, { "boot/efi/EFI/y/grub.cfg", LEAD_ON } }, true,
		  NULL, NULL, "boot/efi/EFI/x/grub.cfg" },
		{ "two of them", { { "boot/efi/EFI/x/grub.cfg", MENU }, { "boot/efi/EFI/y/grub.cfg", MENU } }, true, NULL, NULL, NULL },
		{ "the tools tell", { { "usr/bin/grub2-mkconfig", SCRIPT }, { "boot/grub/grub.cfg", MENU }, { "boot/grub2/grub.cfg", MENU } },
		  false, NULL, NULL, "boot/grub2/grub.cfg" },
		{ "none", { { "boot/grub/grub.cfg", LEAD_ON } }, false, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_facts_ struct loader_facts f = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		for (size_t j = 0; j < ARRAY_SIZE(rows[i].files) && rows[i].files[j].path; j++)
			tree_put(&t, rows[i].files[j].path, "%s", rows[i].files[j].text);
		if (rows[i].is_uefi)
			tree_folder(&t, "sys/firmware/efi/efivars");
		if (rows[i].started)
			put_boot_current(&t, rows[i].started);
		if (rows[i].link)
			tree_link(&t, "etc/grub2-efi.cfg", rows[i].link);
		CHECK(read_facts(&t, "", &f) == 0);
		CHECK_STR(f.grub.setup.cfg, rows[i].cfg);
		CHECK_ROW(rows[i].name, f.grub.is_present == (rows[i].cfg || i == 6));
		CHECK_ROW(rows[i].name, !rows[i].cfg == !f.grub.next_cmdline);
	}
}

TEST(the_script_tells_whether_drop_ins_are_read)
{
	static const struct {
		const char *script;
		bool has_dropins;
	} rows[] = {
		{ SCRIPT, false },
		{ SCRIPT DROPINS, true },
		{ SCRIPT "# see also /etc/default/grub.d/\n", false },
		{ SCRIPT " # default/grub.d/ default/grub.d/\nx=1\n" DROPINS, true },
		{ "x=default/grub.d/", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_facts_ struct loader_facts f = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "usr/sbin/grub2-mkconfig", "%s", rows[i].script);
		CHECK(read_facts(&t, "", &f) == 0);
		CHECK_STR(f.grub.setup.mkconfig, "usr/sbin/grub2-mkconfig");
		CHECK_ROW(rows[i].script, f.grub.setup.has_dropins == rows[i].has_dropins);
	}
}

TEST(a_menu_with_blscfg_leaves_its_entries_to_the_folder)
{
	_cleanup_facts_ struct loader_facts f = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "boot/grub2/grub.cfg", "if [ \"${next_entry}\" ] ; then\n  set default=\"${next_entry}\"\nelse\n"
		 "  set default=\"${saved_entry}\"\nfi\ninsmod blscfg\nblscfg\nmenuentry 'UEFI Firmware Settings' {\n\tfwsetup\n}\n");
	tree_put(&t, "boot/grub2/grubenv", "# GRUB Environment Block\nsaved_entry=abc-5.14.0-427.el9.x86_64\n####");
	tree_folder(&t, "boot/loader/entries");
	tree_put(&t, "usr/sbin/grubby", "x");
	CHECK(read_facts(&t, "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14 quiet", &f) == 0);
	CHECK(f.grub.setup.uses_bls && f.grub.is_present && !f.grub.next_cmdline && f.grub.reason);
	CHECK_STR(f.grub.choice, "abc-5.14.0-427.el9.x86_64");
	CHECK_STR(f.grub.setup.env, "boot/grub2/grubenv");
	CHECK(f.loaders.started == LOADER_GRUB && f.loaders.has_grubby && !f.loaders.has_bootc);
	CHECK(strv_length(f.loaders.entry_folders) == 1);
}

TEST(an_image_without_a_menu_tells_by_its_settings_what_it_will_be)
{
	static const struct {
		const char *settings;
		bool uses_bls;
	} rows[] = {
		{ "GRUB_ENABLE_BLSCFG=true\n", true }, { "A=b\nGRUB_ENABLE_BLSCFG=\"true\"\n", true },
		{ "GRUB_ENABLE_BLSCFG=false\n", false }, { "#GRUB_ENABLE_BLSCFG=true\n", false }, { "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_facts_ struct loader_facts f = {};
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "etc/default/grub", "%s", rows[i].settings);
		CHECK(read_facts(&t, "", &f) == 0);
		CHECK_ROW(rows[i].settings, f.grub.setup.uses_bls == rows[i].uses_bls);
	}
}

TEST_MAIN()
