/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crypto queues of s390x: what they are, who uses them, what may go to guests, and what the audit says. On trees made by hand: emulation has no
 * vfio-ap.
 */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/channel.h"
#include "tests/unit/channel_verdicts.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

TEST(masks_are_read_from_left_to_right)
{
	struct ap_mask m;
	_cleanup_free_ char *text = NULL;

	CHECK(ap_mask_parse("0x41", &m) == 0);
	for (unsigned id = 0; id < AP_IDS; id++)
		CHECK(ap_mask_has(&m, id) == (id == 1 || id == 7));
	CHECK(!ap_mask_has(&m, AP_IDS));
	ap_mask_set(&m, 255, true);
	ap_mask_set(&m, 1, false);
	text = ap_mask_format(&m);
	CHECK_STR(text, "0x0100000000000000000000000000000000000000000000000000000000000001");
	CHECK(ap_mask_parse(text, &m) == 0 && ap_mask_has(&m, 255) && !ap_mask_has(&m, 1));
	CHECK(ap_mask_parse("0x4", &m) == 0 && ap_mask_has(&m, 1));
	CHECK(ap_mask_parse("", &m) < 0 && ap_mask_parse("0x", &m) < 0 && ap_mask_parse("41", &m) < 0 && ap_mask_parse("0x4g", &m) < 0);
	CHECK(ap_mask_parse(ALL_IDS "0", &m) < 0);
}

TEST(a_queue_has_a_card_and_a_domain)
{
	static const char *const wrong[] = { "", "5", "5.", ".4", "05.00044", "105.0004", "0x5.4", "5.0x4", "05.0100", "0.0.1234", "g5.0004", "05,0004", "0000:05:00.0" };
	unsigned card, domain;

	CHECK(ap_queue_parse("05.0004", &card, &domain) == 0 && card == 5 && domain == 4);
	CHECK(ap_queue_parse("a.ff", &card, &domain) == 0 && card == 10 && domain == 255);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_ROW(wrong[i], ap_queue_parse(wrong[i], &card, &domain) < 0);
}

static void four_queues(struct tree *t)
{
	mainframe_new(t);
	tree_masks(t, ALL_IDS, ALL_IDS, -1);
	tree_queue(t, "05.0004", "CEX8C", "cex4queue");
	tree_queue(t, "05.0005", "CEX8C", "cex4queue");
	tree_queue(t, "06.0004", "CEX8A", "cex4queue");
	tree_queue(t, "06.0005", "CEX8A", "cex4queue");
}

TEST(a_queue_is_known_with_its_card)
{
	const struct ap_queue *q;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	CHECK(tree_read(&t) == 0 && t.host.ap.n == 4 && t.host.ap.masks_known && t.host.ap.default_domain == -1);
	q = ap_find(&t.host.ap, "06.0005");
	CHECK(q && q->card == 6 && q->domain == 5 && q->hwtype == 14 && q->is_online == TRUTH_YES && q->is_hosts == TRUTH_YES && !q->is_busy);
	CHECK_STR(ap_queue_mode(q), "accelerator");
	CHECK_STR(ap_queue_mode(ap_find(&t.host.ap, "05.0004")), "CCA coprocessor");
	tree_masks(&t, NO_CARD_5, ALL_IDS, 4);
	CHECK(tree_read(&t) == 0 && ap_find(&t.host.ap, "05.0004")->is_hosts == TRUTH_NO && ap_find(&t.host.ap, "06.0004")->is_hosts == TRUTH_YES);
	tree_put(&t, "sys/bus/ap/apmask", "nonsense\n");
	CHECK(tree_read(&t) == 0 && !t.host.ap.masks_known && ap_find(&t.host.ap, "05.0004")->is_hosts == TRUTH_UNKNOWN);
}

