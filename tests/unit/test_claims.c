/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that only one thing speaks for: each kind of evidence alone must be enough for a refusal that names the chain. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/refusal.h"
#include "tests/unit/check.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"
#define B_ADDRESS "0000:06:00.0"
#define B_SYSFS "../../../devices/pci0000:00/" B "/nvme/nvme1/nvme1n1"
#define B_UDEV "run/udev/data/b259:10"
#define P_UDEV "run/udev/data/b259:11"
#define GUID "0f3a9b1c-1111-2222-3333-445566778899"

/* Drives nvme0n1 and nvme1n1, empty; "/" on a RAM disk. nvme1n1 is what a row speaks of, and its partition p1. */
static void two_drives(struct tree *t)
{
	tree_new(t);
	tree_nvme(t, A, 0, 1);
	tree_nvme(t, B, 1, 2);
	tree_partition(t, B, 1, 1, NULL);
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
	tree_mounts(t, (const char *const[]){ "1:0 /dev/ram0 / ext4", NULL });
}

/* A file with this text; a target beginning with "->" makes a link. */
struct file {
	const char *path, *text;
};

static const struct row {
	const char *name;
	struct file files[4];
	enum use_kind kind;
	const char *what, *via;
	bool is_vital;
} rows[] = {
	{ "a file system whose mount nobody can see", { { "sys/fs/ext4/nvme1n1p1/features", "" } }, USE_MOUNT,
	  "ext4 that the kernel has mounted where no mount table shows it (/sys/fs/ext4/nvme1n1p1)", "nvme1n1 → nvme1n1p1", false },
	{ "an unseen xfs", { { "sys/fs/xfs/nvme1n1/log/log_head_lsn", "1:1" } }, USE_MOUNT, "xfs that the kernel has mounted", "nvme1n1", false },
	{ "an unseen btrfs", { { "sys/fs/btrfs/12-34/devices/nvme1n1", "->" B_SYSFS } }, USE_MOUNT, "btrfs that the kernel has mounted",
	  "nvme1n1", false },
	{ "a bcache cache without a bcache", { { "sys/fs/bcache/ab-cd/cache0", "->" B_SYSFS "/nvme1n1p1/bcache" } }, USE_HOLDER,
	  "held by bcache set ab-cd", "nvme1n1 → nvme1n1p1", false },
	{ "a bcache backing device", { { "sys/fs/bcache/ab-cd/bdev0", "->" B_SYSFS "/bcache" } }, USE_HOLDER, "held by bcache set ab-cd",
	  "nvme1n1", false },
	{ "a namespace of the NVMe target", { { "sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/device_path", "/dev/nvme1n1\n" } },
	  USE_HOLDER, "exported by the NVMe target", "nvme1n1", false },
	{ "a LUN of the SCSI target", { { "sys/kernel/config/target/core/iblock_0/disk/udev_path", "/dev/nvme1n1p1\n" } }, USE_HOLDER,
	  "exported by the SCSI target", "nvme1n1 → nvme1n1p1", false },
	{ "a pool that is imported", { { B_UDEV, "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n" }, { "proc/spl/kstat/zfs/tank/state", "ONLINE\n" } },
	  USE_HOLDER, "held by ZFS pool tank, which is imported", "nvme1n1", false },
	{ "a member of nobody knows which pool", { { B_UDEV, "E:ID_FS_TYPE=zfs_member\n" }, { "proc/spl/kstat/zfs/tank/state", "ONLINE\n" } },
	  USE_HOLDER, "zfs_member, while a ZFS pool is imported", "nvme1n1", false },
	{ "a loop device on the raw disk", { { "sys/devices/virtual/block/loop0/loop/backing_file", "/dev/nvme1n1\n" },
	  { "sys/devices/virtual/block/loop0/dev", "7:0\n" }, { "sys/block/loop0", "->../devices/virtual/block/loop0" } }, USE_HOLDER,
	  "held by loop0 (/dev/nvme1n1)", "nvme1n1 → loop0", false },
	{ "kdump.conf by path", { { "etc/kdump.conf", "# dump\npath /var/crash\nraw /dev/nvme1n1p1\n" } }, USE_DUMP,
	  "crash dumps go there (raw /dev/nvme1n1p1 in /etc/kdump.conf)", "nvme1n1 → nvme1n1p1", false },
	{ "kdump.conf by UUID", { { "etc/kdump.conf", "ext4 UUID=" GUID "\n" }, { P_UDEV, "E:ID_FS_UUID=" GUID "\n" } }, USE_DUMP,
	  "crash dumps go there", "nvme1n1 → nvme1n1p1", false },
	{ "pstore", { { "sys/module/pstore_blk/parameters/blkdev", "/dev/nvme1n1p1\n" } }, USE_DUMP, "pstore writes there",
	  "nvme1n1 → nvme1n1p1", false },
	{ "the kernel's resume device", { { "sys/power/resume", "259:11\n" } }, USE_RESUME, "hibernation writes there (/sys/power/resume)",
	  "nvme1n1 → nvme1n1p1", false },
	{ "resume= by PARTUUID", { { "proc/cmdline", "root=/dev/ram0 resume=PARTUUID=" GUID "\n" }, { P_UDEV, "E:ID_PART_ENTRY_UUID=" GUID "\n" } },
	  USE_RESUME, "hibernation writes there (resume= on the kernel command line)", "nvme1n1 → nvme1n1p1", false },
	{ "resume of initramfs-tools", { { "etc/initramfs-tools/conf.d/resume", "RESUME=/dev/nvme1n1p1\n" } }, USE_RESUME, "hibernation",
	  "nvme1n1 → nvme1n1p1", false },
	{ "fstab", { { "etc/fstab", "LABEL=data\t/srv ext4 noauto 0 0\n" }, { P_UDEV, "E:ID_FS_LABEL=data\n" } }, USE_CONFIGURED,
	  "named for /srv in /etc/fstab", "nvme1n1 → nvme1n1p1", false },
	{ "fstab has a /boot that is not mounted", { { "etc/fstab", "/dev/nvme1n1p1 /boot ext4 noauto\n" } }, USE_CONFIGURED,
	  "named for /boot in /etc/fstab", "nvme1n1 → nvme1n1p1", true },
	{ "fstab has swap", { { "etc/fstab", "PARTLABEL=\"swap\" none swap sw\n" }, { P_UDEV, "E:ID_PART_ENTRY_NAME=swap\n" } }, USE_CONFIGURED,
	  "named for swap in /etc/fstab", "nvme1n1 → nvme1n1p1", false },
	{ "crypttab", { { "etc/crypttab", "vault UUID=" GUID " none luks\n" }, { P_UDEV, "E:ID_FS_UUID=" GUID "\n" } }, USE_CONFIGURED,
	  "named for vault in /etc/crypttab", "nvme1n1 → nvme1n1p1", false },
	{ "a key beside crypttab's disk", { { "etc/crypttab", "vault /dev/gone /dev/nvme1n1 luks,discard\n" } }, USE_CONFIGURED,
	  "has the key for vault in /etc/crypttab", "nvme1n1", false },
	{ "a key file on a device", { { "etc/crypttab", "vault /dev/gone /key:LABEL=stick\n" }, { P_UDEV, "E:ID_FS_LABEL=stick\n" } }, USE_CONFIGURED,
	  "has the key for vault", "nvme1n1 → nvme1n1p1", false },
	{ "a key file as Debian has it", { { "etc/crypttab", "vault /dev/gone /dev/nvme1n1p1:/key luks,keyscript=passdev\n" } }, USE_CONFIGURED,
	  "has the key for vault", "nvme1n1 → nvme1n1p1", false },
	{ "a header that lies apart", { { "etc/crypttab", "vault /dev/gone none luks,header=/dev/nvme1n1\n" } }, USE_CONFIGURED,
	  "has the header for vault", "nvme1n1", false },
	{ "the BIOS disk 80h", { { "sys/firmware/edd/int13_dev80/pci_dev", "->../../../devices/pci0000:00/" B } }, USE_BOOT,
	  "the BIOS boots from its disk 80h there", "", false },
	{ "an ESP on an MBR disk", { { P_UDEV, "E:ID_PART_ENTRY_TYPE=0xef\n" } }, USE_ESP, "EFI system partition", "nvme1n1 → nvme1n1p1", true },
	{ "GRUB's partition on a GPT disk", { { P_UDEV, "E:ID_PART_ENTRY_TYPE=" PART_TYPE_BIOS_BOOT "\n" } }, USE_ESP, "BIOS boot partition",
	  "nvme1n1 → nvme1n1p1", true },
	{ "OpenFirmware's partition on a GPT disk", { { P_UDEV, "E:ID_PART_ENTRY_TYPE=" PART_TYPE_PREP "\n" } }, USE_ESP, "PReP boot partition",
	  "nvme1n1 → nvme1n1p1", true },
	{ "an extended boot partition", { { P_UDEV, "E:ID_PART_ENTRY_TYPE=" PART_TYPE_XBOOTLDR "\n" } }, USE_ESP, "extended boot",
	  "nvme1n1 → nvme1n1p1", true },
	{ "bcachefs on two disks", { { "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n"
	  "22 21 0:50 / /srv rw - bcachefs /dev/ram0:/dev/nvme1n1 rw\n" } }, USE_MOUNT, "bcachefs on /srv", "nvme1n1", false },
	{ "the real-time section of an xfs", { { "proc/self/mountinfo", "21 1 1:0 / / rw - xfs /dev/ram0 rw,attr2,rtdev=/dev/nvme1n1p1,noquota\n" } },
	  USE_MOUNT, "xfs on /", "nvme1n1 → nvme1n1p1", true },
	{ "the log of an xfs", { { "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n"
	  "22 21 1:0 / /srv rw - xfs /dev/ram0 rw,logbufs=8,logdev=/dev/nvme1n1\n" } }, USE_MOUNT, "xfs on /srv", "nvme1n1", false },
	{ "an unseen bcachefs", { { "sys/fs/bcachefs/12-34/dev-1/block", "->../../../../" B_SYSFS } }, USE_MOUNT, "bcachefs that the kernel has mounted",
	  "nvme1n1", false },
	{ "the journal of an ext4 on another device", { { "proc/self/mountinfo", "21 1 1:0 / / rw - tmpfs x rw\n22 21 1:0 / /srv rw - ext4 /dev/ram0 rw\n" },
	  { "proc/fs/jbd2/nvme1n1p1/info", "" } }, USE_MOUNT, "the journal of a file system that is mounted (/proc/fs/jbd2/nvme1n1p1)",
	  "nvme1n1 → nvme1n1p1", false },
	{ "the journal of \"/\"", { { "proc/fs/jbd2/nvme1n1/info", "" } }, USE_MOUNT, "the journal of a file system", "nvme1n1", true },
	{ "a journal, while \"/\" has its own", { { "proc/fs/jbd2/nvme1n1/info", "" }, { "proc/fs/jbd2/ram0-8/info", "" } }, USE_MOUNT,
	  "the journal of a file system", "nvme1n1", false },
	{ "a drive that the NVMe target passes through", { { "sys/kernel/config/nvmet/subsystems/nqn.x/passthru/device_path", "/dev/nvme1\n" },
	  { "sys/class/nvme/nvme1", "->../../devices/pci0000:00/" B "/nvme/nvme1" } }, USE_HOLDER, "exported by the NVMe target", "", false },
	{ "virtiofs", { { "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 21 0:60 / /srv rw - virtiofs data rw\n" },
	  { "sys/bus/virtio/drivers/virtiofs/virtio5", "->../../../../devices/pci0000:00/" B "/virtio5" } }, USE_MOUNT, "virtiofs on /srv", "", false },
	{ "a share that holds /boot, after one that does not", { { "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n"
	  "22 21 0:60 / /srv rw - virtiofs data rw\n23 21 0:61 / /boot rw - virtiofs boot rw\n24 21 0:62 / /opt rw - virtiofs opt rw\n" },
	  { "sys/bus/virtio/drivers/virtiofs/virtio5", "->../../../../devices/pci0000:00/" B "/virtio5" } }, USE_MOUNT, "virtiofs on /boot", "", true },
	{ "\"/\" from the hypervisor", { { "proc/self/mountinfo", "21 1 0:60 / / rw - 9p root rw,access=client,trans=virtio\n22 21 0:61 / /x rw - 9p x rw\n" },
	  { "sys/bus/virtio/drivers/9pnet_virtio/virtio5", "->../../../../devices/pci0000:00/" B "/virtio5" } }, USE_MOUNT, "9p on /", "", true },
	{ "the second disk of a btrfs in another namespace", { { "proc/77/ns/mnt", "->mnt:[4026532999]" },
	  { "proc/77/mountinfo", "9 1 0:50 / /x rw - btrfs /dev/ram0 rw\n" }, { "sys/fs/btrfs/1/devices/nvme1n1", "->../" },
	  { "sys/fs/btrfs/1/devices/ram0", "->../" } }, USE_MOUNT, "btrfs on /x in another mount namespace", "nvme1n1", false },
};

