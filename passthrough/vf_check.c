/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against changing the VFs of a device: it cannot have them, or somebody needs the ones that are there, or the port. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/vf_check.h"

#define RULE "sr-iov"

/* What the kernel's drivers do to the link while they make or remove VFs: from their sriov_configure functions. Others are not known. */
static const struct {
	const char *driver;
	bool keeps_link;
	const char *what;
} drivers[] = {
	{ "igb", false, "closes and opens the port while it makes VFs (igb_sriov_reinit)" },
	{ "ixgbe", false, "closes and opens the port while it makes VFs (ixgbe_sriov_reinit)" },
	{ "i40e", false, "resets the port when the first VF is made and the last one removed (VEB mode)" },
	{ "bnxt_en", false, "closes and opens the port when VFs are removed (bnxt_restore_pf_fw_resources)" },
	{ "ice", true, "keeps the link up" },
	{ "mlx5_core", true, "keeps the link up" },
};

static bool keeps_link(const char *driver, const char **ret_what)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (str_eq(drivers[i].driver, driver))
			return *ret_what = drivers[i].what, drivers[i].keeps_link;
	*ret_what = "is not known to keep the link up while it makes VFs";
	return false;
}

static bool is_network(enum use_kind kind)
{
	return kind == USE_NETWORK || kind == USE_SESSION || kind == USE_REMOTE;
}

static int refuse_port(const struct device *pf, const struct use *use, const char *what, struct refusals *refusals)
{
	_cleanup_free_ char *way_out = NULL;
	const char *kind = use_kind_name(use->kind);

	if (use->is_vital)
		way_out = strdup("; the host lives on it, and nothing overrides that");
	else
		way_out = text_format("; say --no-live to have the VFs made at the next boot only, before the network is set up, or take the risk with "
				      "--allow %s=%s", pf->address, kind);
	if (!way_out)
		return -ENOMEM;
	return refusals_add(refusals, pf->address, "in-use", kind, "%s%s%s → %s: its driver %s %s%s", pf->address, *use->via ? " → " : "",
			    use->via, use->what, pf->driver, what, way_out);
}

static int warn_port(const struct device *pf, const struct use *use, bool keeps, const char *what, char ***cautions)
{
	if (keeps)
		return strv_consume(cautions, text_format("%s carries the host's own network (%s%s%s); its driver %s %s", pf->address, use->via,
							  *use->via ? " → " : "", use->what, pf->driver, what));
	return strv_consume(cautions, text_format("%s carries the host's own network (%s%s%s), and its driver %s %s: the link may be down for some "
						  "seconds; where it does not come back, all is undone", pf->address, use->via, *use->via ? " → " : "",
						  use->what, pf->driver, what));
}

/* The uses of the PF that have to do with its port; one caution for all. */
static int check_port(const struct host *host, const struct uses *uses, const struct device *pf, const struct allowances *allowed,
		      struct refusals *refusals, char ***cautions)
{
	const struct use *use, *first = NULL;
	const char *what;
	bool keeps = keeps_link(pf->driver, &what);
	size_t n;
	int r = 0;

	use = uses_of(uses, pf, &n);
	for (size_t i = 0; i < n && r >= 0; i++, use++) {
		bool is_allowed = !use->is_vital && allowances_has(host, allowed, pf, use_kind_name(use->kind));

		if (!is_network(use->kind))
			continue;
		if (keeps || is_allowed || use->kind == USE_NETWORK)
			first = first ? first : use;
		else
			r = refuse_port(pf, use, what, refusals);
	}
	return r < 0 || !first ? r : warn_port(pf, first, keeps, what, cautions);
}

/* All the others, by the rules of every request. */
static int check_others(const struct host *host, const struct uses *uses, const struct device *pf, const struct allowances *allowed,
			enum request_when when, struct refusals *refusals)
{
	_cleanup_(uses_done) struct uses others = {};
	const struct use *use;
	size_t n;
	int r = 0;

