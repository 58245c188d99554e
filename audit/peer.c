/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peer: can running guests move between this host and another one, and which of them?
 *
 * A fail stops every guest that slipway's profiles make, a warning some guests. The rules are those of QEMU
 * (docs/devel/migration) and libvirt (https://libvirt.org/formatdomain.html#cpu-model-and-topology,
 * https://libvirt.org/migration.html).
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit/peer.h"
#include "common/cleanup.h"
#include "common/text.h"

#define NAMES_SHOWN 8u

const char peer_both[] = "peer: both ways", peer_to[] = "peer: to it", peer_from[] = "peer: from it";

/* One direction of one check. */
struct move {
	const struct migration *from, *to;
	struct report *report;
	struct finding *finding;
};

#define SAY(move, ...) finding_set((move)->report, (move)->finding, __VA_ARGS__)
#define REMEDY(move, ...) finding_remedy((move)->report, (move)->finding, __VA_ARGS__)
#define EVIDENCE(move, ...) finding_evidence((move)->report, (move)->finding, __VA_ARGS__)

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

/* --- lists --- */

/* How many of the first, which is sorted like the second, are missing there; their names, at most a few, as a new string. */
static size_t missing(const struct migration_names *these, const struct migration_names *there, char **ret)
{
	_cleanup_(text_done) struct text t = {};
	char **other = there->names;
	size_t n = 0;

	for (char **name = these->names; name && *name; name++) {
		while (other && *other && strcmp(*other, *name) < 0)
			other++;
		if (other && *other && str_eq(*other, *name))
			continue;
		if (n < NAMES_SHOWN)
			text_printf(&t, "%s%s", n ? ", " : "", *name);
		n++;
	}
	if (n > NAMES_SHOWN)
		text_printf(&t, ", and %zu more", n - NAMES_SHOWN);
	*ret = text_take(&t);
	return n;
}

/* What guests name, and what must be there under the same name. */
struct kind {
	const char *one, *many;   /* "bridge", "bridges" */
	const char *path;         /* where they were read */
	const char *remedy;
};

static void compare_names(struct move *m, const struct kind *kind, const struct migration_names *from, const struct migration_names *to)
{
	_cleanup_free_ char *names = NULL;
	size_t n, all = strv_length(from->names);

	if (!from->known || !to->known) {
		EVIDENCE(m, kind->path, "cannot be read on the %s", from->known ? "target" : "source");
		SAY(m, VERDICT_UNKNOWN, "the %s of the %s are not known", kind->many, from->known ? "target" : "source");
		REMEDY(m, "run the audit as root on both hosts, with libvirt started once");
		return;
	}
	n = missing(from, to, &names);
	if (!names) {
		m->report->failed = true;
		return;
	}
	if (!all) {
		SAY(m, VERDICT_SKIP, "the source has no %s", kind->many);
	} else if (!n && all == 1) {
		SAY(m, VERDICT_PASS, "the target has the %s of the source", kind->one);
	} else if (!n) {
		SAY(m, VERDICT_PASS, "the target has all %zu %s of the source", all, kind->many);
	} else {
		EVIDENCE(m, kind->path, "not on the target: %s", names);
		SAY(m, VERDICT_WARN, "%zu of %zu %s of the source %s not on the target: guests that use %s cannot move", n, all, kind->many,
		    n == 1 ? "is" : "are", n == 1 ? "it" : "them");
		REMEDY(m, "%s", kind->remedy);
	}
}

/* --- the checks --- */

static void peer_kvm(struct move *m)
{
	EVIDENCE(m, "/dev/kvm", "%s, %s, nested %s", m->to->has_kvm ? "present" : "absent", text_or(m->to->kvm_module, "no module of KVM"),
		 m->to->nested == TRUTH_YES ? "on" : m->to->nested == TRUTH_NO ? "off" : "unknown");
	if (!m->to->has_kvm) {
		SAY(m, VERDICT_FAIL, "the target has no KVM");
		REMEDY(m, "switch virtualization on in its firmware, and load its module of KVM");
	} else if (m->from->kvm_module && m->to->kvm_module && !str_eq(m->from->kvm_module, m->to->kvm_module)) {
		SAY(m, VERDICT_FAIL, "KVM differs: %s on the source, %s on the target", m->from->kvm_module, m->to->kvm_module);
	} else if (m->from->nested == TRUTH_YES && m->to->nested == TRUTH_NO) {
		SAY(m, VERDICT_WARN, "guests that run guests cannot move: nested virtualization is off on the target");
		REMEDY(m, "switch it on there (cpu: nested: on in the spec), or off on the source");
	} else {
		SAY(m, VERDICT_PASS, "the target has KVM");
	}
}

/* Where the CPUs are of one vendor and their flags are known; else it says why not. */
static bool can_compare_cpus(struct move *m)
{
	if (!m->from->cpu_vendor || !m->to->cpu_vendor || !m->from->cpu_flags.known || !m->to->cpu_flags.known) {
		SAY(m, VERDICT_UNKNOWN, "the CPU of the %s is not known", m->from->cpu_vendor && m->from->cpu_flags.known ? "target" : "source");
		return false;
	}
	if (str_eq(m->from->cpu_vendor, m->to->cpu_vendor))
		return true;
	EVIDENCE(m, "/proc/cpuinfo", "%s on the source, %s on the target", m->from->cpu_vendor, m->to->cpu_vendor);
	SAY(m, VERDICT_FAIL, "the CPUs are of different makers");
	return false;
}

/* host-passthrough shows the guest the host's own CPU, whose number it has looked at when it started. */
static void peer_cpu(struct move *m)
{
	_cleanup_free_ char *names = NULL;
	size_t n;

	if (!can_compare_cpus(m))
		return;
	n = missing(&m->from->cpu_flags, &m->to->cpu_flags, &names);
	EVIDENCE(m, "/proc/cpuinfo", "source %s (%s), target %s (%s)", text_or(m->from->cpu_name, "unnamed"), text_or(m->from->cpu_signature, "unknown"),
		 text_or(m->to->cpu_name, "unnamed"), text_or(m->to->cpu_signature, "unknown"));
	if (!m->from->cpu_signature || !m->to->cpu_signature) {
		SAY(m, VERDICT_UNKNOWN, "the model of the CPU is not known");
	} else if (n) {
		EVIDENCE(m, "/proc/cpuinfo", "flags that the target has not: %s", text_or(names, ""));
		SAY(m, VERDICT_FAIL, "guests with host-passthrough cannot move: the target's CPU has not all that the source's has");
	} else if (!str_eq(m->from->cpu_signature, m->to->cpu_signature)) {
		SAY(m, VERDICT_FAIL, "guests with host-passthrough cannot move: the CPUs are of different models or steppings");
	} else {
		SAY(m, VERDICT_PASS, "guests with host-passthrough find the same CPU");
		return;
	}
	REMEDY(m, "give guests that shall move a CPU model that both hosts have ('virsh hypervisor-cpu-baseline')");
}

static void peer_cpu_flags(struct move *m)
{
	_cleanup_free_ char *names = NULL;
	size_t n;

	if (!can_compare_cpus(m))
		return;
	n = missing(&m->from->cpu_flags, &m->to->cpu_flags, &names);
	if (!n) {
		SAY(m, VERDICT_PASS, "the target's CPU has every flag of the source's: any named model that runs here runs there");
		return;
	}
	EVIDENCE(m, "/proc/cpuinfo", "flags that the target has not: %s", text_or(names, ""));
	SAY(m, VERDICT_WARN, "a guest with a named CPU model can move only if that needs none of %zu flags", n);
	REMEDY(m, "'virsh hypervisor-cpu-baseline' finds the largest model that both hosts have");
}

/* "7.2.5" as a number; 0 where it is none. */
static unsigned version_number(const char *version)
{
	unsigned a, b, c;

	return version && sscanf(version, "%u.%u.%u", &a, &b, &c) == 3 ? a * 1000000 + b * 1000 + c : 0;
}

static void compare_program(struct move *m, const char *what, const char *path, const char *from, const char *to)
{
	unsigned old = version_number(from), new = version_number(to);

	if (!path) {
		SAY(m, VERDICT_FAIL, "the target has no %s", what);
		REMEDY(m, "install it there");
		return;
	}
	EVIDENCE(m, path, "source %s, target %s", text_or(from, "unknown"), text_or(to, "unknown"));
	if (!old || !new) {
		SAY(m, VERDICT_UNKNOWN, "the version of %s is not known on the %s", what, old ? "target" : "source");
		REMEDY(m, "run the audit as root on both hosts, with libvirt started once");
	} else if (new < old) {
		SAY(m, VERDICT_WARN, "%s is older on the target: to move there is not supported by all distributions", what);
		REMEDY(m, "update the target");
	} else {
		SAY(m, VERDICT_PASS, "%s of the target is %s", what, new == old ? "of the same version" : "newer");
	}
}

static void peer_qemu(struct move *m)
{
	compare_program(m, "QEMU", m->to->qemu, m->from->qemu_version, m->to->qemu_version);
}

static void peer_libvirt(struct move *m)
{
	compare_program(m, "libvirt", m->to->libvirt, m->from->libvirt_version, m->to->libvirt_version);
}

static void peer_machines(struct move *m)
{
	static const struct kind kind = { "machine type", "machine types", "/var/cache/libvirt/qemu/capabilities",
					  "give guests that shall move a machine type that both have (slipway profile define --machine)" };

	compare_names(m, &kind, &m->from->machines, &m->to->machines);
}

static void peer_firmware(struct move *m)
{
	static const struct kind kind = { "firmware descriptor", "firmware descriptors", "/usr/share/qemu/firmware",
					  "install the same firmware package there: a guest finds its UEFI image by path" };

	compare_names(m, &kind, &m->from->firmwares, &m->to->firmwares);
}

static void peer_storage(struct move *m)
{
	static const struct kind kind = { "storage pool", "storage pools", "/etc/libvirt/storage",
					  "define the pool there, of the same shared storage, or move disks along ('virsh migrate --copy-storage-all')" };

	compare_names(m, &kind, &m->from->pools, &m->to->pools);
}

static void peer_networks(struct move *m)
{
	static const struct kind kind = { "libvirt network", "libvirt networks", "/etc/libvirt/qemu/networks", "define a network of the same name there" };

	compare_names(m, &kind, &m->from->networks, &m->to->networks);
}

static void peer_bridges(struct move *m)
{
	static const struct kind kind = { "bridge", "bridges", "/sys/class/net", "make a bridge of the same name there (bridges: in the spec)" };

	compare_names(m, &kind, &m->from->bridges, &m->to->bridges);
}

/* A device's state is in the device: QEMU's blocker is "VFIO device doesn't support migration". */
static void peer_passthrough(struct move *m)
{
	static const struct migration_names none = { .known = true };
	_cleanup_free_ char *names = NULL;
	size_t n = missing(&m->from->passthrough, &none, &names);

	if (!m->from->passthrough.known) {
		SAY(m, VERDICT_UNKNOWN, "the devices of the source are not known");
	} else if (!n) {
		SAY(m, VERDICT_PASS, "no device of the source is set aside for guests");
	} else {
		EVIDENCE(m, "/sys/bus/pci/drivers", "on a vfio driver: %s", text_or(names, ""));
		SAY(m, VERDICT_WARN, "%zu device%s of the source %s set aside for guests: a guest that has one cannot move", n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
		REMEDY(m, "take it back first (slipway detach GUEST SELECTOR), and attach one of the target's afterwards");
	}
}

static const struct {
	const char *id;
	void (*run)(struct move *m);
} rows[] = {
	{ "peer.kvm", peer_kvm }, { "peer.cpu", peer_cpu }, { "peer.cpu-flags", peer_cpu_flags }, { "peer.qemu", peer_qemu },
	{ "peer.libvirt", peer_libvirt }, { "peer.machines", peer_machines }, { "peer.firmware", peer_firmware }, { "peer.storage", peer_storage },
	{ "peer.networks", peer_networks }, { "peer.bridges", peer_bridges }, { "peer.passthrough", peer_passthrough },
};

/* --- both directions --- */

static void run_all(const struct migration *from, const struct migration *to, const char *layer, struct report *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct move m = { .from = from, .to = to, .report = ret, .finding = report_add(ret, rows[i].id, layer) };

		if (!m.finding) {
			ret->failed = true;
			return;
		}
		rows[i].run(&m);
	}
}

static bool says_the_same(const struct finding *a, const struct finding *b)
{
	if (a->verdict != b->verdict || !str_eq(a->summary, b->summary) || !str_eq(a->remedy, b->remedy))
		return false;
	/* What passes needs no more: its evidence names both hosts, in the other order. */
	if (a->verdict == VERDICT_PASS)
		return true;
	if (a->n_evidence != b->n_evidence)
		return false;
	for (size_t i = 0; i < a->n_evidence; i++)
		if (!str_eq(a->evidence[i].path, b->evidence[i].path) || !str_eq(a->evidence[i].value, b->evidence[i].value))
			return false;
	return true;
}

/* Moves those that say the same in both directions, or those that do not. */
static void take(struct report *of, const bool *same, bool wanted, const char *layer, struct report *ret)
{
	for (size_t i = 0; i < of->n; i++) {
		struct finding *to = same[i] == wanted ? report_add(ret, of->list[i].id, layer) : NULL;

		if (!to) {
			ret->failed |= same[i] == wanted;
			continue;
		}
		*to = TAKE(of->list[i]);
		to->layer = layer;
	}
}

int peer_compare(const struct migration *self, const struct migration *peer, struct report *ret)
{
	_cleanup_(report_done) struct report there = {}, back = {}, all = {};
	bool same[ARRAY_SIZE(rows)] = {};

	run_all(self, peer, peer_to, &there);
	run_all(peer, self, peer_from, &back);
	if (there.failed || back.failed)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		same[i] = says_the_same(&there.list[i], &back.list[i]);
	take(&there, same, true, peer_both, &all);
	take(&there, same, false, peer_to, &all);
	take(&back, same, false, peer_from, &all);
	if (all.failed)
		return -ENOMEM;
	*ret = TAKE(all);
	return 0;
}

enum verdict peer_verdict(const struct report *report, const char *direction)
{
	static const int weight[] = { [VERDICT_SKIP] = 0, [VERDICT_PASS] = 1, [VERDICT_WARN] = 2, [VERDICT_UNKNOWN] = 3, [VERDICT_FAIL] = 4 };
	enum verdict worst = VERDICT_PASS;

	for (size_t i = 0; i < report->n; i++) {
		const struct finding *f = &report->list[i];

		if ((f->layer == direction || f->layer == peer_both) && weight[f->verdict] > weight[worst])
			worst = f->verdict;
	}
	return worst;
}