static void make(struct tree *t, const struct file files[4])
{
	for (size_t i = 0; i < 4 && files[i].path; i++)
		if (str_starts(files[i].text, "->"))
			tree_link(t, files[i].path, files[i].text + 2);
		else
			tree_put(t, files[i].path, "%s", files[i].text);
}

static const struct refusal *refusal_of(const struct refusals *r, const char *kind)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->list[i].rule, "in-use") && str_eq(r->list[i].kind, kind))
			return &r->list[i];
	return NULL;
}

TEST(each_evidence_alone_refuses_the_disk)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		static const enum request_when whens[] = { REQUEST_NOW, REQUEST_NEXT_BOOT };
		const struct row *row = &rows[i];
		_cleanup_tree_ struct tree t;
		const struct use *use;

		two_drives(&t);
		CHECK_ROW(row->name, tree_read(&t) == 0 && t.uses.n == 0);
		make(&t, row->files);
		CHECK_ROW(row->name, tree_read(&t) == 0);
		use = tree_use(&t, B_ADDRESS, row->kind, row->what);
		CHECK_ROW(row->name, use);
		CHECK_ROW(row->name, use && str_eq(use->via, row->via) && use->is_vital == row->is_vital);
		for (size_t w = 0; w < 2; w++) {
			struct device *d = tree_device(&t, B_ADDRESS);
			_cleanup_(refusals_done) struct refusals r = {};
			const struct refusal *refusal;

			CHECK_ROW(row->name, request_check(&t.host, &t.uses, &d, 1, NULL, whens[w], &r) == 0);
			refusal = refusal_of(&r, use_kind_name(row->kind));
			CHECK_ROW(row->name, refusal && strstr(refusal->text, row->what) && strstr(refusal->text, row->via));
			CHECK_ROW(row->name, refusal && !strstr(refusal->text, "--allow") == row->is_vital);
		}
	}
}