TEST(the_hosts_own_use_of_a_queue_is_not_taken)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_put(&t, "sys/devices/ap/card05/05.0004/load", "2\n");
	tree_masks(&t, ALL_IDS, ALL_IDS, 5);
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "requests of the host are on their way through it; free it first, or take it all the same with --allow 05.0004=crypto");
	CHECK(ap_verdict(&t, "05.0005", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "its domain is the host's default (/sys/bus/ap/ap_domain)");
	CHECK(ap_verdict(&t, "06.0004", &why) == ASSESS_ASSIGNABLE);
	/* A program that has the way to all of them open may use any. */
	tree_put(&t, "proc/12/comm", "pkcsslotd\n");
	tree_link(&t, "proc/12/fd/3", "/dev/z90crypt");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "06.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "process 12 (pkcsslotd) has /dev/z90crypt open; free it first, or take it all the same with --allow 06.0004=open");
	/* Another node of that kind, which root has made. */
	tree_link(&t, "proc/12/fd/3", "/dev/for-one");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "06.0004", &why) == ASSESS_ASSIGNABLE);
	tree_folder(&t, "sys/class/zcrypt/for-one");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "06.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "process 12 (pkcsslotd) has /dev/for-one open");
}

/* Is it in use, whatever else speaks against it, when the user takes this on himself? */
static bool refused_with(const struct tree *t, const char *name, const char *allowance)
{
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	const struct ap_queue *q = ap_find(&t->host.ap, name);
	bool is_refused = false;

	if (allowances_add(&all, allowance) < 0 || ap_check(&t->host, &t->uses, &q, 1, &all, &refusals) < 0)
		abort();
	for (size_t i = 0; i < refusals.n; i++)
		is_refused = is_refused || str_eq(refusals.list[i].rule, "in-use");
	return is_refused;
}

