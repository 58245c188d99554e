/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the CPU that we run on says of itself, past the kernel: CPUID and model-specific registers; x86 only, live only. */

#include <fcntl.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define HAS_CPUID 1
#else
#define HAS_CPUID 0
#endif

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/cpu_live.h"

/* Intel SDM volume 4, table 2-2, and volume 3, 24.7. */
#define IA32_FEATURE_CONTROL 0x3a
#define FEATURE_CONTROL_LOCKED 0x1
#define FEATURE_CONTROL_VMX 0x4
/* AMD64 manual, volume 2, 15.30.1. */
#define VM_CR 0xc0010114
#define VM_CR_SVMDIS 0x10

#if HAS_CPUID
enum truth cpuid_has_virtualization(enum cpu_vendor vendor)
{
	unsigned a, b, c, d;

	if (vendor == CPU_INTEL && __get_cpuid(1, &a, &b, &c, &d))
		return c >> 5 & 1 ? TRUTH_YES : TRUTH_NO;
	if (vendor == CPU_AMD && __get_cpuid(0x80000001, &a, &b, &c, &d))
		return c >> 2 & 1 ? TRUTH_YES : TRUTH_NO;
	return TRUTH_UNKNOWN;
}

bool cpuid_hypervisor(char signature[13])
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 31))
		return false;
	__cpuid(0x40000000, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	signature[12] = '\0';
	return true;
}
#else
enum truth cpuid_has_virtualization(enum cpu_vendor vendor)
{
	(void)vendor;
	return TRUTH_UNKNOWN;
}

bool cpuid_hypervisor(char signature[13])
{
	signature[0] = '\0';
	return false;
}
#endif

/* Locked without the VMX bit is off until the next reset; not locked means that the kernel itself may set it. */
enum truth msr_says_locked(enum cpu_vendor vendor, uint64_t value)
{
	if (vendor == CPU_INTEL)
		return (value & FEATURE_CONTROL_LOCKED) && !(value & FEATURE_CONTROL_VMX) ? TRUTH_YES : TRUTH_NO;
	if (vendor == CPU_AMD)
		return value & VM_CR_SVMDIS ? TRUTH_YES : TRUTH_NO;
	return TRUTH_UNKNOWN;
}

enum truth msr_is_locked(int root_fd, enum cpu_vendor vendor)
{
	_cleanup_close_ int fd = -1;
	uint64_t value;

	if (vendor != CPU_INTEL && vendor != CPU_AMD)
		return TRUTH_UNKNOWN;
	fd = fs_open(root_fd, O_RDONLY, "dev/cpu/0/msr");
	if (fd < 0 || pread(fd, &value, sizeof(value), vendor == CPU_INTEL ? IA32_FEATURE_CONTROL : VM_CR) != sizeof(value))
		return TRUTH_UNKNOWN;
	return msr_says_locked(vendor, value);
}
