/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of libvirt's surroundings: what confines guests, where their images are, who reaches libvirt, and what all guests have together. */

#include <inttypes.h>
#include <string.h>

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

#define GUESTS_LOCAL "/etc/apparmor.d/local/abstractions/libvirt-qemu"

static bool skip_without_libvirt(const struct host *host, struct report *report, struct finding *f)
{
	if (!host->libvirt.is_there)
		finding_set(report, f, VERDICT_SKIP, "there is no configuration of libvirt (/etc/libvirt)");
	return !host->libvirt.is_there;
}

void check_software_confinement(const struct host *host, struct report *report, struct finding *f)
{
	static const struct {
		enum verdict verdict;
		const char *path, *says, *remedy;
	} rows[] = {
		[CONFINEMENT_NONE] = { VERDICT_WARN, "/sys/kernel/security", "neither SELinux nor AppArmor keeps guests from each other and from the host",
				       "switch on what the distribution has (AppArmor on Debian, Ubuntu and SUSE, SELinux on Fedora and RHEL)" },
		[CONFINEMENT_SELINUX] = { VERDICT_PASS, "/sys/fs/selinux/enforce", "SELinux keeps guests apart", NULL },
		[CONFINEMENT_SELINUX_PERMISSIVE] = { VERDICT_WARN, "/sys/fs/selinux/enforce", "SELinux is permissive: it tells of guests that break out, and stops none",
						     "set SELINUX=enforcing in /etc/selinux/config, and 'setenforce 1'; what it has forbidden stands in 'ausearch -m avc'" },
		[CONFINEMENT_SELINUX_DISABLED] = { VERDICT_WARN, "/etc/selinux/config", "SELinux is switched off: nothing keeps guests from each other and from the host",
						   "set SELINUX=permissive in /etc/selinux/config, reboot for the labels to be made, then SELINUX=enforcing" },
		[CONFINEMENT_APPARMOR] = { VERDICT_PASS, "/etc/apparmor.d/abstractions/libvirt-qemu", "AppArmor keeps guests apart", NULL },
		[CONFINEMENT_APPARMOR_BARE] = { VERDICT_WARN, "/etc/apparmor.d/abstractions/libvirt-qemu", "AppArmor is on, but libvirt's profiles for guests are missing",
						"install libvirt's AppArmor profiles (Debian, Ubuntu: libvirt-daemon-system)" },
	};
	const struct confinement *c = &host->libvirt.confinement;

	if (skip_without_libvirt(host, report, f))
		return;
	finding_evidence(report, f, rows[c->kind].path, "%s", confinement_name(c->kind));
	finding_set(report, f, rows[c->kind].verdict, "%s", rows[c->kind].says);
	if (rows[c->kind].remedy)
		finding_remedy(report, f, "%s", rows[c->kind].remedy);
	if (c->security_off && f->verdict == VERDICT_PASS) {
		finding_evidence(report, f, "/etc/libvirt/qemu.conf", "security_driver = \"none\"");
		finding_set(report, f, VERDICT_WARN, "libvirt is told to leave guests unconfined");
		finding_remedy(report, f, "take security_driver out of /etc/libvirt/qemu.conf, and restart libvirt");
	}
}

/* Types that guests of libvirt's may be given files in; those of NFS by a boolean. */
static bool label_is_for_images(const char *label)
{
	static const char *const types[] = { ":virt_image_t:", ":svirt_image_t:", ":virt_content_t:", ":virt_var_lib_t:", ":public_content_t:", ":nfs_t:", ":fusefs_t:" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strstr(label, types[i]))
			return true;
	return false;
}

static bool check_selinux_pool(const struct confinement *c, const struct defined_pool *p, struct report *report, struct finding *f)
{
	if (str_eq(p->type, "netfs") && c->use_nfs == TRUTH_NO) {
		finding_evidence(report, f, "/sys/fs/selinux/booleans/virt_use_nfs", "off, and pool %s is on NFS", p->name);
		return false;
	}
	if (!str_eq(p->type, "dir") || !p->path || !p->label || label_is_for_images(p->label))
		return true;
	finding_evidence(report, f, p->path, "%s", p->label);
	return false;
}

/* libvirt's helper does not learn the file of a disk that is named as a volume. */
static bool check_apparmor_pool(const struct host *host, const struct defined_pool *p, struct report *report, struct finding *f)
{
	const struct definitions *d = &host->libvirt.definitions;
	bool is_named = false;

	for (size_t i = 0; i < d->n_guests; i++)
		is_named = is_named || strv_contains(d->guests[i].pools, p->name);
	if (!is_named || !p->path || str_eq(p->type, "logical") || p->guests_may)
		return true;
	finding_evidence(report, f, GUESTS_LOCAL, "nothing for %s, whose volumes guests name", p->path);
	return false;
}

void check_software_pools(const struct host *host, struct report *report, struct finding *f)
{
	const struct definitions *d = &host->libvirt.definitions;
	const struct confinement *c = &host->libvirt.confinement;
	size_t wrong = 0;

	if (skip_without_libvirt(host, report, f))
		return;
	if (!d->pools_known) {
		finding_set(report, f, VERDICT_UNKNOWN, "libvirt's storage pools cannot be read; run as root");
		return;
	}
	for (size_t i = 0; i < d->n_pools; i++) {
		if (confinement_is_selinux(c))
			wrong += !check_selinux_pool(c, &d->pools[i], report, f);
		else if (c->kind == CONFINEMENT_APPARMOR)
			wrong += !check_apparmor_pool(host, &d->pools[i], report, f);
	}
	if (!d->n_pools) {
		finding_set(report, f, VERDICT_SKIP, "libvirt has no storage pools");
		return;
	}
	if (!wrong) {
		finding_set(report, f, VERDICT_PASS, "nothing keeps guests from the images of %zu storage pool%s", d->n_pools, d->n_pools == 1 ? "" : "s");
		return;
	}
	finding_set(report, f, VERDICT_WARN, "guests may not use the images of %zu of %zu storage pools", wrong, d->n_pools);
	finding_remedy(report, f, "name the pools in 'pools' of the spec: 'slipway apply' sets what %s needs", confinement_is_selinux(c) ? "SELinux" : "AppArmor");
}

