/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this system runs on: the bare machine, a partition of it, or somebody's virtual machine. */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/cpu.h"
#include "detect/cpu_live.h"
#include "detect/environment.h"

#define XENFEAT_DOM0 11 /* bit of /sys/hypervisor/properties/features (include/xen/interface/features.h) */

/* CPUID leaf 0x40000000, EBX ECX EDX. */
static const struct {
	const char *signature, *name;
} signatures[] = {
	{ "KVMKVMKVM", "KVM" },     { "Linux KVM Hv", "KVM" },         { "TCGTCGTCGTCG", "QEMU without KVM" },
	{ "VMwareVMware", "VMware" }, { "Microsoft Hv", "Hyper-V" },   { "XenVMMXenVMM", "Xen" },
	{ "VBoxVBoxVBox", "VirtualBox" }, { "bhyve bhyve ", "bhyve" }, { " lrpepyh  vr", "Parallels" },
	{ "ACRNACRNACRN", "ACRN" }, { "QNXQVMBSQG", "QNX" },           { "SRESRESRESRE", "Lockheed Martin LMHS" },
};

/* Where DMI names a hypervisor, sys_vendor or product_name begins so. */
static const struct {
	const char *word, *name;
} dmi_words[] = {
	{ "QEMU", "QEMU" },           { "KVM", "KVM" },        { "VMware", "VMware" }, { "innotek GmbH", "VirtualBox" },
	{ "VirtualBox", "VirtualBox" }, { "Virtual Machine", "Hyper-V" }, { "Xen", "Xen" }, { "Bochs", "Bochs" },
	{ "Parallels", "Parallels" }, { "BHYVE", "bhyve" },    { "RHEV Hypervisor", "KVM" }, { "OpenStack", "OpenStack" },
};

void environment_done(struct environment *e)
{
	free(e->of);
	free(e->path);
	free(e->value);
	free(e->machine_type);
	*e = (struct environment){};
}

const char *environment_name(enum environment_kind kind)
{
	static const char *const names[] = {
		[ENVIRONMENT_UNKNOWN] = "unknown",   [ENVIRONMENT_METAL] = "bare-metal", [ENVIRONMENT_LPAR] = "lpar",
		[ENVIRONMENT_XEN_DOM0] = "xen-dom0", [ENVIRONMENT_GUEST] = "guest",
	};

	return names[kind];
}

const char *hypervisor_name(const char *signature)
{
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (str_eq(signatures[i].signature, signature))
			return signatures[i].name;
	return NULL;
}

/* Sets what was found; `of` NULL: not known or not a guest. */
static int settle(struct environment *e, enum environment_kind kind, const char *of, const char *path, const char *value)
{
	e->kind = kind;
	e->of = of && *of ? strdup(of) : NULL;
	e->path = strdup(path);
	e->value = strdup(value);
	return e->path && e->value && (!of || !*of || e->of) ? 0 : -ENOMEM;
}

/* VM00 is the hypervisor right below us; a second level would be VM01. Without one the machine's partition is ours. */
int sysinfo_parse(const char *text, struct environment *e)
{
	_cleanup_(strv_freep) char **lines = NULL;
	const char *lpar = NULL;

	if (strv_split(text, "\n", &lines) < 0)
		return -ENOMEM;
	for (char **line = lines; line && *line; line++) {
		char *colon = strchr(*line, ':');

		if (!colon)
			continue;
		if (str_starts(*line, "Type:") && !e->machine_type) {
			e->machine_type = strdup(str_trim(colon + 1));
			if (!e->machine_type)
				return -ENOMEM;
		}
		if (str_starts(*line, "VM00 Control Program"))
			return settle(e, ENVIRONMENT_GUEST, str_trim(colon + 1), "/proc/sysinfo", str_trim(*line));
		if (str_starts(*line, "LPAR Name") || (str_starts(*line, "LPAR Number") && !lpar))
			lpar = *line;
	}
	return lpar ? settle(e, ENVIRONMENT_LPAR, NULL, "/proc/sysinfo", lpar) : 0;
}

static bool is_dom0(int root_fd)
{
	_cleanup_free_ char *capabilities = NULL, *features = NULL;
	uint64_t bits;

	if (fs_read(root_fd, &capabilities, NULL, "proc/xen/capabilities") >= 0 && strstr(capabilities, "control_d"))
		return true;
	return fs_read_line(root_fd, &features, "sys/hypervisor/properties/features") >= 0 && parse_hex(features, &bits) >= 0 &&
	       bits >> XENFEAT_DOM0 & 1;
}

