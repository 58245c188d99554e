/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions as values: what they are to be, what the kernel is told and says of them, what an NVMe drive shares out. */

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/vf_link.h"
#include "passthrough/vf_nvme.h"
#include "detect/vf_set.h"
#include "tests/unit/check.h"

TEST(a_set_reads_back_as_it_was_written)
{
	static const char *const texts[] = {
		"vfs count=0\n",
		"vfs count=4 autoprobe=0\n",
		"vfs count=2 autoprobe=1 queues=20 interrupts=21\n",
		"vfs count=4 autoprobe=0\nvf number=0 mac=52:54:00:00:00:01\nvf number=3 mac=52:54:00:00:00:02 vlan=4094\n",
		"vfs count=256\nvf number=255 vlan=1\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;
		_cleanup_free_ char *text = NULL;

		CHECK_ROW(texts[i], vf_set_parse(texts[i], &s) == 0);
		text = vf_set_format(&s);
		CHECK_STR(text, texts[i]);
	}
}

TEST(what_is_no_set_is_an_error)
{
	static const char *const texts[] = {
		"", "vfs", "vfs count=", "vfs count=-1", "vfs count=65536", "vfs count=1\nvfs count=1\n", "vf number=0 vlan=1\n", "vfs count=1 autoprobe=x",
		"vfs count=1\nvf number=1 vlan=1\n", "vfs count=1\nvf vlan=1\n", "vfs count=1\nvf number=0 vlan=4095\n",
		"vfs count=1\nvf number=0 mac=52:54:00:00:00\n", "vfs count=1\nvf number=0 mac=53:54:00:00:00:01\n", "vfs count=1\nother a=b\n",
		"vfs count=1\nvf number=0 mac=00:00:00:00:00:00\n", "vfs count=1 autoprobe\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;

		CHECK_ROW(texts[i], vf_set_parse(texts[i], &s) == -EINVAL);
		CHECK_ROW(texts[i], s.n == 0 && s.autoprobe == -1);
	}
}

TEST(options_say_what_each_function_is_to_be)
{
	_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;
	_cleanup_free_ char *text = NULL;

	s.count = 3;
	CHECK(vf_set_add_vlan(&s, "7") == 0);
	CHECK(vf_set_add_vlan(&s, "1=8") == 0);
	CHECK(vf_set_add_mac(&s, "2=52:54:00:AB:cd:03") == 0);
	CHECK(vf_set_add_mac(&s, "0=52:54:00:ab:cd:01") == 0);
	text = vf_set_format(&s);
	CHECK_STR(text, "vfs count=3\nvf number=0 mac=52:54:00:ab:cd:01 vlan=7\nvf number=1 vlan=8\nvf number=2 mac=52:54:00:ab:cd:03 vlan=7\n");
}

TEST(options_that_cannot_be_meant_are_refused_with_the_reason)
{
	static const struct {
		int (*add)(struct vf_set *s, const char *text);
		const char *text, *said;
	} rows[] = {
		{ vf_set_add_mac, "52:54:00:00:00:01", "wanted is VF=VALUE" },
		{ vf_set_add_mac, "2=52:54:00:00:00:01", "there is no VF 2 where --count is 2" },
		{ vf_set_add_mac, "x=52:54:00:00:00:01", "wanted is VF=VALUE" },
		{ vf_set_add_mac, "-1=52:54:00:00:00:01", "wanted is VF=VALUE" },
		{ vf_set_add_mac, "0=ff:ff:ff:ff:ff:ff", "no address that a port can have" },
		{ vf_set_add_mac, "0=52-54-00-00-00-01", "no address that a port can have" },
		{ vf_set_add_mac, "0=52:54:00:00:00:0g", "no address that a port can have" },
		{ vf_set_add_mac, "0=", "no address that a port can have" },
		{ vf_set_add_mac, "0=52:54:00:00:00:0a", "VF 1 has this address already" },
		{ vf_set_add_mac, "1=52:54:00:00:00:0b", "VF 1 has an address already" },
		{ vf_set_add_vlan, "0", "a number from 1 to 4094" },
		{ vf_set_add_vlan, "4095", "a number from 1 to 4094" },
		{ vf_set_add_vlan, "2=1", "there is no VF 2" },
		{ vf_set_add_vlan, "0=x", "a number from 1 to 4094" },
	};
	_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;

	s.count = 2;
	CHECK(vf_set_add_mac(&s, "1=52:54:00:00:00:0a") == 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *said = NULL;
		int r = rows[i].add(&s, rows[i].text);

		said = stderr_caught();
		CHECK_ROW(rows[i].text, r == -EINVAL && strstr(said, rows[i].said));
	}
	CHECK(s.n == 1);
}