/* Another queue keeps the host's data open only if it is the host's, works, and holds the same master key. */
TEST(only_a_queue_like_it_stands_in_for_one_with_keys)
{
	static const struct {
		const char *what, *name, *type, *driver, *online, *cards;
		bool is_last;
	} rows[] = {
		{ "its like", "07.0004", "CEX8C", "cex4queue", "1", ALL_IDS, false },
		{ "a guest's", "07.0004", "CEX8C", "vfio_ap", "1", ALL_IDS, true },
		{ "set aside", "07.0004", "CEX8C", "cex4queue", "1", "0xfeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", true },
		{ "offline", "07.0004", "CEX8C", "cex4queue", "0", ALL_IDS, true },
		{ "an EP11 one", "07.0004", "CEX8P", "cex4queue", "1", ALL_IDS, true },
		{ "of another domain", "07.0006", "CEX8C", "cex4queue", "1", ALL_IDS, true },
	};
	static const struct {
		const char *first, *second;
		bool is_last;
	} keys[] = {
		{ "AES NEW: empty 0x00\nAES CUR: valid 0x1234\nAES OLD: valid 0x99\n", "AES NEW: empty 0x00\nAES CUR: valid 0x1234\nAES OLD: invalid 0x00\n", false },
		{ "AES CUR: valid 0x1234\n", "AES NEW: full 0x1234\nAES CUR: valid 0x5678\n", true },
		{ "AES CUR: valid 0x1234\n", NULL, false },
		{ NULL, "AES CUR: valid 0x1234\n", false },
		{ "WK CUR: valid 0x1234\nWK NEW: - -\n", "WK CUR: - -\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *why = NULL, *online = text_format("sys/devices/ap/card07/%s/online", rows[i].name);
		_cleanup_tree_ struct tree t;

		mainframe_new(&t);
		tree_masks(&t, rows[i].cards, ALL_IDS, -1);
		tree_queue(&t, "05.0004", "CEX8C", "cex4queue");
		tree_queue(&t, rows[i].name, rows[i].type, rows[i].driver);
		tree_put(&t, online, "%s\n", rows[i].online);
		tree_put(&t, "proc/crypto", "name         : xts(paes)\nrefcnt       : 3\n");
		CHECK_ROW(rows[i].what, tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
		CHECK_ROW(rows[i].what, !strstr(why, "the host has no other one in its domain; the host lives on it") == !rows[i].is_last);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *why = NULL;
		_cleanup_tree_ struct tree t;

		mainframe_new(&t);
		tree_masks(&t, ALL_IDS, ALL_IDS, -1);
		tree_queue(&t, "05.0004", "CEX8C", "cex4queue");
		tree_queue(&t, "07.0004", "CEX8C", "cex4queue");
		if (keys[i].first)
			tree_put(&t, "sys/devices/ap/card05/05.0004/mkvps", "%s", keys[i].first);
		if (keys[i].second)
			tree_put(&t, "sys/devices/ap/card07/07.0004/mkvps", "%s", keys[i].second);
		tree_put(&t, "proc/crypto", "name         : xts(paes)\nrefcnt       : 3\n");
		CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
		CHECK(!strstr(why, "the host has no other one in its domain") == !keys[i].is_last);
	}
}

TEST(what_is_not_known_of_a_queue_does_not_free_it)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	const struct ap_queue *q;
	_cleanup_tree_ struct tree t;

	/* A type that does not say what it holds may hold keys. */
	four_queues(&t);
	tree_queue(&t, "07.0004", "CEX8", "cex4queue");
	tree_put(&t, "proc/crypto", "name         : xts(paes)\nrefcnt       : 3\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "07.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "keys that such a card has wrapped");
	/* Without the masks nobody knows whose a queue is. */
	tree_put(&t, "sys/devices/ap/card05/05.0004/load", "2\n");
	tree_put(&t, "sys/bus/ap/apmask", "nonsense\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "requests of the host are on their way through it");
	q = ap_find(&t.host.ap, "06.0004");
	CHECK(ap_check(&t.host, &t.uses, &q, 1, NULL, &refusals) == 0 && refusals.n && str_eq(refusals.list[0].rule, "masks"));
	/* Of cards before CEX4 the driver takes none. */
	tree_put(&t, "sys/devices/ap/card06/hwtype", "9\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "06.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "06.0004 (CEX8A) is older than CEX4");
}

/* Without the card whose master key wraps them the host's own disks cannot be opened any more. */
TEST(the_last_queue_that_the_hosts_keys_need_cannot_be_had)
{
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	const struct ap_queue *q;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_put(&t, "proc/crypto", "name         : xts(aes)\ndriver       : xts-aes-s390\nrefcnt       : 9\n\nname         : xts(paes)\nrefcnt       : 3\n");
	CHECK(tree_read(&t) == 0 && str_eq(t.host.ap.keys, "xts(paes)"));
	q = ap_find(&t.host.ap, "05.0004");
	CHECK(ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "keys that such a card has wrapped (xts(paes) in /proc/crypto), and the host has no other one in its domain; the host lives on it");
	CHECK(allowances_add(&all, "05.0004=crypto") == 0);
	CHECK(ap_check(&t.host, &t.uses, &q, 1, &all, &refusals) == 0 && str_eq(refusals.list[0].kind, "crypto"));
	/* An accelerator holds no keys; and with a second card the user may decide. */
	CHECK(ap_verdict(&t, "06.0004", &why) == ASSESS_ASSIGNABLE);
	tree_queue(&t, "07.0004", "CEX8C", "cex4queue");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "--allow 05.0004=crypto");
	CHECK(!refused_with(&t, "05.0004", "05.0004=crypto") && !refused_with(&t, "05.0004", "5.4=crypto"));
	CHECK(refused_with(&t, "05.0004", "06.0004=crypto") && refused_with(&t, "05.0004", "05.0005=crypto") && refused_with(&t, "05.0004", "05.0004=open"));
	tree_put(&t, "proc/crypto", "name         : xts(paes)\nrefcnt       : 1\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_ASSIGNABLE);
}

/* The rule and what is said of it, for these queues. */
static const char *refused(const struct tree *t, const char *const *names, char **ret_text)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	const struct ap_queue *queues[8];
	const char *rule;
	size_t n = 0;

	for (; names[n]; n++)
		queues[n] = ap_find(&t->host.ap, names[n]);
	free(*ret_text);
	*ret_text = NULL;
	if (ap_check(&t->host, &t->uses, queues, n, NULL, &refusals) < 0)
		abort();
	rule = refusals.n ? refusals.list[0].rule : "none";
	*ret_text = strdup(refusals.n ? refusals.list[0].text : "");
	return rule;
}

TEST(queues_go_by_whole_cards_or_domains)
{
	static const char *const one[] = { "05.0004", NULL }, *const card[] = { "05.0004", "05.0005", NULL }, *const domain[] = { "05.0004", "06.0004", NULL },
			  *const cross[] = { "05.0004", "06.0005", NULL }, *const all[] = { "05.0004", "05.0005", "06.0004", "06.0005", NULL };
	const struct ap_queue *queues[2], *first;
	struct ap_mask cards, domains;
	_cleanup_free_ char *why = NULL, *text = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	CHECK(tree_read(&t) == 0);
	CHECK_STR(refused(&t, one, &why), "closure");
	CHECK_HAS(why, "05.0004 leaves the host with the rest of its card (05.0005) or with the rest of its domain (06.0004), which were not asked for");
	CHECK_STR(refused(&t, cross, &why), "closure");
	CHECK_STR(refused(&t, card, &why), "none");
	CHECK_STR(refused(&t, domain, &why), "none");
	CHECK_STR(refused(&t, all, &why), "none");
	queues[0] = ap_find(&t.host.ap, "05.0004");
	queues[1] = ap_find(&t.host.ap, "05.0005");
	CHECK(ap_masks_without(&t.host.ap, queues, 2, &cards, &domains, &first) && !first);
	text = ap_mask_format(&cards);
	CHECK_STR(text, NO_CARD_5);
	CHECK(memcmp(&domains, &t.host.ap.domains, sizeof(domains)) == 0);
	queues[1] = ap_find(&t.host.ap, "06.0004");
	CHECK(ap_masks_without(&t.host.ap, queues, 2, &cards, &domains, &first));
	CHECK(memcmp(&cards, &t.host.ap.cards, sizeof(cards)) == 0 && !ap_mask_has(&domains, 4) && ap_mask_has(&domains, 5));
	queues[1] = ap_find(&t.host.ap, "06.0005");
	CHECK(!ap_masks_without(&t.host.ap, queues, 2, &cards, &domains, &first) && first == queues[0]);
}

TEST(a_guest_gets_each_card_with_each_domain)
{
	static const char *const cross[] = { "05.0004", "06.0005", NULL }, *const gap[] = { "05.0004", "05.0005", "06.0004", NULL };
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	/* The masks let go of all of them, so only the product speaks. */
	four_queues(&t);
	tree_masks(&t, "0x00", ALL_IDS, -1);
	CHECK(tree_read(&t) == 0);
	CHECK_STR(refused(&t, cross, &why), "closure");
	CHECK_HAS(why, "05.0004: a guest gets each of its cards with each of its domains, and so 05.0005, which was not asked for");
	tree_remove(&t, "sys/bus/ap/devices/06.0005");
	CHECK(tree_read(&t) == 0);
	CHECK_STR(refused(&t, gap, &why), "closure");
	CHECK_HAS(why, "there is no 06.0005, so it would not get card 06 at all");
}

TEST(what_another_guests_device_is_made_of_is_not_taken)
{
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	const struct ap_queue *queues[2];
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_masks(&t, NO_CARD_5, ALL_IDS, -1);
	tree_queue(&t, "05.0004", "CEX8C", "vfio_ap");
	tree_queue(&t, "05.0005", "CEX8C", "vfio_ap");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BOUND);
	tree_made(&t, "matrix", ONE, 7, "05.0004\n05.0005");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_ATTACHED);
	CHECK_HAS(why, "05.0004 → mediated device " ONE " → made for a guest, and active; take it from there first");
	queues[0] = ap_find(&t.host.ap, "05.0004");
	queues[1] = ap_find(&t.host.ap, "05.0005");
	CHECK(allowances_add(&all, "05.0004=vfio") == 0 && allowances_add(&all, "05.0005=vfio") == 0 && allowances_add(&all, "5.4=guest") == 0);
	CHECK(ap_check(&t.host, &t.uses, queues, 2, &all, &refusals) == 0 && refusals.n == 2);
	/* One that is only defined counts as well: it comes back with the next boot. */
	tree_remove(&t, "sys/bus/mdev");
	tree_put(&t, "etc/mdevctl.d/matrix/" ONE, "{\"mdev_type\": \"vfio_ap-passthrough\", \"start\": \"auto\", \"attrs\": [{\"assign_adapter\": \"5\"}, "
		 "{\"assign_domain\": \"0x4\"}, {\"assign_domain\": \"0005\"}, {\"assign_control_domain\": \"4\"}, 7, {\"assign_domain\": \"x\"}]}\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0005", &why) == ASSESS_ATTACHED);
	CHECK_HAS(why, "defined for a guest, and not active");
}

