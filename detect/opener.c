/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Openers: the processes that have a device's node open, guests with a vfio group among them. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/device.h"
#include "detect/opener.h"

#define GROUP_NODE "/dev/vfio/"
#define NOIOMMU_NODE "/dev/vfio/noiommu-"

/* Character devices by the beginning of their node, and the class in which sysfs has them. */
static const struct {
	const char *node, *class;
} classes[] = {
	{ "/dev/vfio/devices/vfio", "vfio-dev" }, { "/dev/nvme", "nvme" },        { "/dev/ng", "nvme-generic" },
	{ "/dev/sg", "scsi_generic" },            { "/dev/dri/", "drm" },         { "/dev/accel/", "accel" },
	{ "/dev/uio", "uio" },                    { "/dev/ttyS", "tty" },         { "/dev/infiniband/uverbs", "infiniband_verbs" },
	{ "/dev/infiniband/umad", "infiniband_mad" }, { "/dev/video", "video4linux" },
	{ "/dev/snd/", "sound" },                 { "/dev/ptp", "ptp" },          { "/dev/watchdog", "watchdog" },
	{ "/dev/mei", "mei" },                    { "/dev/st", "scsi_tape" },     { "/dev/nst", "scsi_tape" },
	{ "/dev/vhost-vdpa-", "vhost-vdpa" },     { "/dev/ipmi", "ipmi" },        { "/dev/hfi1_", "hfi1_user" },
	{ "/dev/ttyUSB", "tty" },                 { "/dev/ttyACM", "tty" },       { "/dev/hidraw", "hidraw" },
};

static void opener_done(struct opener *o)
{
	free(o->command);
	free(o->guest);
	free(o->node);
	free(o->function);
	free(o->block);
}

void openers_done(struct openers *o)
{
	for (size_t i = 0; i < o->n; i++)
		opener_done(&o->list[i]);
	free(o->list);
	strv_free(o->claimed);
	*o = (struct openers){};
}

/* "/dev/tty" and "/dev/tty1", but not "/dev/ttyS0". */
static bool is_virtual_terminal(const char *node)
{
	return str_starts(node, "/dev/tty") && strspn(node + strlen("/dev/tty"), "0123456789") == strlen(node + strlen("/dev/tty"));
}

