/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts that others write; the first letter chooses whose: the kernel's, zipl's, libvirt's, netplan's, a boot loader's. */

#include <errno.h>

#include "common/text.h"
#include "detect/ap.h"
#include "detect/definition.h"
#include "detect/loader_entry.h"
#include "detect/route.h"
#include "detect/usb.h"
#include "detect/zipl_conf.h"
#include "installer/sections/netplan_entry.h"
#include "profiles/offer.h"
#include "profiles/settings_guest.h"
#include "tests/fuzz/fuzz.h"

static void mask(const char *text)
{
	_cleanup_free_ char *written = NULL;
	struct ap_mask m, again;
	unsigned card, domain;

	if (ap_queue_parse(text, &card, &domain) == 0)
		CHECK(card < 256 && domain < 256);
	if (ap_mask_parse(text, &m) < 0)
		return;
	written = ap_mask_format(&m);
	CHECK(written && ap_mask_parse(written, &again) == 0);
	for (unsigned i = 0; i < 256; i++)
		CHECK(ap_mask_has(&m, i) == ap_mask_has(&again, i));
}

static void numbers(const char *text)
{
	unsigned vendor, product;
	uint8_t bytes[16];
	bool is_ipv6;

	if (ip_parse(text, bytes, &is_ipv6) == 0)
		CHECK(is_ipv6 == (strchr(text, ':') != strrchr(text, ':')));
	if (usb_ids_parse(text, &vendor, &product) == 0)
		CHECK(vendor <= 0xffff && product <= 0xffff);
	(void)usb_port_is(text);
}

static void zipl(const char *text)
{
	_cleanup_(zipl_conf_done) struct zipl_conf c = {};
	const char *end = text + strlen(text);

	CHECK(zipl_conf_parse(text, &c) == 0 && c.n_sections > 0);
	for (size_t i = 0; i < c.n_lines; i++) {
		const struct zipl_line *l = &c.lines[i];

		CHECK(l->section < c.n_sections && l->key >= text && l->key + l->key_size <= end);
		CHECK(!l->start || (l->start >= text && l->start <= l->end && l->end <= end));
		CHECK(!l->start || !memchr(l->start, '\n', (size_t)(l->end - l->start)));
	}
	(void)zipl_conf_default(&c);
	for (size_t i = 0; i < c.n_sections; i++)
		(void)zipl_conf_installs(&c, i);
}

static void definitions(const char *text)
{
	_cleanup_(defined_guest_done) struct defined_guest g = {};
	_cleanup_(defined_pool_done) struct defined_pool p = {};

	if (defined_guest_parse(text, &g) == 0)
		CHECK(g.name);
	if (defined_pool_parse(text, &p) == 0)
		CHECK(p.name);
}

static void offer(const char *text)
{
	_cleanup_(guest_offer_done) struct guest_offer o = {};
	_cleanup_free_ char *machine = NULL;

	if (guest_offer_parse(text, &o) < 0)
		return;
	(void)guest_offer_has(&o, "os", "firmware", "efi");
	(void)guest_offer_has(&o, "cpu/mode:host-passthrough", NULL, NULL);
	(void)guest_offer_has_model(&o, "qemu64");
	machine = guest_offer_text(&o, "machine", NULL);
}

static void netplan(const char *text)
{
	_cleanup_(netplan_carried_done) struct netplan_carried carried = {};
	_cleanup_(netplan_entry_done) struct netplan_entry e = {};
	_cleanup_free_ char *cut = NULL;

	if (netplan_entry_parse(text, "ethernets", "a", &e) < 0)
		return;
	if (netplan_entry_has_keys(&e) && netplan_entry_carry(&e, "etc/netplan/a.yaml", true, &carried) == 1) {
		_cleanup_(netplan_carried_done) struct netplan_carried rest = {};
		_cleanup_(netplan_entry_done) struct netplan_entry less = {};

		cut = netplan_entry_cut(&e);
		CHECK(cut);
		/* Such as a key that is too long when its tabs are written out: whoever asked refuses that. */
		if (netplan_entry_parse(cut, "ethernets", "a", &less) < 0)
			return;
		CHECK(!less.node || netplan_entry_carry(&less, "etc/netplan/a.yaml", true, &rest) <= 0);
	}
}

static void settings(const char *text)
{
	_cleanup_(guest_settings_done) struct guest_settings g = {};

	if (guest_settings_parse(text, "a.yaml", &g) == 0)
		for (size_t i = 0; i < g.n; i++)
			CHECK(g.list[i].option && g.list[i].value);
}

static void entry(const char *text)
{
	_cleanup_(loader_entry_done) struct loader_entry e = {};

	CHECK(loader_entry_parse("boot/loader/entries/a+3-1.conf", text, &e) == 0 && e.options && str_eq(e.id, "a.conf") && e.tries_left == 3);
	(void)loader_entry_release(&e);
	CHECK(version_compare(text, text) == 0);
}

FUZZ(data, size)
{
	static void (*const parsers[])(const char *text) = { mask, numbers, zipl, definitions, offer, netplan, settings, entry };
	_cleanup_free_ char *text = fuzz_text(data + (size > 0), size - (size > 0));

	parsers[size ? data[0] % ARRAY_SIZE(parsers) : 0](text);
	return 0;
}
