/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single values; the first letter chooses: SSH_CONNECTION, the address of an NVMe-oF controller. */

#include "common/text.h"
#include "detect/remote.h"
#include "detect/session.h"
#include "tests/fuzz/fuzz.h"

static void session(const char *text)
{
	_cleanup_free_ char *address = session_parse(text);

	CHECK(!address || (!strchr(address, ' ') && strstr(text, address)));
}

static void remote(const char *text)
{
	_cleanup_(blocks_done) struct blocks blocks = { .list = calloc(1, sizeof(*blocks.list)), .n = 1 };

	CHECK(blocks.list && remote_parse(text, blocks.list) == 0);
	for (char **s = blocks.list->peers; s && *s; s++)
		CHECK(**s && !strchr(*s, ','));
	for (char **s = blocks.list->locals; s && *s; s++)
		CHECK(**s && !strchr(*s, ','));
}

FUZZ(data, size)
{
	static void (*const parsers[])(const char *text) = { session, remote };
	_cleanup_free_ char *text = fuzz_text(data + (size > 0), size - (size > 0));

	parsers[size ? data[0] % ARRAY_SIZE(parsers) : 0](text);
	return 0;
}
