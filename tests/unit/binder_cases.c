/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases of the binder's tests: two drives, the lines that name them, and what must hold of a device that is left alone. */

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/binder_cases.h"

struct binder_device good_drive(void)
{
	return (struct binder_device){
		.address = ADDRESS, .bridges = "pci0000:00/0000:00:06.0", .vendor = 0x144d, .product = 0xa80a,
		.subsystem_vendor = 0x144d, .subsystem_product = 0xa801, .class = 0x010802, .slot = "4",
		.pcie_serial = 0x0025385b81b0aa01,
	};
}

struct binder_device cheap_drive(void)
{
	struct binder_device d = good_drive();

	d.pcie_serial = 0;
	d.driver = "nvme";
	d.serial = "S4EVNX0R1           ";
	d.model = "Samsung SSD";
	d.state = "live";
	return d;
}

void prepare(struct binder_host *h, const char *conf, const struct binder_device *d)
{
	binder_host_open(h);
	if (d)
		binder_host_add(h, d);
	binder_host_write(h, CONF, conf);
}

void run(struct binder_host *h, const char *conf, const struct binder_device *d)
{
	prepare(h, conf, d);
	if (early_first(h->root_fd))
		early_second(h->root_fd, WAIT_MS);
}

bool has_log(struct binder_host *h, const char *line)
{
	return strstr(binder_host_read(h, KMSG), line) != NULL;
}

const char *left_log(const char *why)
{
	static char line[1024];

	snprintf(line, sizeof(line), "<4>slipway: " ADDRESS ": left to the host: %s\n", why);
	return line;
}

const char *left_record(const char *why)
{
	_cleanup_free_ char *word = text_escape_word(why);
	static char line[1024];

	snprintf(line, sizeof(line), ADDRESS " result=left reason=%s\n", word ? word : "");
	return line;
}