TEST(the_disk_of_boot_current_is_vital)
{
	static const struct {
		const char *nodes, *uuid, *via;
	} cases[] = {
		{ "rpng", "12345678-9ABC-DEF0-0102-030405060708", "nvme1n1 → nvme1n1p1" },
		{ "rpnm", "12345678-03", "nvme1n1 → nvme1n1p1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;
		struct efi_bytes entry = {};
		const struct use *use;
		size_t path;

		two_drives(&t);
		path = efi_option(&entry, "debian");
		efi_nodes(&entry, cases[i].nodes);
		efi_end(&entry, path);
		tree_put_variable(&t, "BootCurrent", (unsigned char[]){ 0x1a, 0 }, 2);
		tree_put_variable(&t, "Boot001A", entry.data, entry.size);
		tree_put(&t, P_UDEV, "E:ID_PART_ENTRY_UUID=%s\n", cases[i].uuid);
		CHECK_ROW(cases[i].nodes, tree_read(&t) == 0);
		use = tree_use(&t, B_ADDRESS, USE_BOOT, "this boot came from it (EFI BootCurrent is Boot001A)");
		CHECK_ROW(cases[i].nodes, use && use->is_vital && str_eq(use->via, cases[i].via));
		CHECK_ROW(cases[i].nodes, !tree_use(&t, "0000:05:00.0", USE_BOOT, ""));
	}
}

TEST(a_tag_names_the_disk_that_has_it)
{
	static const char *const tags[][2] = {
		{ "LABEL", "ID_FS_LABEL" }, { "UUID", "ID_FS_UUID" }, { "PARTLABEL", "ID_PART_ENTRY_NAME" }, { "PARTUUID", "ID_PART_ENTRY_UUID" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, "run/udev/data/b259:0", "E:%s=11-1\n", tags[i][1]);
		tree_put(&t, P_UDEV, "E:%s=11-10\n", tags[i][1]);
		tree_put(&t, "etc/fstab", "%s=11-10 /srv ext4 noauto\n", tags[i][0]);
		CHECK_ROW(tags[i][0], tree_read(&t) == 0);
		CHECK_ROW(tags[i][0], t.uses.n == 1 && tree_use(&t, B_ADDRESS, USE_CONFIGURED, "named for /srv"));
	}
}

TEST(each_type_of_file_system_counts)
{
	static const char *const unseen[] = { "ext4", "xfs", "f2fs", "nilfs2", "erofs", "gfs2" };
	static const char *const dumps[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "minix", "raw" };
	_cleanup_tree_ struct tree t;

	for (size_t i = 0; i < ARRAY_SIZE(unseen); i++) {
		_cleanup_free_ char *path = text_format("sys/fs/%s/nvme1n1/x", unseen[i]), *what = text_format("%s that the kernel has mounted", unseen[i]);
		_cleanup_tree_ struct tree other;

		two_drives(&other);
		tree_put(&other, path, "1\n");
		CHECK_ROW(unseen[i], tree_read(&other) == 0 && tree_use(&other, B_ADDRESS, USE_MOUNT, what));
	}
	two_drives(&t);
	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++) {
		tree_put(&t, "etc/kdump.conf", "%s /dev/nvme1n1\n", dumps[i]);
		CHECK_ROW(dumps[i], tree_read(&t) == 0 && tree_use(&t, B_ADDRESS, USE_DUMP, "crash dumps go there"));
	}
}