TEST(selectors_name_them_and_say_what_is_wrong)
{
	_cleanup_(channel_selection_done) struct channel_selection s = {};
	_cleanup_free_ char *said = NULL, *again = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_ccw(&t, "0.0.0002", "0.0.abcd", "3990/e9", "dasd-eckd", false);
	CHECK(tree_read(&t) == 0);
	CHECK(channel_selector_is("ccw=0.0.0100") && channel_selector_is("ap=05.0004") && !channel_selector_is("usb=1-4") && !channel_selector_is("apx=1"));
	CHECK(channel_select(&t.host, "ccw=ABCD", &s) == 0 && s.n_ccws == 1 && str_eq(s.ccws[0]->id, "0.0.abcd"));
	CHECK(channel_select(&t.host, "ccw=0.0.*", &s) == 0 && s.n_ccws == 2);
	CHECK(channel_select(&t.host, "ccw=ab*", &s) == 0 && channel_select(&t.host, "ccw=01*", &s) == 0 && channel_select(&t.host, "ccw=ff*", &s) == -ENOENT);
	CHECK(s.n_ccws == 2);
	CHECK(channel_select(&t.host, "ap=5.4", &s) == 0 && s.n_queues == 1);
	CHECK(channel_select(&t.host, "ap=05.*", &s) == 0 && s.n_queues == 2);
	CHECK(channel_select(&t.host, "ap=", &s) == -EINVAL && channel_select(&t.host, "ccw=0.0.0100,x=1", &s) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "'ap=': wanted is one crypto queue, such as ap=05.0004");
	CHECK(channel_select(&t.host, "ccw=0.0.ffff", &s) < 0);
	again = stderr_caught();
	CHECK_HAS(again, "no CCW device matches 'ccw=0.0.ffff'");
}

