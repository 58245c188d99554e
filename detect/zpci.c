/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zPCI: PCI functions of s390x. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/attribute.h"
#include "detect/zpci.h"

#define SLOTS "sys/bus/pci/slots"
#define FID_DIGITS 8

static int read_number(int fd, const char *name)
{
	unsigned n;

	return attribute_hex(fd, name, &n) < 0 ? -1 : (int)n;
}

static enum truth read_truth(const char *text)
{
	return str_eq(text, "1") ? TRUTH_YES : str_eq(text, "0") ? TRUTH_NO : TRUTH_UNKNOWN;
}

static enum truth slot_power(int root_fd, const char *slot)
{
	_cleanup_free_ char *power = NULL;

	return fs_read_line(root_fd, &power, SLOTS "/%s/power", slot) < 0 ? TRUTH_UNKNOWN : read_truth(power);
}

void zpci_read(int root_fd, int fd, struct zpci *ret)
{
	_cleanup_free_ char *unique = NULL, *slot = NULL;

	*ret = (struct zpci){};
	if (attribute_hex(fd, "function_id", &ret->fid) < 0)
		return;
	ret->is_there = true;
	if (attribute_hex(fd, "uid", &ret->uid) < 0)
		ret->uid = 0;
	unique = attribute_text(fd, "uid_is_unique");
	ret->uid_is_unique = read_truth(unique);
	ret->pchid = read_number(fd, "pchid");
	ret->pfgid = read_number(fd, "pfgid");
	ret->vfn = read_number(fd, "vfn");
	ret->port = attribute_int(fd, "port", -1);
	slot = text_format("%08x", ret->fid);
	ret->is_on = slot ? slot_power(root_fd, slot) : TRUTH_UNKNOWN;
}

int zpci_standby_read(int root_fd, char ***ret)
{
	_cleanup_(strv_freep) char **names = NULL, **standby = NULL;

	if (dir_list(root_fd, &names, SLOTS) < 0)
		return *ret = NULL, 0;
	for (char **name = names; name && *name; name++)
		if (strlen(*name) == FID_DIGITS && slot_power(root_fd, *name) == TRUTH_NO && strv_add(&standby, *name) < 0)
			return -ENOMEM;
	*ret = TAKE(standby);
	return 0;
}
