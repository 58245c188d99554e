/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts: the pieces of a domain that profiles are put together from. */
#pragma once

#include "profiles/disk.h"
#include "profiles/domain_xml.h"
#include "profiles/placement.h"
#include "profiles/profile.h"

/* A domain on its way: all that was decided, and the tree. */
struct build {
	const struct host *host;
	const struct guest_wish *wish;
	const struct profile *profile;
	const struct platform *platform;
	struct guest_options options;   /* as asked for, with what the profile's rules fill in */
	struct choices *choices;
	struct guest_firmware firmware; /* empty where the guest has none */
	char *emulator, *machine;
	struct guest_disk disk;
	struct placement placement;
	enum hugepages pages;           /* HUGEPAGES_OFF, or a size */
	unsigned window;                /* MiB that the firmware is told to keep for BARs; 0: nothing */
	char *bridge;                   /* found on the host */
	struct domain_xml xml;
	xmlNode *domain, *devices;
	unsigned n_ports;               /* root ports that the devices so far sit behind */
};

#define ADD(b, parent, ...) domain_xml_add(&(b)->xml, parent, __VA_ARGS__, NULL)

/* DIMMs that can be plugged in: each takes an ACPI slot, of which QEMU has 256. */
#define MEMORY_SLOTS "16"
/* What tells OVMF the window, in front of the number; on QEMU's command line behind -fw_cfg. */
#define WINDOW_OPTION "name=opt/ovmf/X-PciMmio64Mb,string="

/* What x86-64-v2 has beyond qemu64: without it the user space of RHEL 9 and its kin does not start. NULL-terminated. */
extern const char *const emulated_features[];

/* Decides, and makes the tree: 0, or an error of profile_build(). */
int build_make(const struct host *host, const struct guest_wish *wish, struct choices *choices, struct build *ret);
void build_done(struct build *b);
/* Everything that is decided before the first element, in this order. 0, or an error of profile_build(). */
int build_decide(struct build *b);
/* Does libvirt offer what was decided? 0, or -EOPNOTSUPP after everything that it lacks was said. */
int build_check_offer(const struct build *b);

void part_domain(struct build *b);      /* the root element with name and description; first */
void part_memory(struct build *b);
void part_cpus(struct build *b);
void part_os(struct build *b);
void part_features(struct build *b);
void part_cpu(struct build *b);
void part_lifecycle(struct build *b);
void part_protection(struct build *b);  /* s390x Secure Execution */
void part_devices(struct build *b);     /* the <devices> element with the emulator; before all devices */
void part_disk(struct build *b);
void part_network(struct build *b);
void part_serial(struct build *b);
void part_sclp(struct build *b);
void part_agent(struct build *b);
void part_rng(struct build *b);
void part_tpm(struct build *b);
void part_graphics(struct build *b);
void part_usb(struct build *b);         /* libvirt adds these two unless told not to */
void part_no_balloon(struct build *b);
void part_ports(struct build *b);       /* behind all devices, since it counts them */
void part_window(struct build *b);      /* behind all others, as libvirt writes it */
