/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/interrupts: the text, and the file that is read only as far as the answer, say the same. */

#include "common/text.h"
#include "detect/interrupts.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(interrupts_done) struct interrupts parsed = {}, read = {};

	CHECK(interrupts_parse(text, &parsed) == 0);
	CHECK((parsed.remapped == TRUTH_UNKNOWN) == !parsed.chip);
	CHECK(!parsed.chip || (strlen(parsed.chip) >= 3 && !strpbrk(parsed.chip, " \n")));
	CHECK(!parsed.chip || (parsed.remapped == TRUTH_YES) == str_starts(parsed.chip, "IR-"));
	fuzz_file("proc/interrupts", text, strlen(text));
	CHECK(interrupts_read(fuzz_root(), &read) == 0);
	CHECK(read.remapped == parsed.remapped && str_eq(read.chip, parsed.chip));
	return 0;
}
