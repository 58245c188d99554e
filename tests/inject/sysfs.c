/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended sysfs: what the kernel would do when a driver is changed (Documentation/ABI/testing/sysfs-bus-pci). */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/inject/inject.h"

#define DEVICES "sys/bus/pci/devices"
#define NOTHING "(null)"
#define HUGEPAGES_MAX 64

static bool ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static void read_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "re");

	if (!f || !fgets(line, size, f))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
}

static int set_override(const char *path, const char *value)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -1;
	fprintf(f, "%s\n", *value ? value : NOTHING);
	fclose(f);
	return 1;
}

/* The link as the kernel makes it: up from the device to sys, and down to the driver. */
static void bind(const char *root, const char *device, const char *driver)
{
	char real[PATH_MAX], link[PATH_MAX + 16], target[PATH_MAX] = "";

	snprintf(link, sizeof(link), "%s/sys/bus/pci/drivers/%s", root, driver);
	if (!*driver || access(link, F_OK) < 0 || !realpath(device, real))
		return;
	for (const char *c = strstr(real, "/sys/") + strlen("/sys/"); c; c = strchr(c + 1, '/'))
		strncat(target, "../", sizeof(target) - strlen(target) - 1);
	strncat(target, "bus/pci/drivers/", sizeof(target) - strlen(target) - 1);
	strncat(target, driver, sizeof(target) - strlen(target) - 1);
	snprintf(link, sizeof(link), "%s/driver", real);
	if (symlink(target, link) < 0)
		perror(link);
}

static void probe(const char *root, const char *address)
{
	char device[PATH_MAX], path[PATH_MAX + 32], driver[128];

	snprintf(device, sizeof(device), "%s/" DEVICES "/%s", root, address);
	snprintf(path, sizeof(path), "%s/driver", device);
	if (access(path, F_OK) == 0)
		return;
	snprintf(path, sizeof(path), "%s/driver_override", device);
	read_line(path, driver, sizeof(driver));
	if (!*driver || strcmp(driver, NOTHING) == 0) {
		snprintf(path, sizeof(path), "%s/host-drivers/%s", root, address);
		read_line(path, driver, sizeof(driver));
	}
	bind(root, device, driver);
}

/* A value of its own, whatever stood there; of huge pages no more than memory has room for. */
static int set_value(const char *path, const char *value)
{
	FILE *f = fopen(path, "we");
	long n = strtol(value, NULL, 10);

	if (!f)
		return -1;
	if (ends(path, "/nr_hugepages"))
		fprintf(f, "%ld\n", n > HUGEPAGES_MAX ? HUGEPAGES_MAX : n);
	else
		fprintf(f, "%s\n", value);
	fclose(f);
	return 1;
}

int sysfs_pretend(const char *root, const struct call *c)
{
	char value[128], path[PATH_MAX + 32];
	ssize_t n;

	if (!c->is_write || !strstr(c->path, "/sys/"))
		return -1;
	if (strstr(c->path, "/proc/sys/") || strstr(c->path, "/sys/kernel/mm/")) {
		n = call_bytes(c, value, sizeof(value) - 1);
		value[n > 0 ? n : 0] = '\0';
		return set_value(c->path, value);
	}
	n = call_bytes(c, value, sizeof(value) - 1);
	value[n > 0 ? n : 0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	if (ends(c->path, "/driver_override"))
		return set_override(c->path, value);
	if (ends(c->path, "/unbind")) {
		snprintf(path, sizeof(path), "%s/" DEVICES "/%s/driver", root, value);
		return unlink(path) < 0 ? -1 : 1;
	}
	if (ends(c->path, "/sriov_numvfs"))
		return sriov_pretend(root, c->path, value);
	if (!ends(c->path, "/drivers_probe"))
		return mediated_pretend(root, c->path, value);
	probe(root, value);
	return 1;
}