TEST(what_a_mount_table_shows_is_told_once)
{
	static const struct {
		const char *fs_type;
		struct file file;
	} cases[] = {
		{ "ext4", { "sys/fs/ext4/nvme1n1/features", "" } },
		{ "btrfs", { "sys/fs/btrfs/12-34/devices/nvme1n1", "->" B_SYSFS } },
		{ "bcachefs", { "sys/fs/bcachefs/12-34/dev-0/block", "->../../../../" B_SYSFS } },
		{ "xfs", { "etc/fstab", "/dev/nvme1n1 /srv xfs noauto\n" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		make(&t, (struct file[4]){ cases[i].file });
		tree_put(&t, "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 21 259:10 / /srv rw - %s /dev/nvme1n1 rw\n", cases[i].fs_type);
		CHECK_ROW(cases[i].fs_type, tree_read(&t) == 0);
		CHECK_ROW(cases[i].fs_type, t.uses.n == 1 && tree_use(&t, B_ADDRESS, USE_MOUNT, " on /srv"));
	}
}

TEST(a_pool_that_is_not_imported_holds_no_disk)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, B_UDEV, "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank2\n");
	tree_put(&t, "proc/spl/kstat/zfs/tank/state", "ONLINE\n");
	tree_put(&t, "proc/spl/kstat/zfs/tank2/io", "\n");
	CHECK(tree_read(&t) == 0);
	CHECK(t.uses.n == 1 && tree_use(&t, B_ADDRESS, USE_DATA, "zfs_member signature"));
}

