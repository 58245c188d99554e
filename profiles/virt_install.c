/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virt-install's command line: the guest of a profile in the words of virt-install(1), for those who work with that. */

#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "profiles/parts.h"
#include "profiles/virt_install.h"

/* --- the guest --- */

/* virt-install itself takes no blank in a name, and libvirt does. */
static void say_name(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (!strchr(b->options.name, ' ')) {
		virt_say(v, "--name", "%s", b->options.name);
		return;
	}
	virt_sub(&t, "xpath.set=./name");
	virt_sub_data(&t, "xpath.value", b->options.name);
	virt_say_text(v, "--xml", &t);
}

static void say_machine(const struct build *b, struct virt_install *v)
{
	virt_say(v, "--virt-type", "%s", b->options.type == GUEST_KVM ? "kvm" : "qemu");
	virt_say(v, "--arch", "%s", b->platform->architecture);
	virt_say(v, "--machine", "%s", b->machine);
	virt_say(v, "--osinfo", "generic");
}

static void say_memory(const struct build *b, struct virt_install *v)
{
	static const char *const pages[] = { [HUGEPAGES_1M] = "size=1,hugepages.page0.unit=MiB", [HUGEPAGES_2M] = "size=2,hugepages.page0.unit=MiB",
					     [HUGEPAGES_1G] = "size=1,hugepages.page0.unit=GiB" };
	const struct guest_options *o = &b->options;

	if (o->max_memory > o->memory)
		virt_say(v, "--memory", "%u,maxMemory=%u,maxMemory.slots=" MEMORY_SLOTS, o->memory, o->max_memory);
	else
		virt_say(v, "--memory", "%u", o->memory);
	if (b->pages != HUGEPAGES_OFF)
		virt_say(v, "--memorybacking", "hugepages=on,hugepages.page0.%s", pages[b->pages]);
}

static void say_cpus(const struct build *b, struct virt_install *v)
{
	const struct guest_options *o = &b->options;
	_cleanup_(text_done) struct text t = {};

	virt_sub(&t, "%u", o->vcpus);
	if (o->max_vcpus > o->vcpus)
		virt_sub(&t, "maxvcpus=%u", o->max_vcpus);
	if (b->placement.cpus)
		virt_sub(&t, "cpuset=%s", b->placement.cpus);
	virt_sub(&t, "sockets=1,cores=%u,threads=1", o->max_vcpus);
	virt_say_text(v, "--vcpus", &t);
	if (o->iothreads)
		virt_say(v, "--iothreads", "%u", o->iothreads);
}

static void say_tuning(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (!b->placement.cpus)
		return;
	virt_sub(&t, "emulatorpin.cpuset=%s", b->placement.emulator_cpus);
	for (unsigned i = 0; i < b->options.iothreads; i++)
		virt_sub(&t, "iothreadpin%u.iothread=%u,iothreadpin%u.cpuset=%s", i, i + 1, i, b->placement.emulator_cpus);
	virt_say_text(v, "--cputune", &t);
	virt_say(v, "--numatune", "%d,mode=strict", b->placement.node);
}

static void say_cpu(const struct build *b, struct virt_install *v)
{
	const struct guest_options *o = &b->options;
	_cleanup_(text_done) struct text t = {};

	if (o->type == GUEST_KVM)
		virt_sub(&t, "host-passthrough,check=none,migratable=on");
	else if (b->platform->emulated_model)
		virt_sub(&t, "%s,match=exact,check=none,model.fallback=forbid", b->platform->emulated_model);
	else
		virt_sub(&t, "mode=maximum,check=none");
	for (size_t i = 0; o->type != GUEST_KVM && b->platform->emulated_model && emulated_features[i]; i++)
		virt_sub(&t, "require=%s", emulated_features[i]);
	if (o->max_memory > o->memory) {
		virt_sub(&t, o->max_vcpus > 1 ? "numa.cell0.id=0,numa.cell0.cpus=0-%u" : "numa.cell0.id=0,numa.cell0.cpus=%u", o->max_vcpus - 1);
		virt_sub(&t, "numa.cell0.memory=%u,numa.cell0.unit=MiB", o->memory);
	}
	virt_say_text(v, "--cpu", &t);
}

static void say_boot(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (b->firmware.code) {
		virt_sub_data(&t, "loader", b->firmware.code);
		virt_sub(&t, "loader.readonly=yes,loader.type=pflash,loader.secure=%s", b->options.secure_boot ? "yes" : "no");
		virt_sub_attribute(v, &t, "nvram.template", b->firmware.nvram);
	} else if (b->platform->firmware) {
		virt_sub(&t, "bios.useserial=yes");
	}
	/* Libvirt knows the QEMU of the host by itself. */
	if (b->options.emulator)
		virt_sub_data(&t, "emulator", b->emulator);
	if (t.size)
		virt_say_text(v, "--boot", &t);
}

static void say_features(const struct build *b, struct virt_install *v)
{
	if (b->options.kvm_hidden)
		virt_say(v, "--features", "kvm.hidden.state=on");
	if (b->options.secure_boot)
		virt_say(v, "--features", "smm.state=on");
	if (b->options.secure_execution)
		virt_say(v, "--launchSecurity", "type=s390-pv");
}

/* --- its devices --- */

