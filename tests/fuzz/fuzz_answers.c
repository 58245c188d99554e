/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel and a drive answer in binary: a port's VFs by rtnetlink, the controllers of an NVMe drive with SR-IOV. */

#include "passthrough/vf_link.h"
#include "passthrough/vf_nvme.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_(vf_set_done) struct vf_set set = VF_SET_EMPTY;
	_cleanup_free_ uint8_t *bytes = malloc(size ? size : 1);
	uint8_t answer[NVME_IDENTIFY_BYTES] = {};
	struct nvme_secondary secondary;
	struct nvme_primary primary;
	unsigned each, kept;

	CHECK(bytes);
	memcpy(bytes, data, size);
	if (vf_link_parse(bytes, size, &set) == 0)
		for (size_t i = 1; i < set.n; i++)
			CHECK(set.list[i - 1].number < set.list[i].number);
	memcpy(answer, data, size < sizeof(answer) ? size : sizeof(answer));
	nvme_primary_parse(answer, &primary);
	(void)nvme_secondary_find(answer, size ? data[0] : 0, &secondary);
	for (unsigned count = 1; count < 300; count += 37)
		if (nvme_share(&primary.queues, count, 2, &each, &kept))
			CHECK((!primary.queues.most || each <= primary.queues.most) && (uint64_t)each * count + kept <= primary.queues.total);
	return 0;
}
