/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pretended libvirt: the functions that slipway loads, over guests that are files. Below /guests, NAME.live and NAME.saved are the
 * definitions of guest NAME. What shall go wrong stands in /guests/faults, a line each, "CALL NUMBER WHAT": at the NUMBER-th
 * such call of this program ("attach-live", "attach-saved", "detach-live", "detach-saved", "define", "autostart", "create") it fails ("fail"), the guest stops
 * ("stop") or is gone ("gone"), the connection is dead from then on ("dead"), or the function 0000:03:00.0 is unplugged ("unplug").
 * /guests/agent is what the guest's agent answers.
 */

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <dirent.h>

#define FOLDER "/guests/"

struct _virConnect {
	int dead;
};

struct _virDomain {
	virConnectPtr connection;
	char name[64];
};

static virError last;
static char last_text[512];

static int fail(int code, const char *text)
{
	snprintf(last_text, sizeof(last_text), "%s", text);
	last = (virError){ .code = code, .message = last_text };
	return -1;
}

static char *file_path(const char *name, const char *kind, char *path, size_t size)
{
	snprintf(path, size, FOLDER "%s.%s", name, kind);
	return path;
}

static int exists(const char *name, const char *kind)
{
	char path[300];

	return access(file_path(name, kind, path, sizeof(path)), F_OK) == 0;
}

static void erase(const char *name, const char *kind)
{
	char path[300];

	unlink(file_path(name, kind, path, sizeof(path)));
}

static char *load(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 65536);

	if (!f || !text || !fread(text, 1, 65535, f)) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

/* As a daemon that cannot be caught in the middle. */
static int store(const char *path, const char *a, size_t n, const char *b, const char *c)
{
	char other[320];
	FILE *f;

	snprintf(other, sizeof(other), "%s.new", path);
	f = fopen(other, "we");
	if (!f)
		return fail(VIR_ERR_SYSTEM_ERROR, "cannot write");
	fprintf(f, "%.*s%s%s", (int)n, a, b, c);
	return fclose(f) || rename(other, path) < 0 ? fail(VIR_ERR_SYSTEM_ERROR, "cannot write") : 0;
}

/* What the next such call meets; 0: nothing. */
static int meets(virDomainPtr d, const char *call)
{
	static unsigned counts[7];
	static const char *const calls[] = { "attach-live", "attach-saved", "detach-live", "detach-saved", "define", "autostart", "create" };
	char *text = load(FOLDER "faults"), *save = NULL, name[32], what[32] = "";
	unsigned number, n = 0;

	for (size_t i = 0; i < 7; i++)
		if (strcmp(call, calls[i]) == 0)
			n = ++counts[i];
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%31s %u %31s", name, &number, what) != 3 || strcmp(name, call) != 0 || number != n)
			*what = '\0';
		else
			break;
	free(text);
	if (strcmp(what, "fail") == 0)
		return fail(VIR_ERR_OPERATION_FAILED, "it was to fail");
	if (strcmp(what, "dead") == 0) {
		d->connection->dead = 1;
		return fail(VIR_ERR_INTERNAL_ERROR, "client socket is closed");
	}
	if (strcmp(what, "stop") == 0 || strcmp(what, "gone") == 0) {
		erase(d->name, "live");
		if (*what == 'g')
			erase(d->name, "saved");
		return fail(*what == 'g' ? VIR_ERR_NO_DOMAIN : VIR_ERR_OPERATION_INVALID, *what == 'g' ? "Domain not found" : "domain is not running");
	}
	if (strcmp(what, "unplug") == 0) {
		unlink("/sys/bus/pci/devices/0000:03:00.0");
		return fail(VIR_ERR_SYSTEM_ERROR, "Device 0000:03:00.0 not found");
	}
	return 0;
}

static int is_dead(virConnectPtr c)
{
	return c->dead ? fail(VIR_ERR_INTERNAL_ERROR, "client socket is closed") : 0;
}

virConnectPtr virConnectOpen(const char *name)
{
	(void)name;
	return calloc(1, sizeof(struct _virConnect));
}

/* As libvirt's own driver for tests, it knows nothing of that. */
char *virConnectGetDomainCapabilities(virConnectPtr c, const char *emulator, const char *arch, const char *machine, const char *type, unsigned int flags)
{
	(void)c;
	(void)emulator;
	(void)arch;
	(void)machine;
	(void)type;
	(void)flags;
	return (void)fail(VIR_ERR_NO_SUPPORT, "not pretended"), NULL;
}

int virConnectClose(virConnectPtr c)
{
	free(c);
	return 0;
}

int virConnectIsAlive(virConnectPtr c)
{
	return !c->dead;
}

static virDomainPtr domain_new(virConnectPtr c, const char *name)
{
	virDomainPtr d = calloc(1, sizeof(*d));

	if (d) {
		d->connection = c;
		snprintf(d->name, sizeof(d->name), "%.63s", name);
	}
	return d;
}

virDomainPtr virDomainLookupByName(virConnectPtr c, const char *name)
{
	if (is_dead(c) < 0)
		return NULL;
	if (!exists(name, "live") && !exists(name, "saved"))
		return (void)fail(VIR_ERR_NO_DOMAIN, "Domain not found"), NULL;
	return domain_new(c, name);
}

int virDomainFree(virDomainPtr d)
{
	free(d);
	return 0;
}

const char *virDomainGetName(virDomainPtr d)
{
	return d->name;
}

int virDomainIsActive(virDomainPtr d)
{
	if (is_dead(d->connection) < 0)
		return -1;
	return exists(d->name, "live") || exists(d->name, "saved") ? exists(d->name, "live") : fail(VIR_ERR_NO_DOMAIN, "Domain not found");
}