TEST(a_wish_is_met_by_what_is_there_or_not)
{
	static const struct {
		const char *now, *wish;
		bool met;
	} rows[] = {
		{ "vfs count=2\n", "vfs count=2\n", true },
		{ "vfs count=2\n", "vfs count=3\n", false },
		{ "vfs count=2 autoprobe=1\n", "vfs count=2 autoprobe=0\n", false },
		{ "vfs count=2\n", "vfs count=2 autoprobe=0\n", true },
		/* Drivers give a MAC of their own to whom nobody gave one. */
		{ "vfs count=2\nvf number=1 mac=52:54:00:00:00:01\n", "vfs count=2\n", true },
		{ "vfs count=2\nvf number=1 mac=52:54:00:00:00:01\n", "vfs count=2\nvf number=1 mac=52:54:00:00:00:02\n", false },
		{ "vfs count=2\nvf number=1 mac=52:54:00:00:00:01\n", "vfs count=2\nvf number=0 mac=52:54:00:00:00:01\n", false },
		{ "vfs count=2\nvf number=1 mac=52:54:00:00:00:01\n", "vfs count=2\nvf number=1 mac=52:54:00:00:00:01\n", true },
		{ "vfs count=2\nvf number=1 vlan=5\n", "vfs count=2\n", false },
		{ "vfs count=2\n", "vfs count=2\nvf number=1 vlan=5\n", false },
		{ "vfs count=2\nvf number=1 vlan=5\n", "vfs count=2\nvf number=1 vlan=5\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(vf_set_done) struct vf_set now = VF_SET_EMPTY, wish = VF_SET_EMPTY;

		CHECK(vf_set_parse(rows[i].now, &now) == 0 && vf_set_parse(rows[i].wish, &wish) == 0);
		CHECK_ROW(rows[i].wish, vf_set_satisfies(&now, &wish) == rows[i].met);
	}
}

/* What the kernel reads out of a request is what it would write into an answer: the same attributes. */
TEST(what_the_kernel_is_told_is_what_it_would_say)
{
	_Alignas(struct nlmsghdr) uint8_t message[VF_LINK_ROOM];
	const struct nlmsghdr *header = (const void *)message;
	_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;
	struct vf vf = { .number = 3, .has_mac = true, .mac = { 0x52, 0x54, 0, 1, 2, 3 }, .vlan = 100 };
	int n;

	n = vf_link_request("enp5s0f0", &vf, message);
	CHECK(n > 0 && n <= VF_LINK_ROOM && header->nlmsg_len == (unsigned)n);
	CHECK(header->nlmsg_type == RTM_SETLINK && header->nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
	CHECK(memmem(message, (size_t)n, "enp5s0f0", sizeof("enp5s0f0")) != NULL);
	CHECK(vf_link_parse(message, (size_t)n, &s) == 0);
	CHECK(s.n == 1 && s.list[0].number == 3 && s.list[0].has_mac && memcmp(s.list[0].mac, vf.mac, MAC_BYTES) == 0);
	CHECK(s.list[0].vlan == 100);
	/* Without a MAC none is set, and VLAN 0 takes one off. */
	vf = (struct vf){ .number = 3 };
	CHECK(vf_link_request("enp5s0f0", &vf, message) < n);
	CHECK(vf_link_request("a-name-of-sixteen", &vf, message) == -EINVAL);
	CHECK(vf_link_request("", &vf, message) == -EINVAL);
}

TEST(an_answer_cut_off_anywhere_is_no_answer)
{
	_Alignas(struct nlmsghdr) uint8_t message[VF_LINK_ROOM];
	struct nlmsghdr *header = (void *)message;
	const struct vf vf = { .number = 1, .has_mac = true, .mac = { 2 }, .vlan = 5 };
	int n = vf_link_request("eno1", &vf, message);

	CHECK(n > 0);
	for (size_t size = 0; size < (size_t)n; size++) {
		_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;
		uint8_t *exact = malloc(size + 1);
		int r;

		/* The sanitizer sees a read behind the end; first the kernel's length is too long, then the attributes' are. */
		memcpy(exact, message, size);
		r = vf_link_parse(exact, size, &s);
		if (size >= sizeof(*header)) {
			((struct nlmsghdr *)exact)->nlmsg_len = (uint32_t)size;
			vf_link_parse(exact, size, &s);
		}
		free(exact);
		CHECK(r == -EBADMSG);
	}
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

/* As QEMU says it for max_ioqpairs=26,msix_qsize=27,sriov_max_vfs=4,sriov_vq_flexible=20,sriov_vi_flexible=20. */
TEST(an_nvme_drive_says_what_it_can_share_out)
{
	uint8_t data[NVME_IDENTIFY_BYTES] = { 0 };
	struct nvme_primary p;

	data[4] = 3;
	put16(data, 65);
	put16(data + 32, 20);
	put16(data + 40, 20);
	put16(data + 42, 7);
	put16(data + 44, 5);
	put16(data + 46, 1);
	put16(data + 64, 20);
	put16(data + 72, 19);
	put16(data + 76, 5);
	nvme_primary_parse(data, &p);
	CHECK(p.id == 65 && p.queues.is_flexible && p.interrupts.is_flexible);
	CHECK(p.queues.total == 20 && p.queues.primary == 20 && p.queues.private == 7 && p.queues.most == 5 && p.queues.step == 1);
	CHECK(p.interrupts.total == 20 && p.interrupts.primary == 19 && p.interrupts.private == 0 && p.interrupts.step == 0);
}

TEST(the_controller_of_a_function_is_found_by_its_number)
{
	uint8_t data[NVME_IDENTIFY_BYTES] = { 0 };
	struct nvme_secondary s;

	CHECK(!nvme_secondary_find(data, 0, &s));
	data[0] = 255; /* more than there is room for */
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *entry = data + 32 + (size_t)32 * i;

		put16(entry, 10 + i);
		put16(entry + 8, 3 - i);
		entry[4] = i == 1;
	}
	CHECK(nvme_secondary_find(data, 0, &s) && s.id == 12 && !s.is_online);
	CHECK(nvme_secondary_find(data, 1, &s) && s.id == 11 && s.is_online);
	CHECK(nvme_secondary_find(data, 2, &s) && s.id == 10);
	CHECK(!nvme_secondary_find(data, 3, &s));
}

TEST(resources_are_shared_out_fairly_and_the_drive_keeps_what_it_needs)
{
	static const struct {
		struct nvme_pool pool;
		unsigned count, least;
		bool enough;
		unsigned each, primary;
	} rows[] = {
		{ { .total = 20, .primary = 20, .private = 7, .most = 5, .step = 1 }, 4, 2, true, 5, 0 },
		{ { .total = 20, .primary = 20, .private = 7, .most = 5, .step = 1 }, 2, 2, true, 5, 10 },
		{ { .total = 20, .primary = 0, .private = 7, .most = 5, .step = 1 }, 2, 2, true, 5, 0 },
		{ { .total = 9, .primary = 9, .private = 7, .most = 5, .step = 2 }, 3, 2, true, 2, 3 },
		{ { .total = 9, .primary = 9, .private = 0, .most = 9, .step = 1 }, 3, 2, true, 2, 3 },
		{ { .total = 8, .primary = 8, .private = 0, .most = 9, .step = 1 }, 4, 2, false, 0, 0 },
		{ { .total = 8, .primary = 8, .private = 2, .most = 1, .step = 1 }, 1, 2, false, 0, 0 },
		{ { .total = 0, .private = 2 }, 1, 1, false, 0, 0 },
		{ { .total = 1, .private = 0 }, 1, 2, false, 0, 0 },
		{ { .total = 5, .private = 5 }, 0, 1, false, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("%zu", i);
		unsigned each = 0, primary = 0;

		CHECK_ROW(row, nvme_share(&rows[i].pool, rows[i].count, rows[i].least, &each, &primary) == rows[i].enough);
		CHECK_ROW(row, each == rows[i].each && primary == rows[i].primary);
	}
}

TEST_MAIN()
