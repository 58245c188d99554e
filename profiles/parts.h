/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts: the pieces of a domain that profiles are put together from. */
#pragma once

#include "profiles/disk.h"
#include "profiles/domain_xml.h"
#include "profiles/profile.h"

/* A domain on its way: all that had to be found out, and the tree. */
struct build {
	const struct profile *profile;
	const struct guest_options *options;
	struct guest_firmware firmware; /* empty where the profile wants none */
	char *emulator;
	struct guest_disk disk;
	struct domain_xml xml;
	xmlNode *domain, *devices;
	unsigned n_ports;               /* root ports that the devices so far sit behind */
};

void part_domain(struct build *b);      /* the root element with name, memory and CPUs; first */
void part_os_uefi(struct build *b);
void part_features(struct build *b);
void part_cpu(struct build *b);
void part_lifecycle(struct build *b);
void part_devices(struct build *b);     /* the <devices> element with the emulator; before all devices */
void part_disk(struct build *b);
void part_network(struct build *b);
void part_console(struct build *b);
void part_agent(struct build *b);
void part_rng(struct build *b);
void part_nothing_else(struct build *b);/* no USB controller, no balloon: libvirt adds them unless told not to */
void part_ports(struct build *b);       /* behind all devices, since it counts them */
