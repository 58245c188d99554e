/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU: who made it, and can it run guests in hardware (VMX, SVM, SIE)? */
#pragma once

#include <stdbool.h>

enum cpu_vendor { CPU_OTHER, CPU_INTEL, CPU_AMD, CPU_S390 };

struct cpu {
	enum cpu_vendor vendor;
	char *vendor_id;        /* as /proc/cpuinfo writes it; NULL where it names none (Arm, RISC-V) */
	char *model;
	const char *flag;       /* static: the flag that stands for virtualization here, "vmx", "svm" or "sie"; NULL for CPU_OTHER */
	unsigned n_cpus;        /* online CPUs that /proc/cpuinfo lists */
	unsigned n_capable;     /* those that have the flag */
	bool is_guest;          /* the hypervisor flag: we run inside a virtual machine */
	bool flag_unprintable;  /* an s390x kernel too old to print "sie": its absence says nothing */
};

/* Reads /proc/cpuinfo below root_fd. -ENOENT where there is none. */
int cpu_read(int root_fd, struct cpu *ret);
/* The same from the text of the file. */
int cpu_parse(const char *text, struct cpu *ret);
void cpu_done(struct cpu *cpu);
