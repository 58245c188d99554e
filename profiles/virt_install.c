/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virt-install's command line: the guest of a profile in the words of virt-install(1), for those who work with that. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "profiles/parts.h"
#include "profiles/virt_install.h"

void virt_install_done(struct virt_install *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->list[i].value);
	free(v->list);
	strv_free(v->unsaid);
	*v = (struct virt_install){};
}

/* --- words --- */

/* Takes the value, which may be NULL for a switch. */
static void say_word(struct virt_install *v, const char *name, char *value)
{
	struct virt_option *list = reallocarray(v->list, v->n + 1, sizeof(*list));

	if (!list) {
		free(value);
		v->failed = true;
		return;
	}
	v->list = list;
	list[v->n++] = (struct virt_option){ .name = name, .value = value };
}

static void __attribute__((format(printf, 3, 4))) say(struct virt_install *v, const char *name, const char *format, ...)
{
	char *value = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&value, format, ap) < 0)
		v->failed = true;
	else
		say_word(v, name, value);
	va_end(ap);
}

static void say_text(struct virt_install *v, const char *name, struct text *t)
{
	char *value = text_take(t);

	if (value)
		say_word(v, name, value);
	else
		v->failed = true;
}

static void leave_unsaid(struct virt_install *v, const char *sentence)
{
	if (strv_add(&v->unsaid, sentence) < 0)
		v->failed = true;
}

/* A sub-option whose value needs no care, such as "cache=none". */
static void __attribute__((format(printf, 2, 3))) sub(struct text *t, const char *format, ...)
{
	va_list ap;
	_cleanup_free_ char *word = NULL;

	va_start(ap, format);
	if (vasprintf(&word, format, ap) < 0) {
		word = NULL;
		t->failed = true;
	}
	va_end(ap);
	if (word) {
		text_append(t, t->size ? "," : "");
		text_append(t, word);
	}
}

/* One whose value is data. virt-install cuts at commas with Python's shlex, where quotes and a backslash inside double ones count. */
static void sub_data(struct text *t, const char *key, const char *value)
{
	_cleanup_(text_done) struct text quoted = {};
	bool needs = strpbrk(value, ",\"'\\") != NULL;

	text_append(&quoted, needs ? "\"" : "");
	for (const char *s = value; *s; s++) {
		if (needs && (*s == '"' || *s == '\\'))
			text_append(&quoted, "\\");
		text_append_bytes(&quoted, s, 1);
	}
	text_append(&quoted, needs ? "\"" : "");
	if (quoted.failed)
		t->failed = true;
	else
		sub(t, "%s=%s", key, quoted.data ? quoted.data : "");
}

/*
 * The same of what becomes an attribute: virt-install 4 escapes the text itself (virtinst/xmlbuilder.py), and libxml2 escapes
 * that again when it sets one.
 */
static void sub_attribute(struct virt_install *v, struct text *t, const char *key, const char *value)
{
	_cleanup_free_ char *sentence = NULL;

	sub_data(t, key, value);
	if (!strpbrk(value, "&<>\"'"))
		return;
	sentence = text_format("%s as it is, since it writes & < > \" and ' wrong there: %s; correct it by 'virsh edit', or take another name", key, value);
	if (sentence)
		leave_unsaid(v, sentence);
	else
		v->failed = true;
}

/* --- the guest --- */

/* virt-install itself takes no blank in a name, and libvirt does. */
static void say_name(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (!strchr(b->options.name, ' ')) {
		say(v, "--name", "%s", b->options.name);
		return;
	}
	sub(&t, "xpath.set=./name");
	sub_data(&t, "xpath.value", b->options.name);
	say_text(v, "--xml", &t);
}

static void say_machine(const struct build *b, struct virt_install *v)
{
	say(v, "--virt-type", "%s", b->options.type == GUEST_KVM ? "kvm" : "qemu");
	say(v, "--arch", "%s", b->platform->architecture);
	say(v, "--machine", "%s", b->machine);
	say(v, "--osinfo", "generic");
}