	use = uses_of(uses, pf, &n);
	for (size_t i = 0; i < n && r >= 0; i++, use++)
		if (!is_network(use->kind))
			r = uses_add(&others, pf, use->kind, use->what, use->via, use->is_vital);
	uses_sort(&others);
	return r < 0 ? r : refuse_uses(host, &others, pf, allowed, when, refusals);
}

/* Can it have VFs at all, and so many? */
static int check_ability(const struct device *pf, const struct vf_set *wish, enum request_when when, struct refusals *refusals)
{
	const char *address = pf->address;

	if (pf->physical_function)
		return refusals_add(refusals, address, RULE, "", "%s is a VF itself; its PF is %s", address, pf->physical_function);
	if (!pf->max_vfs && pf->capabilities.sriov_vfs)
		return refusals_add(refusals, address, RULE, "", "%s is made for %u VFs, but the kernel offers none: look for SR-IOV and 'Above 4G "
				    "Decoding' in the firmware's set-up", address, pf->capabilities.sriov_vfs);
	if (!pf->max_vfs)
		return refusals_add(refusals, address, RULE, "", "%s can have no VFs: it has no SR-IOV (sriov_totalvfs)", address);
	if (wish->count > pf->max_vfs)
		return refusals_add(refusals, address, RULE, "", "%s can have %u VFs (sriov_totalvfs), and %u are asked for", address, pf->max_vfs,
				    wish->count);
	if (when == REQUEST_NOW && !pf->driver)
		return refusals_add(refusals, address, RULE, "", "%s has no driver, and its driver is what makes VFs; load it (modprobe), or say "
				    "--no-live", address);
	if (device_is_on_vfio(pf))
		return refusals_add(refusals, address, RULE, "", "%s is on %s, for a guest; 'slipway release %s' gives it back to the driver that "
				    "makes VFs", address, pf->driver, address);
	return 0;
}

int vf_removal_check(const struct host *host, const struct uses *uses, const struct device *pf, const struct allowances *allowed,
		     struct refusals *refusals)
{
	int r = 0;

	for (char **address = pf->virtual_functions; address && *address && r >= 0; address++) {
		const struct device *vf = devices_find(&host->devices, *address);

		if (vf)
			r = refuse_uses(host, uses, vf, allowed, REQUEST_NOW, refusals);
	}
	return r;
}

static int check_now(const struct host *host, const struct uses *uses, const struct device *pf, const struct vf_set *now,
		     const struct vf_set *wish, const struct allowances *allowed, struct refusals *refusals, char ***cautions)
{
	int r;

	r = vf_removal_check(host, uses, pf, allowed, refusals);
	/* With as many VFs as before only MAC and VLAN change, and the port is not touched. */
	if (r >= 0 && now->count != wish->count)
		r = check_port(host, uses, pf, allowed, refusals, cautions);
	if (r >= 0 && now->count != wish->count && wish->count)
		r = check_others(host, uses, pf, allowed, REQUEST_NOW, refusals);
	return r;
}

int vf_request_check(const struct host *host, const struct uses *uses, const struct device *pf, const struct vf_set *now,
		     const struct vf_set *wish, const struct allowances *allowed, enum request_when when, struct refusals *ret,
		     char ***ret_cautions)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(strv_freep) char **cautions = NULL;
	int r;

	r = allowances_check(host, uses, allowed, &refusals);
	if (r >= 0)
		r = check_ability(pf, wish, when, &refusals);
	if (r >= 0 && !refusals.n && when == REQUEST_NOW)
		r = check_now(host, uses, pf, now, wish, allowed, &refusals, &cautions);
	else if (r >= 0 && !refusals.n && wish->count)
		r = check_others(host, uses, pf, allowed, when, &refusals);
	if (r >= 0 && wish->count && !iommu_is_on(&host->iommu))
		r = strv_add(&cautions, "the IOMMU is off, and without it no guest can have a VF; 'slipway audit' names the reason");
	if (r < 0)
		return r == -ENOMEM ? log_oom() : r;
	*ret = TAKE(refusals);
	*ret_cautions = TAKE(cautions);
	return 0;
}
