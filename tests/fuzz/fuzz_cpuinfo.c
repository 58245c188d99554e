/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/cpuinfo. */

#include "detect/cpu.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	struct cpu cpu;

	if (cpu_parse(text, &cpu) < 0)
		return 0;
	CHECK(cpu.n_capable <= cpu.n_cpus);
	CHECK((cpu.vendor == CPU_OTHER) == !cpu.flag);
	CHECK(!cpu.vendor || cpu.vendor_id);
	cpu_done(&cpu);
	return 0;
}
