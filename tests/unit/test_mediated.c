/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices: who offers them, which there are, which are defined, who has one, and what is missing. */

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define GPU "0000:00:02.0"
#define GPU_FOLDER "sys/devices/pci0000:00/" GPU
#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define TWO "c2177883-f1bb-47f0-914d-32a22e3a8804"

static void a_gpu(struct tree *t)
{
	static const char *const mounts[] = { "1:0 /dev/ram0 / ext4", NULL };

	tree_new(t);
	tree_pci(t, GPU, "030000", "8086:3e92", 3);
	tree_driver(t, GPU, "i915");
	tree_link(t, "sys/class/mdev_bus/" GPU, "../../devices/pci0000:00/" GPU);
	tree_put(t, GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_8/available_instances", "2\n");
	tree_put(t, GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/available_instances", "1\n");
	tree_put(t, GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/name", "GVTg_V5_4\n");
	tree_put(t, GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/description", "low_gm_size: 128MB\nweight: 4\n");
	tree_put(t, GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/device_api", "vfio-pci\n");
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
	tree_mounts(t, mounts);
	tree_put(t, "usr/sbin/mdevctl", "%s", "");
}

static void make_one(struct tree *t)
{
	tree_folder(t, GPU_FOLDER "/" ONE);
	tree_link(t, GPU_FOLDER "/" ONE "/mdev_type", "../mdev_supported_types/i915-GVTg_V5_4");
	tree_link(t, GPU_FOLDER "/" ONE "/iommu_group", "/sys/kernel/iommu_groups/12");
	tree_link(t, "sys/bus/mdev/devices/" ONE, "../../../devices/pci0000:00/" GPU "/" ONE);
}

static const struct mediated_parent *parent(const struct tree *t, const char *name)
{
	for (size_t i = 0; i < t->host.mediated.n; i++)
		if (str_eq(t->host.mediated.list[i].name, name))
			return &t->host.mediated.list[i];
	return NULL;
}

static enum verdict judged(const struct tree *t, char **ret_summary)
{
	_cleanup_(report_done) struct report report = {};
	const struct finding *f;

	if (audit_run(&t->host, NULL, &report) < 0)
		abort();
	f = report_find(&report, "software.mediated");
	free(*ret_summary);
	*ret_summary = text_format("%s | %s", f->summary, f->remedy ? f->remedy : "");
	return f->verdict;
}

TEST(a_card_offers_types_with_what_its_driver_says_of_them)
{
	const struct mediated_parent *p;
	_cleanup_tree_ struct tree t;

	a_gpu(&t);
	CHECK(tree_read(&t) == 0);
	p = parent(&t, GPU);
	CHECK(p && p->is_present && str_eq(p->function, GPU) && p->n_types == 2 && p->n_devices == 0);
	CHECK(p == mediated_find(&t.host.mediated, GPU) && !mediated_find(&t.host.mediated, "0000:00:03.0"));
	CHECK_STR(p->types[0].id, "i915-GVTg_V5_4");
	CHECK_STR(p->types[0].name, "GVTg_V5_4");
	CHECK_STR(p->types[0].api, "vfio-pci");
	CHECK_HAS(p->types[0].description, "low_gm_size: 128MB,weight: 4");
	CHECK(p->types[0].available == 1 && p->types[1].available == 2 && !p->types[1].name);
	tree_put(&t, GPU_FOLDER "/mdev_supported_types/i915-GVTg_V5_4/available_instances", "many\n");
	CHECK(tree_read(&t) == 0 && parent(&t, GPU)->types[0].available == -1);
}

TEST(what_is_there_and_what_is_defined_is_one_device)
{
	const struct mediated_parent *p;
	_cleanup_tree_ struct tree t;

	a_gpu(&t);
	make_one(&t);
	tree_put(&t, "etc/mdevctl.d/" GPU "/" ONE, "{\"mdev_type\": \"i915-GVTg_V5_4\", \"start\": \"auto\", \"attrs\": []}\n");
	tree_put(&t, "etc/mdevctl.d/" GPU "/" TWO, "{\"mdev_type\": \"i915-GVTg_V5_8\", \"start\": \"manual\"}\n");
	tree_put(&t, "etc/mdevctl.d/scripts.d/README", "no device\n");
	CHECK(tree_read(&t) == 0 && t.host.mediated.n == 1);
	p = parent(&t, GPU);
	CHECK(p->n_devices == 2);
	CHECK_STR(p->devices[0].uuid, ONE);
	CHECK(p->devices[0].is_active && p->devices[0].is_defined && p->devices[0].starts_itself && p->devices[0].iommu_group == 12);
	CHECK_STR(p->devices[1].type, "i915-GVTg_V5_8");
	CHECK(!p->devices[1].is_active && p->devices[1].is_defined && !p->devices[1].starts_itself && p->devices[1].iommu_group == -1);
}

TEST(a_definition_that_is_none_is_still_known)
{
	static const char *const texts[] = { "", "{", "[]", "{\"mdev_type\": 5}", "\"x\"", "{\"start\": [\"auto\"]}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct mediated_parent *p;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "etc/mdevctl.d/matrix/" ONE, "%s", texts[i]);
		CHECK_ROW(texts[i], tree_read(&t) == 0);
		p = parent(&t, "matrix");
		CHECK_ROW(texts[i], p && !p->is_present && p->n_devices == 1 && p->devices[0].is_defined && !p->devices[0].starts_itself);
	}
}

/* Without the card's driver there would be no part of it. */
TEST(a_card_of_which_a_guest_has_a_part_is_in_use)
{
	const struct use *use;
	_cleanup_tree_ struct tree t;

	a_gpu(&t);
	make_one(&t);
	CHECK(tree_read(&t) == 0 && !tree_use(&t, GPU, USE_VFIO, ""));
	tree_put(&t, "proc/4711/comm", "qemu-system-x86\n");
	tree_link(&t, "proc/4711/fd/31", "/dev/vfio/12");
	CHECK(tree_read(&t) == 0);
	use = tree_use(&t, GPU, USE_VFIO, "process 4711 (qemu-system-x86) has /dev/vfio/12 open");
	CHECK(use);
	CHECK_STR(use->via, "mediated device " ONE);
}

TEST(the_audit_says_what_is_missing_only_where_something_can_be_mediated)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	a_gpu(&t);
	CHECK(tree_read(&t) == 0 && judged(&t, &said) == VERDICT_PASS);
	tree_remove(&t, "usr/sbin/mdevctl");
	CHECK(tree_read(&t) == 0 && judged(&t, &said) == VERDICT_WARN);
	CHECK_HAS(said, "mdevctl is not installed");
	tree_remove(&t, "sys/class/mdev_bus");
	CHECK(tree_read(&t) == 0 && judged(&t, &said) == VERDICT_SKIP);
	tree_put(&t, "etc/mdevctl.d/" GPU "/" ONE, "{\"mdev_type\": \"i915-GVTg_V5_4\"}\n");
	CHECK(tree_read(&t) == 0 && judged(&t, &said) == VERDICT_WARN);
	CHECK_HAS(said, "1 of 1 parents of mediated devices offers none now");
}

/* s390x: a crypto card with two queues, a disk, and a subchannel of virtio, which nobody can give away. */
static void a_mainframe(struct tree *t)
{
	tree_new(t);
	tree_put(t, "proc/cpuinfo", "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch sie\n");
	tree_put(t, "proc/sys/kernel/osrelease", "6.1.0\n");
	tree_put(t, "usr/sbin/mdevctl", "%s", "");
	tree_put(t, "sys/bus/ap/devices/card05/type", "13\n");
	tree_put(t, "sys/bus/ap/devices/05.0004/online", "1\n");
	tree_put(t, "sys/bus/ap/devices/05.0005/online", "1\n");
	tree_link(t, "sys/bus/css/devices/0.0.0003", "../../../devices/css0/0.0.0003");
	tree_link(t, "sys/devices/css0/0.0.0003/0.0.1234/driver", "../../../../bus/ccw/drivers/dasd-eckd");
	tree_link(t, "sys/bus/css/devices/0.0.0004", "../../../devices/css0/0.0.0004");
	tree_link(t, "sys/devices/css0/0.0.0004/0.0.0001/driver", "../../../../bus/ccw/drivers/virtio_ccw");
	tree_put(t, "lib/modules/6.1.0/modules.dep", "%s", "");
}

TEST(queues_and_disks_of_a_mainframe_want_their_drivers)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	a_mainframe(&t);
	CHECK(tree_read(&t) == 0);
	CHECK(t.host.mediated.ap_queues == 2 && t.host.mediated.dasds == 1 && t.host.mediated.n == 0);
	CHECK(judged(&t, &said) == VERDICT_WARN);
	CHECK_HAS(said, "this kernel has no vfio_ap and no vfio_ccw, so crypto queues and DASDs cannot be given to guests");
	tree_put(&t, "sys/module/vfio_ap/initstate", "live\n");
	CHECK(tree_read(&t) == 0 && judged(&t, &said) == VERDICT_WARN);
	CHECK_HAS(said, "this kernel has no vfio_ccw, so DASDs cannot");
	tree_put(&t, "sys/module/vfio_ccw/initstate", "live\n");
	tree_link(&t, "sys/class/mdev_bus/matrix", "../../devices/vfio_ap/matrix");
	tree_put(&t, "sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/available_instances", "65536\n");
	tree_link(&t, "sys/class/mdev_bus/0.0.0003", "../../devices/css0/0.0.0003");
	tree_put(&t, "sys/devices/css0/0.0.0003/mdev_supported_types/vfio_ccw-io/available_instances", "1\n");
	CHECK(tree_read(&t) == 0 && judged(&t, &said) == VERDICT_PASS);
	CHECK(t.host.mediated.n == 2 && !parent(&t, "matrix")->function && parent(&t, "0.0.0003")->types[0].available == 1);
	/* No x86 word there. */
	tree_remove(&t, "sys/class/mdev_bus");
	tree_put(&t, "etc/mdevctl.d/matrix/" ONE, "{\"mdev_type\": \"vfio_ap-passthrough\"}\n");
	CHECK(tree_read(&t) == 0 && judged(&t, &said) == VERDICT_WARN);
	CHECK_HAS(said, "modprobe vfio_ap, vfio_ccw)");
}

TEST_MAIN()