static void say_memory(const struct build *b, struct virt_install *v)
{
	static const char *const pages[] = { [HUGEPAGES_1M] = "size=1,hugepages.page0.unit=MiB", [HUGEPAGES_2M] = "size=2,hugepages.page0.unit=MiB",
					     [HUGEPAGES_1G] = "size=1,hugepages.page0.unit=GiB" };
	const struct guest_options *o = &b->options;

	if (o->max_memory > o->memory)
		say(v, "--memory", "%u,maxMemory=%u,maxMemory.slots=" MEMORY_SLOTS, o->memory, o->max_memory);
	else
		say(v, "--memory", "%u", o->memory);
	if (b->pages != HUGEPAGES_OFF)
		say(v, "--memorybacking", "hugepages=on,hugepages.page0.%s", pages[b->pages]);
}

static void say_cpus(const struct build *b, struct virt_install *v)
{
	const struct guest_options *o = &b->options;
	_cleanup_(text_done) struct text t = {};

	sub(&t, "%u", o->vcpus);
	if (o->max_vcpus > o->vcpus)
		sub(&t, "maxvcpus=%u", o->max_vcpus);
	if (b->placement.cpus)
		sub(&t, "cpuset=%s", b->placement.cpus);
	sub(&t, "sockets=1,cores=%u,threads=1", o->max_vcpus);
	say_text(v, "--vcpus", &t);
	if (o->iothreads)
		say(v, "--iothreads", "%u", o->iothreads);
}

static void say_tuning(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (!b->placement.cpus)
		return;
	sub(&t, "emulatorpin.cpuset=%s", b->placement.emulator_cpus);
	for (unsigned i = 0; i < b->options.iothreads; i++)
		sub(&t, "iothreadpin%u.iothread=%u,iothreadpin%u.cpuset=%s", i, i + 1, i, b->placement.emulator_cpus);
	say_text(v, "--cputune", &t);
	say(v, "--numatune", "%d,mode=strict", b->placement.node);
}

static void say_cpu(const struct build *b, struct virt_install *v)
{
	const struct guest_options *o = &b->options;
	_cleanup_(text_done) struct text t = {};

	if (o->type == GUEST_KVM)
		sub(&t, "host-passthrough,check=none,migratable=on");
	else if (b->platform->emulated_model)
		sub(&t, "%s,match=exact,check=none,model.fallback=forbid", b->platform->emulated_model);
	else
		sub(&t, "mode=maximum,check=none");
	for (size_t i = 0; o->type != GUEST_KVM && b->platform->emulated_model && emulated_features[i]; i++)
		sub(&t, "require=%s", emulated_features[i]);
	if (o->max_memory > o->memory) {
		sub(&t, o->max_vcpus > 1 ? "numa.cell0.id=0,numa.cell0.cpus=0-%u" : "numa.cell0.id=0,numa.cell0.cpus=%u", o->max_vcpus - 1);
		sub(&t, "numa.cell0.memory=%u,numa.cell0.unit=MiB", o->memory);
	}
	say_text(v, "--cpu", &t);
}

static void say_boot(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (b->firmware.code) {
		sub_data(&t, "loader", b->firmware.code);
		sub(&t, "loader.readonly=yes,loader.type=pflash,loader.secure=%s", b->options.secure_boot ? "yes" : "no");
		sub_attribute(v, &t, "nvram.template", b->firmware.nvram);
	} else if (b->platform->firmware) {
		sub(&t, "bios.useserial=yes");
	}
	/* Libvirt knows the QEMU of the host by itself. */
	if (b->options.emulator)
		sub_data(&t, "emulator", b->emulator);
	if (t.size)
		say_text(v, "--boot", &t);
}

static void say_features(const struct build *b, struct virt_install *v)
{
	if (b->options.kvm_hidden)
		say(v, "--features", "kvm.hidden.state=on");
	if (b->options.secure_boot)
		say(v, "--features", "smm.state=on");
	if (b->options.secure_execution)
		say(v, "--launchSecurity", "type=s390-pv");
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
	sub(t, "type=volume");
	sub_attribute(v, t, "source.pool", pool);
	sub_attribute(v, t, "source.volume", slash + 1);
}

static void say_disk(const struct build *b, struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	if (!b->options.disk) {
		say(v, "--disk", "none");
		return;
	}
	if (b->disk.is_volume)
		sub_volume(v, &t, b->options.disk);
	else
		sub_attribute(v, &t, "path", b->options.disk);
	sub(&t, "driver.type=%s,bus=virtio,cache=none,io=%s,discard=unmap", b->disk.format, b->options.disk_io == DISK_IO_URING ? "io_uring" : "native");
	if (b->options.iothreads)
		sub(&t, "driver.iothread=1");
	sub(&t, "boot.order=1%s", iommu_word(b));
	say_text(v, "--disk", &t);
}

