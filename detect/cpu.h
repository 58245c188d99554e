/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU: who made it, and can it run guests in hardware (VMX, SVM, SIE)? */
#pragma once

#include <stdbool.h>

#include "detect/truth.h"

enum cpu_vendor { CPU_OTHER, CPU_INTEL, CPU_AMD, CPU_S390 };

/* Can guests run in hardware? LOCKED: the CPU could, and the firmware has switched it off. */
enum virtualization { VIRTUALIZATION_UNKNOWN, VIRTUALIZATION_AVAILABLE, VIRTUALIZATION_PARTIAL, VIRTUALIZATION_LOCKED, VIRTUALIZATION_ABSENT };

struct cpu {
	enum cpu_vendor vendor;
	char *vendor_id;        /* as /proc/cpuinfo writes it; NULL where it names none (Arm, RISC-V) */
	char *model;
	char *first;            /* /proc/cpuinfo up to its first empty line: the first CPU's fields, of s390x those of all */
	const char *flag;       /* static: the flag that stands for virtualization here, "vmx", "svm" or "sie"; NULL for CPU_OTHER */
	unsigned n_cpus;        /* online CPUs that /proc/cpuinfo lists */
	unsigned n_capable;     /* those that have the flag */
	bool is_guest;          /* the hypervisor flag: we run inside a virtual machine */
	bool flag_unprintable;  /* an s390x kernel too old to print "sie": its absence says nothing */
	enum truth cpuid_has;   /* live on x86: the CPU itself says that it has VMX or SVM */
	enum truth msr_locked;  /* live, root, module msr: the firmware has locked it off */
	enum truth nested;      /* guests may run guests: the parameter "nested" of kvm_intel, kvm_amd or kvm */
	const char *nested_module; /* static: the module that has it, "kvm_intel"; NULL: none is loaded */
	unsigned n_present, n_offline; /* of /sys/devices/system/cpu; 0 where that is not there. Offline CPUs are in no other count */
};

/* Reads /proc/cpuinfo below root_fd, and `live` asks the CPU, too. -ENOENT where there is no such file. */
int cpu_read(int root_fd, bool live, struct cpu *ret);
/* What /proc/cpuinfo alone says. */
int cpu_parse(const char *text, struct cpu *ret);
/* What the facts come to. */
enum virtualization cpu_virtualization(const struct cpu *cpu);
/* "available", "partial", "locked", "absent", "unknown" */
const char *virtualization_name(enum virtualization v);
void cpu_done(struct cpu *cpu);