TEST(the_audit_sees_queues_that_are_nobodys_or_of_no_use)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_PASS);
	CHECK_HAS(said, "4 crypto queues: 4 the host's, 0 for guests");
	tree_masks(&t, NO_CARD_5, ALL_IDS, -1);
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_WARN);
	CHECK_HAS(said, "2 crypto queues are neither the host's nor for guests");
	CHECK_HAS(said, "'echo +0x05 > /sys/bus/ap/apmask' for 05.0004");
	tree_queue(&t, "05.0004", "CEX8C", "vfio_ap");
	tree_queue(&t, "05.0005", "CEX8C", "vfio_ap");
	tree_made(&t, "matrix", ONE, 7, "05.0004\n05.0005");
	tree_put(&t, "sys/devices/vfio_ap/matrix/" ONE "/guest_matrix", "05.0004\n05.0005\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_PASS);
	tree_put(&t, "sys/devices/vfio_ap/matrix/" ONE "/guest_matrix", "\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_WARN);
	CHECK_HAS(said, "05.0004 is assigned, and its guest does not get it");
	tree_remove(&t, "sys/bus/ap/apmask");
	tree_remove(&t, "sys/bus/mdev");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_UNKNOWN);
	tree_remove(&t, "sys/bus/ap");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_SKIP);
}

TEST_MAIN()