int virDomainIsPersistent(virDomainPtr d)
{
	if (is_dead(d->connection) < 0)
		return -1;
	return exists(d->name, "live") || exists(d->name, "saved") ? exists(d->name, "saved") : fail(VIR_ERR_NO_DOMAIN, "Domain not found");
}

char *virDomainGetXMLDesc(virDomainPtr d, unsigned int flags)
{
	char path[300], *text;

	if (is_dead(d->connection) < 0)
		return NULL;
	text = load(file_path(d->name, flags & VIR_DOMAIN_XML_INACTIVE ? "saved" : "live", path, sizeof(path)));
	if (!text)
		fail(VIR_ERR_OPERATION_INVALID, "domain is not running");
	return text;
}

static int change(virDomainPtr d, const char *xml, unsigned int flags, int attach)
{
	const char *kind = flags == VIR_DOMAIN_AFFECT_LIVE ? "live" : "saved", *place;
	char path[300], call[32], *text;
	int r;

	if (is_dead(d->connection) < 0)
		return -1;
	snprintf(call, sizeof(call), "%s-%s", attach ? "attach" : "detach", kind);
	if (meets(d, call) < 0)
		return -1;
	text = load(file_path(d->name, kind, path, sizeof(path)));
	if (!text)
		return fail(VIR_ERR_OPERATION_INVALID, "domain is not running");
	place = strstr(text, attach ? "</devices>" : xml);
	if (!place)
		r = fail(VIR_ERR_DEVICE_MISSING, "device not found");
	else if (attach && strstr(text, xml))
		r = fail(VIR_ERR_OPERATION_FAILED, "device is there already");
	else
		r = store(path, text, (size_t)(place - text), attach ? xml : "", attach ? place : place + strlen(xml));
	free(text);
	return r;
}

int virDomainAttachDeviceFlags(virDomainPtr d, const char *xml, unsigned int flags)
{
	return change(d, xml, flags, 1);
}

int virDomainDetachDeviceFlags(virDomainPtr d, const char *xml, unsigned int flags)
{
	return change(d, xml, flags, 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int virConnectListAllDomains(virConnectPtr c, virDomainPtr **domains, unsigned int flags)
{
	struct dirent **names = NULL;
	int n = scandir(FOLDER, &names, NULL, by_name), found = 0;

	(void)flags;
	*domains = calloc((size_t)(n < 0 ? 0 : n) + 1, sizeof(**domains));
	for (int i = 0; i < n; i++) {
		char *dot = strrchr(names[i]->d_name, '.');

		if (dot && (strcmp(dot, ".saved") == 0 || strcmp(dot, ".live") == 0)) {
			int is_live = dot[1] == 'l';

			*dot = '\0';
			if (is_live || !exists(names[i]->d_name, "live"))
				(*domains)[found++] = domain_new(c, names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
	return found;
}

virDomainPtr virDomainDefineXMLFlags(virConnectPtr c, const char *xml, unsigned int flags)
{
	const char *name = strstr(xml, "<name>"), *end = name ? strstr(name, "</name>") : NULL;
	char path[300], word[64];
	virDomainPtr d;

	(void)flags;
	if (!end)
		return (void)fail(VIR_ERR_XML_ERROR, "no name"), NULL;
	snprintf(word, sizeof(word), "%.*s", (int)(end - name - 6), name + 6);
	d = domain_new(c, word);
	if (d && (is_dead(c) < 0 || meets(d, "define") < 0 || store(file_path(word, "saved", path, sizeof(path)), xml, strlen(xml), "", "") < 0)) {
		free(d);
		d = NULL;
	}
	return d;
}

int virDomainSetAutostart(virDomainPtr d, int autostart)
{
	char path[300];

	if (meets(d, "autostart") < 0)
		return -1;
	if (autostart)
		return store(file_path(d->name, "autostart", path, sizeof(path)), "", 0, "", "on");
	erase(d->name, "autostart");
	return 0;
}

int virDomainCreate(virDomainPtr d)
{
	char path[300], *text;
	int r;

	if (is_dead(d->connection) < 0 || meets(d, "create") < 0)
		return -1;
	text = exists(d->name, "live") ? NULL : load(file_path(d->name, "saved", path, sizeof(path)));
	if (!text)
		return fail(VIR_ERR_OPERATION_INVALID, "domain is already running");
	r = store(file_path(d->name, "live", path, sizeof(path)), text, strlen(text), "", "");
	free(text);
	return r;
}

int virDomainGetAutostart(virDomainPtr d, int *autostart)
{
	*autostart = exists(d->name, "autostart");
	return 0;
}

int virDomainUndefineFlags(virDomainPtr d, unsigned int flags)
{
	(void)flags;
	erase(d->name, "saved");
	erase(d->name, "autostart");
	return 0;
}

char *virDomainQemuAgentCommand(virDomainPtr d, const char *command, int timeout, unsigned int flags)
{
	char *text = load(FOLDER "agent");

	(void)d;
	(void)timeout;
	(void)flags;
	if (!text || !strstr(command, "guest-get-disks")) {
		free(text);
		return (void)fail(VIR_ERR_AGENT_UNRESPONSIVE, "Guest agent is not responding"), NULL;
	}
	return text;
}

virErrorPtr virGetLastError(void)
{
	return last.code ? &last : NULL;
}

const char *virGetLastErrorMessage(void)
{
	return last_text;
}

void virSetErrorFunc(void *data, virErrorFunc handler)
{
	(void)data;
	(void)handler;
}