static void say_network(const struct build *b, struct virt_install *v)
{
	const struct guest_options *o = &b->options;
	_cleanup_(text_done) struct text t = {};

	if (!o->bridge && !o->macvtap && !o->network) {
		say(v, "--network", "none");
		return;
	}
	if (o->macvtap && !o->bridge)
		sub(&t, "type=direct,source.mode=bridge");
	sub_attribute(v, &t, o->bridge ? "bridge" : o->macvtap ? "source" : "network", o->bridge ? o->bridge : o->macvtap ? o->macvtap : o->network);
	sub(&t, "model=virtio%s", iommu_word(b));
	if (o->queues > 1)
		sub(&t, "driver.queues=%u", o->queues);
	if (b->firmware.code)
		sub(&t, "xpath1.set=./rom/@enabled=no");
	say_text(v, "--network", &t);
}

static void say_console(const struct build *b, struct virt_install *v)
{
	bool is_serial = b->platform->has_ports;
	_cleanup_(text_done) struct text t = {};

	sub(&t, "pty");
	if (!is_serial)
		sub(&t, "target.type=sclp");
	if (b->options.console_log) {
		sub_attribute(v, &t, "log.file", b->options.console_log);
		sub(&t, "log.append=on");
	}
	say_text(v, is_serial ? "--serial" : "--console", &t);
	if (b->options.graphics == GRAPHICS_NONE) {
		say(v, "--graphics", "none");
		return;
	}
	say(v, "--graphics", "vnc,listen=127.0.0.1");
	say(v, "--video", "%s", b->firmware.code ? "virtio" : "vga");
	say(v, "--sound", "none");
	say(v, "--input", "none");
}

static void say_helpers(const struct build *b, struct virt_install *v)
{
	if (b->options.secure_execution)
		say(v, "--controller", "virtio-serial,index=0,driver.iommu=on");
	say(v, "--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0");
	say(v, "--rng", "/dev/urandom%s", iommu_word(b));
	say(v, "--tpm", "%s", b->options.tpm ? "emulator,model=tpm-crb,version=2.0" : "none");
	say(v, "--memballoon", "none");
	if (!b->platform->has_ports)
		return;
	say(v, "--controller", "usb,model=none");
	say(v, "--controller", "num_pcie_root_ports=%u", b->n_ports + b->options.spare_ports);
}

static void say_rest(const struct build *b, struct virt_install *v)
{
	if (b->window)
		say(v, "--qemu-commandline", "-fw_cfg %s%u", WINDOW_OPTION, b->window);
	if (b->options.autostart)
		say_word(v, "--autostart", NULL);
	if (b->options.disk)
		say_word(v, "--import", NULL);
	else
		say(v, "--install", "no_install=yes");
	say_word(v, "--noautoconsole", NULL);
	leave_unsaid(v, "the note in the definition's metadata that tells which profile of slipway and which firmware descriptor it came of");
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
	say(&v, "--connect", "%s", uri);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](&b, &v);
	if (v.failed)
		return log_oom();
	*ret = TAKE(v);
	return 0;
}

/* --- as a command --- */

/* The words of one option: a value that begins with '-' would be taken for another option. */
static int option_words(const struct virt_option *o, char ***words)
{
	if (o->value && *o->value == '-')
		return strv_consume(words, text_format("%s=%s", o->name, o->value));
	if (strv_add(words, o->name) < 0)
		return -ENOMEM;
	return o->value ? strv_add(words, o->value) : 0;
}

int virt_install_words(const struct virt_install *v, char ***ret)
{
	_cleanup_(strv_freep) char **words = NULL;

	if (strv_add(&words, "virt-install") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < v->n; i++)
		if (option_words(&v->list[i], &words) < 0)
			return -ENOMEM;
	*ret = TAKE(words);
	return 0;
}

char *virt_install_format(const struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	text_append(&t, "virt-install");
	for (size_t i = 0; i < v->n; i++) {
		_cleanup_(strv_freep) char **words = NULL;
		_cleanup_free_ char *line = NULL;

		if (option_words(&v->list[i], &words) < 0)
			return NULL;
		line = process_format(words);
		if (!line)
			return NULL;
		text_append(&t, " \\\n    ");
		text_append(&t, line);
	}
	text_append(&t, "\n");
	return text_take(&t);
}
