/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases of the binder's tests: two drives, the lines that name them, and what must hold of a device that is left alone. */
#pragma once

#include "early/early.h"
#include "tests/unit/binder_host.h"

#define ADDRESS "0000:05:00.0"
#define CONF "etc/slipway/devices.conf"
#define EARLY "run/slipway/early"
#define KMSG "dev/kmsg"
#define COMMON ADDRESS " bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0"
#define WITH_PCIE_SERIAL COMMON " pcie-serial=0025385b81b0aa01 slot=4 serial=S4EVNX0R1 model=Samsung%20SSD\n"
#define WITH_SERIAL COMMON " slot=4 serial=S4EVNX0R1 model=Samsung%20SSD\n"
#define WAIT_MS 20

/* A drive with a PCIe serial number, before nvme is loaded. */
struct binder_device good_drive(void);
/* A drive that has none, on nvme. */
struct binder_device cheap_drive(void);

/* A host with this device (NULL: none) and these lines. */
void prepare(struct binder_host *h, const char *conf, const struct binder_device *d);
/* The same, and both passes of the binder. */
void run(struct binder_host *h, const char *conf, const struct binder_device *d);
bool has_log(struct binder_host *h, const char *line);
/* The line in the kernel's log, and the record for the running system, of a device that is left for this reason; static. */
const char *left_log(const char *why);
const char *left_record(const char *why);

/* All that must hold of a device that is left alone: nothing written to it, and the reason is told twice. */
#define CHECK_LEFT(h, why)                                                 \
	do {                                                               \
		CHECK_STR(kernel_log, "");                                 \
		CHECK_STR(binder_host_read(h, KMSG), left_log(why));       \
		CHECK_STR(binder_host_read(h, EARLY), left_record(why));   \
	} while (0)
