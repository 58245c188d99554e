/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two functions' capabilities compared, field by field: what pads them may differ. */

#include "tests/fuzz/capabilities.h"

bool fuzz_capabilities_are_same(const struct capabilities *a, const struct capabilities *b)
{
	return a->is_multifunction == b->is_multifunction && a->has_interrupt_pin == b->has_interrupt_pin &&
	       a->is_known == b->is_known && a->is_complete == b->is_complete && a->is_pcie == b->is_pcie &&
	       a->pcie_type == b->pcie_type && a->has_flr == b->has_flr && a->msi_vectors == b->msi_vectors &&
	       a->msix_vectors == b->msix_vectors && a->msi_enabled == b->msi_enabled && a->msix_enabled == b->msix_enabled &&
	       a->has_acs == b->has_acs && a->acs_supported == b->acs_supported && a->acs_enabled == b->acs_enabled &&
	       a->sriov_vfs == b->sriov_vfs && a->has_serial == b->has_serial && a->serial == b->serial;
}
