/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.json: what was read and stored is loaded the same. */

#include "common/json.h"
#include "installer/plan_store.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(plan_done) struct plan plan = {}, again = {};
	_cleanup_json_ struct json_object *first = NULL, *second = NULL;
	uint32_t sum;

	if (plan_parse(-1, 1, text, size, &plan) < 0)
		return 0;
	first = plan_to_json(&plan);
	CHECK(first && plan_store(fuzz_root(), 1, &plan, &sum) == 0);
	CHECK(plan_load(fuzz_root(), 1, sum, &again) == 0);
	second = plan_to_json(&again);
	CHECK(json_object_equal(first, second));
	return 0;
}