bool opener_node_counts(const char *node)
{
	/* An ordinary process has most of its files elsewhere, and of the nodes it has these. */
	static const char *const common[] = { "/dev/null", "/dev/pts/", "/dev/zero", "/dev/urandom", "/dev/shm/", "/dev/ptmx" };

	if (str_starts(node, "/sys/devices/"))
		return strstr(node, "/resource") != NULL;
	if (!str_starts(node, "/dev/"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		if (str_starts(node, common[i]))
			return false;
	return !is_virtual_terminal(node);
}

/* proc/driver/nvidia/gpus/0000:01:00.0/information has "Device Minor: 0" for /dev/nvidia0; sysfs has no class for it. */
static char *find_nvidia(int root_fd, const char *number)
{
	_cleanup_(strv_freep) char **gpus = NULL;
	unsigned wanted, minor;

	if (parse_unsigned(number, &wanted) < 0 || dir_list(root_fd, &gpus, "proc/driver/nvidia/gpus") < 0)
		return NULL;
	for (char **gpu = gpus; gpu && *gpu; gpu++) {
		_cleanup_free_ char *text = NULL;
		const char *line;

		if (fs_read(root_fd, &text, NULL, "proc/driver/nvidia/gpus/%s/information", *gpu) < 0)
			continue;
		line = strstr(text, "Device Minor:");
		if (line && sscanf(line + strlen("Device Minor:"), "%u", &minor) == 1 && minor == wanted)
			return strdup(*gpu);
	}
	return NULL;
}

/* "/dev/bus/usb/003/007" is on bus 3, whose root hub is usb3: a USB device that a guest or a program has by libusb. */
static char *find_usb(int root_fd, const char *node)
{
	_cleanup_free_ char *link = NULL;
	unsigned bus;

	if (sscanf(node, "/dev/bus/usb/%u/", &bus) != 1 || fs_read_link(root_fd, &link, "sys/bus/usb/devices/usb%u", bus) < 0)
		return NULL;
	return address_in_path(link);
}

static char *find_function(int root_fd, const char *node)
{
	if (str_starts(node, "/sys/devices/"))
		return address_in_path(node);
	if (str_starts(node, "/dev/bus/usb/"))
		return find_usb(root_fd, node);
	if (str_starts(node, "/dev/nvidia"))
		return find_nvidia(root_fd, node + strlen("/dev/nvidia"));
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		_cleanup_free_ char *link = NULL;

		if (str_starts(node, classes[i].node) &&
		    fs_read_link(root_fd, &link, "sys/class/%s/%s", classes[i].class, str_base(node)) >= 0)
			return address_in_path(link);
	}
	return NULL;
}

/* 1: it is the node of a device that could be given away. */
static int opener_resolve(int root_fd, const struct blocks *blocks, struct opener *o)
{
	const struct block *b;
	int group;

	if ((str_starts(o->node, GROUP_NODE) && parse_int(o->node + strlen(GROUP_NODE), &group) == 0) ||
	    (str_starts(o->node, NOIOMMU_NODE) && parse_int(o->node + strlen(NOIOMMU_NODE), &group) == 0)) {
		o->group = group;
		return 1;
	}
	b = blocks_find_source(root_fd, blocks, o->node);
	if (b) {
		o->block = strdup(b->name);
		return o->block ? 1 : -ENOMEM;
	}
	o->function = find_function(root_fd, o->node);
	/* Further nodes of this class (zcrypt) have masks of their own; which queues they lead to is not looked into. */
	o->is_crypto = !o->function && (str_eq(o->node, "/dev/z90crypt") || fs_exists(root_fd, "sys/class/zcrypt/%s", str_base(o->node)));
	return o->function || o->is_crypto;
}

/* The value of -name is "osd1", or "guest=osd1,debug-threads=on" as libvirt has it, with a comma of the name's own doubled. */
static char *name_parse(const char *value)
{
	const char *guest = str_starts(value, "guest=") ? value + strlen("guest=") : value;
	struct text t = {};

	for (; *guest && (*guest != ',' || guest[1] == ','); guest++) {
		guest += *guest == ',';
		text_append_bytes(&t, guest, 1);
	}
	return text_take(&t);
}

/* proc/PID/cmdline: the words, each with a NUL behind it. */
static char *find_guest(int root_fd, const char *pid, const char *command)
{
	_cleanup_free_ char *words = NULL;
	bool is_next = false;
	size_t size;

	if (!str_starts(command, "qemu") || fs_read(root_fd, &words, &size, "proc/%s/cmdline", pid) < 0)
		return NULL;
	for (const char *word = words; word < words + size; word += strlen(word) + 1) {
		if (is_next)
			return *word ? name_parse(word) : NULL;
		is_next = str_eq(word, "-name");
	}
	return NULL;
}

static int opener_add(int root_fd, const char *pid, const char *node, const struct blocks *blocks, struct openers *openers)
{
	struct opener o = { .group = -1, .node = strdup(node) }, *grown;
	int r = o.node ? opener_resolve(root_fd, blocks, &o) : -ENOMEM;

	if (r <= 0 || parse_unsigned(pid, &o.pid) < 0) {
		opener_done(&o);
		return r < 0 ? r : 0;
	}
	if (fs_read_line(root_fd, &o.command, "proc/%s/comm", pid) < 0)
		o.command = strdup("a process that has ended");
	o.guest = o.command ? find_guest(root_fd, pid, o.command) : NULL;
	grown = realloc(openers->list, (openers->n + 1) * sizeof(*grown));
	if (grown)
		openers->list = grown;
	if (!o.command || !grown) {
		opener_done(&o);
		return -ENOMEM;
	}
	openers->list[openers->n++] = o;
	return 0;
}

static int process_read(int root_fd, const char *pid, const struct blocks *blocks, struct openers *openers)
{
	_cleanup_closedir_ DIR *folder = NULL;
	struct dirent *entry;
	int fd, r = 0;

	fd = fs_open(root_fd, O_RDONLY | O_DIRECTORY, "proc/%s/fd", pid);
	if (fd < 0) {
		/* A process that has ended has nothing open. In a capture a file stands for what could not be read. */
		if (fd == -EACCES || fd == -EPERM || fd == -ENOTDIR)
			openers->is_complete = false;
		return 0;
	}
	folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return -ENOMEM;
	}
	while (r >= 0 && (entry = readdir(folder))) {
		char node[PATH_MAX];
		ssize_t n = readlinkat(fd, entry->d_name, node, sizeof(node) - 1);

		if (n <= 0)
			continue;
		node[n] = '\0';
		if (opener_node_counts(node))
			r = opener_add(root_fd, pid, node, blocks, openers);
	}
	return r;
}

/* What no table shows, such as the further disks of an f2fs: the kernel lets nobody else open a claimed disk exclusively (open(2)). */
static int claimed_read(int root_fd, const struct blocks *blocks, struct openers *openers)
{
	int r = 0;

	for (size_t i = 0; i < blocks->n && r >= 0; i++) {
		const struct block *b = &blocks->list[i];
		_cleanup_free_ char *node = block_node(b->name);
		int fd;

		/* A partition's claim is one on its disk, too. */
		if (b->disk || !b->number || (!b->functions && !b->ccw))
			continue;
		fd = node ? fs_open(root_fd, O_RDONLY | O_NONBLOCK | O_EXCL, "dev/%s", node) : -ENOMEM;
		if (fd >= 0)
			close(fd);
		else if (fd == -EBUSY)
			r = strv_add(&openers->claimed, b->name);
	}
	return r;
}

int openers_read(int root_fd, bool live, const struct blocks *blocks, struct openers *ret)
{
	_cleanup_(openers_done) struct openers openers = { .is_read = true, .is_complete = true };
	_cleanup_(strv_freep) char **names = NULL;
	unsigned pid;

	if (dir_list(root_fd, &names, "proc") < 0)
		names = NULL;
	for (char **name = names; name && *name; name++) {
		if (parse_unsigned(*name, &pid) < 0 || (live && pid == (unsigned)getpid()))
			continue;
		if (process_read(root_fd, *name, blocks, &openers) < 0)
			return log_oom();
	}
	if (live && claimed_read(root_fd, blocks, &openers) < 0)
		return log_oom();
	/* hidepid= hides even process 1. */
	if (live && !fs_exists(root_fd, "proc/1/fd"))
		openers.is_complete = false;
	*ret = TAKE(openers);
	return 0;
}