static const char *iommu_word(const struct build *b)
{
	return b->options.secure_execution ? ",driver.iommu=on" : "";
}

/* virt-install's own vol=POOL/VOLUME would put in the path that the volume has today. */
static void sub_volume(struct virt_install *v, struct text *t, const char *disk)
{
	const char *slash = strchr(disk, '/');
	_cleanup_free_ char *pool = strndup(disk, (size_t)(slash - disk));

	if (!pool) {
		v->failed = true;
		return;
	}
	virt_sub(t, "type=volume");
	virt_sub_attribute(v, t, "source.pool", pool);
	virt_sub_attribute(v, t, "source.volume", slash + 1);
}

static void say_disk(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (!b->options.disk) {
		virt_say(v, "--disk", "none");
		return;
	}
	if (b->disk.is_volume)
		sub_volume(v, &t, b->options.disk);
	else
		virt_sub_attribute(v, &t, "path", b->options.disk);
	virt_sub(&t, "driver.type=%s,bus=virtio,cache=none,io=%s,discard=unmap", b->disk.format, b->options.disk_io == DISK_IO_URING ? "io_uring" : "native");
	if (b->options.iothreads)
		virt_sub(&t, "driver.iothread=1");
	virt_sub(&t, "boot.order=1%s", iommu_word(b));
	virt_say_text(v, "--disk", &t);
}

static void say_network(const struct build *b, struct virt_install *v)
{
	const struct guest_options *o = &b->options;
	_cleanup_(text_done) struct text t = {};

	if (!o->bridge && !o->macvtap && !o->network) {
		virt_say(v, "--network", "none");
		return;
	}
	if (o->macvtap && !o->bridge)
		virt_sub(&t, "type=direct,source.mode=bridge");
	virt_sub_attribute(v, &t, o->bridge ? "bridge" : o->macvtap ? "source" : "network", o->bridge ? o->bridge : o->macvtap ? o->macvtap : o->network);
	virt_sub(&t, "model=virtio%s", iommu_word(b));
	if (o->queues > 1)
		virt_sub(&t, "driver.queues=%u", o->queues);
	if (b->firmware.code)
		virt_sub(&t, "xpath1.set=./rom/@enabled=no");
	virt_say_text(v, "--network", &t);
}

static void say_console(const struct build *b, struct virt_install *v)
{
	bool is_serial = b->platform->has_ports;
	_cleanup_(text_done) struct text t = {};

	virt_sub(&t, "pty");
	if (!is_serial)
		virt_sub(&t, "target.type=sclp");
	if (b->options.console_log) {
		virt_sub_attribute(v, &t, "log.file", b->options.console_log);
		virt_sub(&t, "log.append=on");
	}
	virt_say_text(v, is_serial ? "--serial" : "--console", &t);
	if (b->options.graphics == GRAPHICS_NONE) {
		virt_say(v, "--graphics", "none");
		return;
	}
	virt_say(v, "--graphics", "vnc,listen=127.0.0.1");
	virt_say(v, "--video", "%s", b->firmware.code ? "virtio" : "vga");
	virt_say(v, "--sound", "none");
	virt_say(v, "--input", b->options.usb ? "tablet,bus=usb" : "none");
}

static void say_helpers(const struct build *b, struct virt_install *v)
{
	if (b->options.secure_execution)
		virt_say(v, "--controller", "virtio-serial,index=0,driver.iommu=on");
	virt_say(v, "--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0");
	virt_say(v, "--rng", "/dev/urandom%s", iommu_word(b));
	virt_say(v, "--tpm", "%s", b->options.tpm ? "emulator,model=tpm-crb,version=2.0" : "none");
	virt_say(v, "--memballoon", "none");
	if (!b->platform->has_ports)
		return;
	virt_say(v, "--controller", "usb,model=%s", b->options.usb ? "qemu-xhci" : "none");
	virt_say(v, "--controller", "num_pcie_root_ports=%u", b->n_ports + b->options.spare_ports);
}

static void say_rest(const struct build *b, struct virt_install *v)
{
	if (b->window)
		virt_say(v, "--qemu-commandline", "-fw_cfg %s%u", WINDOW_OPTION, b->window);
	if (b->options.autostart)
		virt_say_word(v, "--autostart", NULL);
	if (b->options.disk)
		virt_say_word(v, "--import", NULL);
	else
		virt_say(v, "--install", "no_install=yes");
	virt_say_word(v, "--noautoconsole", NULL);
	virt_leave_unsaid(v, "the note in the definition's metadata that tells which profile of slipway and which firmware descriptor it came of");
}

int profile_virt_install(const struct host *host, const struct guest_wish *wish, const char *uri, struct choices *choices, struct virt_install *ret)
{
	static void (*const parts[])(const struct build *b, struct virt_install *v) = {
		say_name, say_machine, say_memory, say_cpus, say_tuning, say_cpu, say_boot, say_features, say_disk, say_network, say_console, say_helpers,
		say_rest,
	};
	_cleanup_(virt_install_done) struct virt_install v = {};
	_cleanup_(build_done) struct build b = {};
	int r;

	r = build_make(host, wish, choices, &b);
	if (r < 0)
		return r;
	virt_say(&v, "--connect", "%s", uri);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](&b, &v);
	if (v.failed)
		return log_oom();
	*ret = TAKE(v);
	return 0;
}
