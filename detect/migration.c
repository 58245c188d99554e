/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Migration: what of a host decides whether a running guest can come from another one, or go there. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/migration.h"

#define CACHE "var/cache/libvirt/qemu/capabilities"

void migration_done(struct migration *m)
{
	char **texts[] = { &m->cpu_vendor, &m->cpu_name, &m->cpu_signature, &m->kvm_module, &m->qemu, &m->libvirt, &m->qemu_version, &m->libvirt_version };
	struct migration_names *lists[] = { &m->cpu_flags, &m->machines, &m->firmwares, &m->pools, &m->networks, &m->bridges, &m->passthrough };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*texts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_free(lists[i]->names);
	*m = (struct migration){};
}

static int copy(char **ret, const char *value)
{
	*ret = value ? strdup(value) : NULL;
	return value && !*ret ? -ENOMEM : 0;
}

/* --- the CPU --- */

/* The value of a field of the first CPU, a new string, or NULL. */
static char *cpu_field(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *colon = line + n + strspn(line + (strncmp(line, name, n) == 0 ? n : 0), " \t");

		if (strncmp(line, name, n) == 0 && *colon == ':') {
			colon += 1 + (colon[1] == ' ');
			return strndup(colon, strcspn(colon, "\n"));
		}
	}
	return NULL;
}

static int signature_read(const struct host *host, const char *text, char **ret)
{
	_cleanup_free_ char *family = cpu_field(text, "cpu family"), *model = cpu_field(text, "model"), *stepping = cpu_field(text, "stepping");

	if (host->cpu.vendor == CPU_S390)
		return copy(ret, host->environment.machine_type);
	if (!family || !model || !stepping)
		return 0;
	*ret = text_format("%s/%s/%s", family, model, stepping);
	return *ret ? 0 : -ENOMEM;
}

static int cpu_facts(const struct host *host, struct migration *m)
{
	_cleanup_free_ char *flags = NULL;
	const char *text = host->cpu.first ? host->cpu.first : "";
	int r;

	if (copy(&m->cpu_vendor, host->cpu.vendor_id) < 0 || copy(&m->cpu_name, host->cpu.model) < 0)
		return -ENOMEM;
	r = signature_read(host, text, &m->cpu_signature);
	flags = cpu_field(text, host->cpu.vendor == CPU_S390 ? "features" : host->cpu.vendor == CPU_OTHER ? "Features" : "flags");
	if (r < 0 || !flags)
		return r;
	if (strv_split(flags, " \t", &m->cpu_flags.names) < 0)
		return -ENOMEM;
	strv_sort(m->cpu_flags.names);
	m->cpu_flags.known = true;
	return 0;
}

/* --- QEMU, by libvirt's cache --- */

/* What stands between the two in a line, a new string; NULL: the line has them not, or nothing between. */
static char *between(const char *line, size_t size, const char *before, const char *behind)
{
	const char *from = memmem(line, size, before, strlen(before)), *to;

	if (!from)
		return NULL;
	from += strlen(before);
	to = memmem(from, size - (size_t)(from - line), behind, strlen(behind));
	return to && to > from ? strndup(from, (size_t)(to - from)) : NULL;
}

/* 7002005 is 7.2.5, of QEMU and of libvirt. */
static void set_version(char **field, const char *number)
{
	unsigned n;

	if (number && !*field && parse_unsigned(number, &n) >= 0)
		*field = text_format("%u.%u.%u", n / 1000000, n / 1000 % 1000, n % 1000);
}

static int parse_line(const char *line, size_t size, char **emulator, int64_t *ctime, struct migration *m)
{
	_cleanup_free_ char *name = between(line, size, "<emulator>", "</emulator>"), *when = between(line, size, "<qemuctime>", "</qemuctime>");
	_cleanup_free_ char *own = between(line, size, "<selfvers>", "</selfvers>"), *version = between(line, size, "<version>", "</version>");
	_cleanup_free_ char *machine = memmem(line, size, "<machine ", 9) ? between(line, size, " name='", "'") : NULL;

	if (name && !*emulator)
		*emulator = TAKE(name);
	if (when)
		*ctime = strtoll(when, NULL, 10);
	set_version(&m->libvirt_version, own);
	set_version(&m->qemu_version, version);
	return machine ? strv_add(&m->machines.names, machine) : 0;
}

/* Sorts, and leaves each name once. */
static void sort_names(struct migration_names *n)
{
	size_t kept = 0;

	strv_sort(n->names);
	for (size_t i = 0; n->names && n->names[i]; i++) {
		if (kept && str_eq(n->names[kept - 1], n->names[i]))
			free(n->names[i]);
		else
			n->names[kept++] = n->names[i];
	}
	if (n->names)
		n->names[kept] = NULL;
	n->known = true;
}