TEST(the_drive_of_boot_current_is_vital_without_a_partition)
{
	_cleanup_tree_ struct tree t;
	struct efi_bytes entry = {};
	const struct use *use;
	size_t path;

	two_drives(&t);
	tree_nvme(&t, "0000:00:06.0/0000:05:06.0", 2, 3);
	path = efi_option(&entry, "UEFI NVMe");
	efi_nodes(&entry, "rppn");
	efi_end(&entry, path);
	tree_put_variable(&t, "BootCurrent", (unsigned char[]){ 0x1a, 0 }, 2);
	tree_put_variable(&t, "Boot001A", entry.data, entry.size);
	CHECK(tree_read(&t) == 0);
	use = tree_use(&t, "0000:05:06.0", USE_BOOT, "this boot came from it (EFI BootCurrent is Boot001A)");
	CHECK(use && use->is_vital);
	CHECK(t.uses.n == 1);
}

TEST(what_the_network_shares_comes_through_no_virtio_device)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_link(&t, "sys/bus/virtio/drivers/9pnet_virtio/virtio5", "../../../../devices/pci0000:00/" B "/virtio5");
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
	tree_put(&t, "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 21 0:61 / /boot rw - 9p 192.0.2.9 rw,trans=tcp\n");
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
}

TEST(swap_in_use_is_told_once)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, "etc/fstab", "/dev/nvme1n1 none swap sw\n");
	tree_put(&t, "proc/swaps", "Filename Type Size Used Priority\n/dev/nvme1n1 partition 9 0 -2\n");
	CHECK(tree_read(&t) == 0);
	CHECK(t.uses.n == 1 && tree_use(&t, B_ADDRESS, USE_SWAP, ""));
}