/* How bad one daemon's way is. */
static enum verdict judge(const struct listener *l, bool port_open, const char **ret_says)
{
	bool asks_nobody = str_eq(l->auth_tcp, "none");

	if (asks_nobody && (listener_has_tcp(l) || port_open))
		return *ret_says = "libvirt takes connections over plain TCP from anybody: who reaches its port is root here", VERDICT_FAIL;
	if (l->is_unverified && listener_has_tls(l))
		return *ret_says = "libvirt takes TLS connections without a look at the client's certificate: who reaches its port is root here", VERDICT_FAIL;
	if (listener_has_tcp(l))
		return *ret_says = "libvirt takes connections over plain TCP", VERDICT_WARN;
	if (asks_nobody)
		return *ret_says = "libvirt asks nobody who he is as soon as it listens on plain TCP", VERDICT_WARN;
	return *ret_says = "libvirt takes no connection without asking who it is", VERDICT_PASS;
}

static void tell_listener(const struct listener *l, struct report *report, struct finding *f)
{
	_cleanup_free_ char *conf = text_format("/%s", l->conf ? l->conf : "etc/libvirt"), *by = text_format("/%s", l->listens_by ? l->listens_by : "");
	_cleanup_free_ char *socket = text_format("/etc/systemd/system/sockets.target.wants/%s-tcp.socket", l->daemon);

	if (!conf || !by || !socket) {
		report->failed = true;
		return;
	}
	if (l->listens_by)
		finding_evidence(report, f, by, "--listen");
	if (l->listen_tcp)
		finding_evidence(report, f, conf, "listen_tcp = 1");
	if (l->auth_tcp)
		finding_evidence(report, f, conf, "auth_tcp = \"%s\"", l->auth_tcp);
	if (l->is_unverified)
		finding_evidence(report, f, conf, "tls_no_verify_certificate = 1");
	if (l->tcp_socket)
		finding_evidence(report, f, socket, "enabled");
}

void check_software_listener(const struct host *host, struct report *report, struct finding *f)
{
	static const int weight[] = { [VERDICT_PASS] = 0, [VERDICT_WARN] = 1, [VERDICT_FAIL] = 2 };
	const struct listeners *l = &host->libvirt.listeners;
	enum verdict worst = VERDICT_PASS;
	const char *says = NULL;

	if (skip_without_libvirt(host, report, f))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(l->list); i++) {
		const char *one;
		enum verdict v = judge(&l->list[i], l->port_open, &one);

		if (v != VERDICT_PASS)
			tell_listener(&l->list[i], report, f);
		if (!says || weight[v] > weight[worst]) {
			says = one;
			worst = v;
		}
	}
	if (l->port_open)
		finding_evidence(report, f, "/proc/net/tcp", "port 16509 is open");
	finding_set(report, f, worst, "%s", says);
	if (worst != VERDICT_PASS)
		finding_remedy(report, f, "wish for 'remote: { tcp: off }' in the spec, and reach this host by qemu+ssh:// or, with certificates, by 'remote: { tls: on }'");
}

static double gib(uint64_t kib)
{
	return (double)kib / 1048576.0;
}

void check_software_overcommit(const struct host *host, struct report *report, struct finding *f)
{
	const struct definitions *d = &host->libvirt.definitions;
	uint64_t memory = 0, huge = 0;
	unsigned vcpus = 0;
	const char *over = NULL;

	if (skip_without_libvirt(host, report, f))
		return;
	if (!d->guests_known || !d->memory) {
		finding_set(report, f, VERDICT_UNKNOWN, d->guests_known ? "the host's memory cannot be read" : "the guests' definitions cannot be read; run as root");
		return;
	}
	if (!d->n_guests) {
		finding_set(report, f, VERDICT_SKIP, "no guest is defined");
		return;
	}
	for (size_t i = 0; i < d->n_guests; i++) {
		const struct defined_guest *g = &d->guests[i];

		memory += g->memory;
		huge += g->hugepages ? g->memory : 0;
		vcpus += g->vcpus;
		if (g->vcpus > host->cpu.n_cpus)
			over = "a guest has more CPUs than the host";
	}
	if (huge > d->huge_memory)
		over = "guests on huge pages have more memory than there are such pages";
	if (memory > d->memory)
		over = "the guests together have more memory than the host";
	finding_evidence(report, f, "/proc/meminfo", "%.1f GiB, of it %.1f GiB huge pages", gib(d->memory), gib(d->huge_memory));
	finding_evidence(report, f, "/etc/libvirt/qemu", "%zu guests with %.1f GiB, of it %.1f GiB on huge pages, and %u CPUs", d->n_guests, gib(memory), gib(huge), vcpus);
	finding_set(report, f, over ? VERDICT_WARN : VERDICT_PASS, "%s: %.1f of %.1f GiB memory, %u virtual CPUs on %u", over ? over : "the guests defined fit the host",
		    gib(memory), gib(d->memory), vcpus, host->cpu.n_cpus);
	if (over)
		finding_remedy(report, f, "fewer of them can run at a time, or give them less; a guest with a passthrough device has all of its memory locked from its start");
}
