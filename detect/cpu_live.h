/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the CPU that we run on says of itself, past the kernel: CPUID and model-specific registers; x86 only, live only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "detect/cpu.h"

/* Has it VMX or SVM? The bit stays set where the firmware locks the feature, and the kernel then drops its flag. */
enum truth cpuid_has_virtualization(enum cpu_vendor vendor);
/* The signature of the hypervisor below; false: none, or no x86. */
bool cpuid_hypervisor(char signature[13]);
/*
 * Has the firmware locked VMX or SVM off? From /dev/cpu/0/msr, which root has where the module msr is loaded: Intel's
 * IA32_FEATURE_CONTROL, AMD's VM_CR. Unknown where it cannot be read.
 */
enum truth msr_is_locked(int root_fd, enum cpu_vendor vendor);
/* The same from a register's value. */
enum truth msr_says_locked(enum cpu_vendor vendor, uint64_t value);
