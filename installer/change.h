/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A change: a state that is wanted, what stood there before, and the three questions it answers: apply, revert, holds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/attributes.h"

enum change_kind { CHANGE_DIRECTORY, CHANGE_FILE, CHANGE_COMMAND, CHANGE_DRIVER, CHANGE_DOMAIN, CHANGE_HOSTDEV, CHANGE_EFIVAR,
		   CHANGE_ENTRIES, CHANGE_ESP_FILE, CHANGE_VFS, CHANGE_VALUE, CHANGE_NETWORK, CHANGE_POOL, CHANGE_LIBVIRT_NETWORK, CHANGE_AUTOSTART,
		   CHANGE_SUBCHANNEL, CHANGE_MEDIATED };
#define CHANGE_KINDS (CHANGE_MEDIATED + 1)

/*
 * When a change is made. What a trial boot needs is there for that boot alone; what it tries out becomes the host's when
 * it went well. What tells an image's first boot, or any, that something waits goes when that is done, and what tells the next boot that
 * the network was being changed when the journal has it for good.
 */
enum change_phase { PHASE_ALWAYS, PHASE_TRIAL, PHASE_COMMIT, PHASE_FIRST_BOOT, PHASE_GUESTS, PHASE_NETWORK };

struct content {
	bool exists;
	char *data;    /* with a NUL behind it */
	size_t size;
	struct attributes *attributes; /* of a file that was there before; NULL where they are not known, or not needed */
};

/* Owns everything: it outlives the host that it was made from, and goes to disk. */
struct change {
	enum change_kind kind;
	char *target;            /* path below the root; command line; device address; guest; EFI variable as NAME-GUID;
				  * folder of boot entries; UUID of an EFI system partition, and path on it; PF;
				  * file of the kernel's below proc/sys or sys; bridge; storage pool or network of libvirt;
				  * subchannel; parent and UUID of a mediated device */
	char *summary;
	enum change_phase phase;
	struct content before, after; /* of a file, here or on an EFI system partition; of the saved definition of a guest, a pool, a network of libvirt; of an EFI variable, its attributes in front; a VF set; a kernel's value */
	mode_t mode;             /* of a file that is new */
	char **argv;             /* of a command; of the network: several, each closed by an empty word */
	char **undo;             /* the command that takes it back (of the network: several); NULL: it runs again when its inputs are back */
	char *format;            /* of a file that is others', edited: its row in cmdline_file.c; NULL: the file is slipway's whole */
	char **words;            /* what was done to its arguments: argument_edits_to_words(); of the network: what must hold when it is taken back */
	char **expects;          /* what must be found afterwards: kernel arguments in grub.cfg or in every entry, files in every initramfs image; of the network: network_confirm.h */
	char *driver_before, *driver_after; /* of a device; NULL before: none; NULL after: the host's own */
	char *override_before;   /* its driver_override; NULL: none */
	char *guest;             /* that a device goes to or comes from (target is the address) */
	char *live_xml, *saved_xml; /* of a hostdev: the element to give, or as it was before it was taken; NULL: not there */
	bool attach, live, saved;   /* of a hostdev; which definitions change */
	bool managed;            /* of a hostdev: libvirt changes the driver; of a driver: it is libvirt that takes it anew on the way back */
	bool autostart, was_autostart; /* of a guest, a pool or a network of libvirt: it starts with the host */
	bool active, was_active; /* of a pool, a network of libvirt: it runs; of a subchannel: the host's device on it is online */
	bool one_shot;           /* of an EFI variable or a command: the next boot uses up what it sets */
	bool takes_all_in;       /* of a command: it makes what boots of all the rest (zipl), and so comes last on the way back, too; of the network: the old one comes back when its files are back */
	bool is_spent;           /* the boot that it was made for has ended: a driver's choice, a kernel's value, a one-shot variable; not stored */
	bool is_deferred;        /* a command that waits for the first boot of the image, and has never begun */
};

/* A marker is for slipway itself, and none of the host's state. */
static inline bool change_is_marker(const struct change *c)
{
	return c->phase == PHASE_FIRST_BOOT || c->phase == PHASE_GUESTS || c->phase == PHASE_NETWORK;
}

/* What changes act on. */
struct site {
	int root_fd;
	bool is_live;            /* else no command runs and no sysfs is written */
	const char *libvirt_uri; /* NULL: the default */
	bool before_network;     /* early in a boot: files alone are taken back, and the network is still to be made of them */
};

/* Each returns 0, or a negative errno after it has been said why. */
struct change_ops {
	const char *name;        /* "file" */
	/* -ESTALE: what is there is neither what was before nor what is wanted: somebody else has changed it. */
	int (*apply)(const struct site *site, struct change *c);
	int (*revert)(const struct site *site, struct change *c);
	/* 1: the state is as wanted; 0: it is not (said where it helps). */
	int (*holds)(const struct site *site, const struct change *c);
};

const struct change_ops *change_ops(enum change_kind kind);
/* "file /etc/x", "command update-grub": a new string, NULL when memory runs out. */
char *change_name(const struct change *c);
void change_done(struct change *c);
void content_done(struct content *c);
bool content_eq(const struct content *a, const struct content *b);
/* Reads a file below the root; a missing one is content that does not exist. */
int content_read(int root_fd, const char *path, struct content *ret);
/* Adds the attributes of that file. */
int content_read_attributes(int root_fd, const char *path, struct content *c);
/* The same of an EFI variable. */
int efivar_content_read(int root_fd, const char *name, struct content *ret);

extern const struct change_ops change_directory_ops, change_file_ops, change_command_ops, change_driver_ops, change_domain_ops,
	change_hostdev_ops, change_efivar_ops, change_entries_ops, change_esp_ops, change_vfs_ops, change_value_ops, change_network_ops,
	change_pool_ops, change_libvirt_network_ops, change_autostart_ops, change_subchannel_ops, change_mediated_ops;