TEST(files_that_speak_of_no_disk_of_ours_claim_nothing)
{
	static const struct file others[] = {
		{ "etc/fstab", "# /dev/nvme1n1 /x ext4\nUUID=99 /srv ext4\nproc /proc proc\n/dev/nvme1n1\n\n/dev/sdz1 / ext4\n" },
		{ "etc/crypttab", "x\n#x /dev/nvme1n1\n" },
		{ "etc/kdump.conf", "path /dev/nvme1n1\nnfs host:/x\next4\nraw\n" },
		{ "sys/power/resume", "0:0\n" },
		{ "sys/fs/ext4/features/lazy_itable_init", "supported\n" },
		{ "sys/fs/bcache/register", "" },
		{ "sys/fs/bcache/x/cache0", "->/bcache" },
		{ "proc/cmdline", "noresume resume_offset=/dev/nvme1n1 resume=\n" },
		{ "sys/kernel/config/nvmet/subsystems/x/namespaces/1/device_path", "\n" },
		{ "sys/firmware/edd/int13_dev80/pci_dev", "->../../nowhere" },
		{ "etc/initramfs-tools/conf.d/resume", "#RESUME=/dev/nvme1n1\nRESUME=none\n/dev/nvme1n1\nRESUME_OFFSET=/dev/nvme1n1\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		make(&t, (struct file[4]){ others[i] });
		CHECK_ROW(others[i].path, tree_read(&t) == 0);
		CHECK_ROW(others[i].path, t.uses.n == 0);
	}
}

TEST_MAIN()
