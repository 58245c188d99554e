/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended PF: what the kernel would do when sriov_numvfs is written (Documentation/PCI/pci-iov-howto.rst). */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/inject/inject.h"

#define DEVICES "sys/bus/pci/devices"
#define VF_DEVICE 0x10 /* VF i of 0000:05:00.0 is 0000:05:10.i */

static const char *const attributes[][2] = {
	{ "vendor", "0x8086\n" }, { "device", "0x10ca\n" }, { "class", "0x020000\n" }, { "revision", "0x01\n" }, { "numa_node", "-1\n" },
	{ "subsystem_vendor", "0x8086\n" }, { "subsystem_device", "0xa03c\n" }, { "driver_override", "(null)\n" },
};
#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

struct function {
	char folder[PATH_MAX], address[32], link[PATH_MAX], from_pf[PATH_MAX];
};

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0)
		perror(path);
	if (f)
		fclose(f);
}

static unsigned get(const char *folder, const char *name)
{
	char path[PATH_MAX];
	unsigned value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%.4000s/%s", folder, name);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%u", &value) != 1)
		value = 0;
	if (f)
		fclose(f);
	return value;
}

static void locate(const char *root, const char *pf, unsigned i, struct function *f)
{
	const char *address = strrchr(pf, '/') + 1;

	snprintf(f->address, sizeof(f->address), "%.8s%02x.%x", address, VF_DEVICE + i / 8, i % 8);
	snprintf(f->folder, sizeof(f->folder), "%.*s/%s", (int)(address - 1 - pf), pf, f->address);
	snprintf(f->link, sizeof(f->link), "%.3000s/" DEVICES "/%s", root, f->address);
	snprintf(f->from_pf, sizeof(f->from_pf), "%.4000s/virtfn%u", pf, i);
}

static void make(const char *root, const char *pf, unsigned i)
{
	char path[PATH_MAX + 64], target[PATH_MAX + 64];
	struct function f = { 0 };

	locate(root, pf, i, &f);
	mkdir(f.folder, 0755);
	for (size_t k = 0; k < ATTRIBUTES; k++) {
		snprintf(path, sizeof(path), "%s/%s", f.folder, attributes[k][0]);
		put(path, attributes[k][1]);
	}
	snprintf(path, sizeof(path), "%s/physfn", f.folder);
	snprintf(target, sizeof(target), "../%s", strrchr(pf, '/') + 1);
	if (symlink(target, path) < 0)
		perror(path);
	snprintf(target, sizeof(target), "../%s", f.address);
	if (symlink(target, f.from_pf) < 0)
		perror(f.from_pf);
	snprintf(target, sizeof(target), "../../../%s", strstr(f.folder, "/devices/") + 1);
	if (symlink(target, f.link) < 0)
		perror(f.link);
	/* Who would take it. */
	snprintf(path, sizeof(path), "%.3000s/host-drivers/%s", root, f.address);
	put(path, get(pf, "sriov_drivers_autoprobe") ? "igbvf\n" : "\n");
}

static void unmake(const char *root, const char *pf, unsigned i)
{
	static const char *const links[] = { "physfn", "driver" };
	char path[PATH_MAX + 64];
	struct function f = { 0 };

	locate(root, pf, i, &f);
	for (size_t k = 0; k < ATTRIBUTES + 2; k++) {
		snprintf(path, sizeof(path), "%s/%s", f.folder, k < ATTRIBUTES ? attributes[k][0] : links[k - ATTRIBUTES]);
		unlink(path);
	}
	unlink(f.from_pf);
	unlink(f.link);
	rmdir(f.folder);
}

int sriov_pretend(const char *root, const char *path, const char *value)
{
	char pf[PATH_MAX], text[32];
	unsigned now, wanted = (unsigned)strtoul(value, NULL, 10);

	if (strlen(path) >= sizeof(pf))
		return -1;
	strcpy(pf, path);
	*strrchr(pf, '/') = '\0';
	now = get(pf, "sriov_numvfs");
	if (wanted > get(pf, "sriov_totalvfs"))
		return -ERANGE;
	if (now && wanted)
		return -EBUSY;
	for (unsigned i = 0; i < now; i++)
		unmake(root, pf, i);
	for (unsigned i = 0; i < wanted; i++)
		make(root, pf, i);
	snprintf(text, sizeof(text), "%u\n", wanted);
	put(path, text);
	return 1;
}