/* What libvirt's cache of a QEMU says, where that is the one of this path: 0, -ESRCH: it is another's; -ENOMEM. */
static int migration_parse_cache(const char *text, const char *emulator, int64_t *ret_ctime, struct migration *ret)
{
	_cleanup_(migration_done) struct migration m = {};
	_cleanup_free_ char *found = NULL;
	int64_t ctime = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (parse_line(line, strcspn(line, "\n"), &found, &ctime, &m) < 0)
			return -ENOMEM;
	if (!found || !m.machines.names || !str_eq(found, emulator))
		return -ESRCH;
	sort_names(&m.machines);
	*ret_ctime = ctime;
	ret->machines = TAKE(m.machines);
	ret->qemu_version = TAKE(m.qemu_version);
	ret->libvirt_version = TAKE(m.libvirt_version);
	return 0;
}

/* libvirt itself takes what it kept for stale when QEMU was installed anew since. */
static bool is_stale(const struct host *host, const char *emulator, int64_t ctime)
{
	struct stat st;

	return host->is_live && fs_stat(host->root_fd, &st, "%s", emulator) >= 0 && st.st_ctime != ctime;
}

static int qemu_facts(const struct host *host, struct migration *m)
{
	_cleanup_(strv_freep) char **files = NULL;

	if (host->software.libvirt && !(m->libvirt = text_format("/%s", host->software.libvirt)))
		return -ENOMEM;
	if (!host->software.qemu)
		return 0;
	m->qemu = text_format("/%s", host->software.qemu);
	if (!m->qemu)
		return -ENOMEM;
	if (dir_list(host->root_fd, &files, CACHE) < 0)
		return 0;
	for (char **file = files; file && *file && !m->machines.known; file++) {
		_cleanup_(migration_done) struct migration found = {};
		_cleanup_free_ char *text = NULL;
		int64_t ctime;
		int r;

		if (!str_ends(*file, ".xml") || fs_read(host->root_fd, &text, NULL, CACHE "/%s", *file) < 0)
			continue;
		r = migration_parse_cache(text, m->qemu, &ctime, &found);
		if (r == -ENOMEM)
			return r;
		if (r < 0 || is_stale(host, m->qemu, ctime))
			continue;
		m->machines = TAKE(found.machines);
		m->qemu_version = TAKE(found.qemu_version);
		m->libvirt_version = TAKE(found.libvirt_version);
	}
	return 0;
}

/* --- what guests are connected to --- */

/* The names of libvirt's objects are those of their files. A folder that is not there, beside a libvirt that is, has none. */
static int xml_names(const struct host *host, const char *folder, struct migration_names *ret)
{
	_cleanup_(strv_freep) char **files = NULL;
	int r;

	r = dir_list(host->root_fd, &files, "%s", folder);
	if (r < 0 && r != -ENOENT)
		return r == -ENOMEM ? r : 0;
	for (char **file = files; file && *file; file++)
		if (str_ends(*file, ".xml") && strv_consume(&ret->names, strndup(*file, strlen(*file) - strlen(".xml"))) < 0)
			return -ENOMEM;
	sort_names(ret);
	return 0;
}

static int firmware_names(const struct host *host, struct migration_names *ret)
{
	for (char **path = host->software.firmwares; path && *path; path++)
		if (strv_add(&ret->names, str_base(*path)) < 0)
			return -ENOMEM;
	sort_names(ret);
	return 0;
}

static int bridge_names(const struct host *host, struct migration_names *ret)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(host->root_fd, &names, "sys/class/net") < 0)
		return 0;
	for (char **name = names; name && *name; name++)
		if (fs_exists(host->root_fd, "sys/class/net/%s/bridge", *name) && strv_add(&ret->names, *name) < 0)
			return -ENOMEM;
	sort_names(ret);
	return 0;
}

/* "vfio-pci", and its variants such as "mlx5_vfio_pci" and "nvgrace-gpu-vfio-pci". */
static bool is_vfio(const char *driver)
{
	return driver && (str_ends(driver, "vfio-pci") || str_ends(driver, "vfio_pci"));
}

static int passthrough_names(const struct host *host, struct migration_names *ret)
{
	for (size_t i = 0; i < host->devices.n; i++)
		if (is_vfio(host->devices.list[i].driver) && strv_add(&ret->names, host->devices.list[i].address) < 0)
			return -ENOMEM;
	sort_names(ret);
	return 0;
}

int migration_read(const struct host *host, struct migration *ret)
{
	_cleanup_(migration_done) struct migration m = { .has_kvm = fs_exists(host->root_fd, "dev/kvm"), .nested = host->cpu.nested };

	if (copy(&m.kvm_module, host->cpu.nested_module) < 0 || cpu_facts(host, &m) < 0 || qemu_facts(host, &m) < 0 ||
	    xml_names(host, "etc/libvirt/storage", &m.pools) < 0 || xml_names(host, "etc/libvirt/qemu/networks", &m.networks) < 0 ||
	    firmware_names(host, &m.firmwares) < 0 || bridge_names(host, &m.bridges) < 0 || passthrough_names(host, &m.passthrough) < 0)
		return -ENOMEM;
	*ret = TAKE(m);
	return 0;
}