static int read_xen(int root_fd, struct environment *e)
{
	_cleanup_free_ char *type = NULL;
	int r = fs_read_line(root_fd, &type, "sys/hypervisor/type");

	if (r == -ENOMEM)
		return r;
	/* /proc/xen/capabilities is only there where xenfs is mounted, and empty in a guest. */
	if (is_dom0(root_fd))
		return settle(e, ENVIRONMENT_XEN_DOM0, NULL, "/proc/xen/capabilities", "control_d");
	if (str_eq(type, "xen"))
		return settle(e, ENVIRONMENT_GUEST, "Xen", "/sys/hypervisor/type", type);
	return 0;
}

static int read_dmi(int root_fd, bool is_guest, struct environment *e)
{
	static const char *const names[] = { "sys_vendor", "product_name" };
	_cleanup_free_ char *first = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *value = NULL, *path = text_format("/sys/class/dmi/id/%s", names[i]);

		if (!path)
			return -ENOMEM;
		if (fs_read_line(root_fd, &value, "%s", path) < 0)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(dmi_words); j++)
			if (str_starts(value, dmi_words[j].word))
				return settle(e, ENVIRONMENT_GUEST, dmi_words[j].name, path, value);
		if (!first)
			first = TAKE(value);
	}
	/* A cloud's own name says more than nothing, where the CPU has said that this is a guest. */
	return is_guest ? settle(e, ENVIRONMENT_GUEST, first, "/proc/cpuinfo", "flags: hypervisor") : 0;
}

/* Only an x86 CPU tells reliably that nobody is below; elsewhere the absence of every hint proves nothing. */
static int read_x86(int root_fd, bool live, const struct cpu *cpu, struct environment *e)
{
	char signature[13];

	if (!cpu->is_guest)
		return settle(e, ENVIRONMENT_METAL, NULL, "/proc/cpuinfo", "flags: no hypervisor");
	if (live && cpuid_hypervisor(signature) && hypervisor_name(signature))
		return settle(e, ENVIRONMENT_GUEST, hypervisor_name(signature), "cpuid 0x40000000", signature);
	return read_dmi(root_fd, true, e);
}

static int read_other(int root_fd, struct environment *e)
{
	_cleanup_free_ char *compatible = NULL;

	if (fs_read_line(root_fd, &compatible, "proc/device-tree/hypervisor/compatible") >= 0)
		return settle(e, ENVIRONMENT_GUEST, strstr(compatible, "kvm") ? "KVM" : strstr(compatible, "xen") ? "Xen" : NULL,
			      "/proc/device-tree/hypervisor/compatible", compatible);
	return read_dmi(root_fd, false, e);
}

static enum truth read_flag(int root_fd, const char *path)
{
	_cleanup_free_ char *value = NULL;

	if (fs_read_line(root_fd, &value, "%s", path) < 0)
		return TRUTH_UNKNOWN;
	return str_eq(value, "1") ? TRUTH_YES : str_eq(value, "0") ? TRUTH_NO : TRUTH_UNKNOWN;
}

static int read_s390(int root_fd, struct environment *e)
{
	_cleanup_free_ char *text = NULL;

	e->secure_host = read_flag(root_fd, "sys/firmware/uv/prot_virt_host");
	e->secure_guest = read_flag(root_fd, "sys/firmware/uv/prot_virt_guest");
	e->huge_guests = read_flag(root_fd, "sys/module/kvm/parameters/hpage");
	return fs_read(root_fd, &text, NULL, "proc/sysinfo") < 0 ? 0 : sysinfo_parse(text, e);
}

int environment_read(int root_fd, bool live, const struct cpu *cpu, struct environment *ret)
{
	_cleanup_(environment_done) struct environment e = {};
	int r;

	r = cpu->vendor == CPU_S390 ? read_s390(root_fd, &e) : read_xen(root_fd, &e);
	if (r >= 0 && !e.path && (cpu->vendor == CPU_INTEL || cpu->vendor == CPU_AMD))
		r = read_x86(root_fd, live, cpu, &e);
	else if (r >= 0 && !e.path && cpu->vendor == CPU_OTHER)
		r = read_other(root_fd, &e);
	if (r < 0)
		return r;
	*ret = TAKE(e);
	return 0;
}
