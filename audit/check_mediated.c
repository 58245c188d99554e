/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of what mediated devices need, on hosts that have something to mediate. */

#include "audit/checks.h"

/* A driver that stands between the hardware and guests. */
static const char *tell_driver(struct report *report, struct finding *f, unsigned n, const char *what, const char *module, enum module_state state)
{
	if (!n)
		return NULL;
	finding_evidence(report, f, what, "%u; %s is %s", n, module, module_state_name(state));
	return state == MODULE_MISSING ? module : NULL;
}

static size_t tell_parents(struct report *report, struct finding *f, const struct mediated *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (!m->list[i].is_present)
			finding_evidence(report, f, "/etc/mdevctl.d", "%s has mediated devices defined, and offers none now", m->list[i].name);
		n += m->list[i].is_present;
	}
	return n;
}

void check_software_mediated(const struct host *host, struct report *report, struct finding *f)
{
	const struct mediated *m = &host->mediated;
	const char *ap = tell_driver(report, f, m->ap_queues, "/sys/bus/ap/devices", "vfio_ap", m->vfio_ap);
	const char *ccw = tell_driver(report, f, m->dasds, "/sys/bus/css/devices", "vfio_ccw", m->vfio_ccw);
	size_t present = tell_parents(report, f, m);

	if (!m->n && !m->ap_queues && !m->dasds) {
		finding_set(report, f, VERDICT_SKIP, "no device here can be shared as mediated devices");
	} else if (ap || ccw) {
		finding_set(report, f, VERDICT_WARN, "this kernel has no %s%s%s, so %s cannot be given to guests", ap ? ap : ccw, ap && ccw ? " and no " : "",
			    ap && ccw ? ccw : "", ap && ccw ? "crypto queues and DASDs" : ap ? "crypto queues" : "DASDs");
		finding_remedy(report, f, "install the package with all of this kernel's modules, or a kernel that was built with them "
					  "(CONFIG_VFIO_AP, CONFIG_VFIO_CCW)");
	} else if (present < m->n) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu parents of mediated devices offer%s none now", m->n - present, m->n,
			    m->n - present == 1 ? "s" : "");
		finding_remedy(report, f, "load the driver that makes them (%s), or remove the definitions (mdevctl undefine)",
			       host->cpu.vendor == CPU_S390 ? "modprobe vfio_ap, vfio_ccw" : "modprobe kvmgt, or the card maker's");
	} else if (!m->mdevctl) {
		finding_set(report, f, VERDICT_WARN, "mdevctl is not installed, and without it no mediated device comes back after a boot");
		finding_remedy(report, f, "install it (Debian, RHEL, SUSE: mdevctl)");
	} else {
		finding_evidence(report, f, m->mdevctl, "present");
		finding_set(report, f, VERDICT_PASS, "what mediated devices need is here");
	}
}
