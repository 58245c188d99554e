/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A proposal: a spec for this very host, made from what was found, for somebody to edit. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/names.h"
#include "installer/host_arguments.h"
#include "installer/proposal.h"
#include "installer/sections/section.h"
#include "passthrough/selector.h"

#define NODES "sys/devices/system/node"
#define REASONS_SHOWN 3

/* What ends a line for YAML 1.1 (4.2) although it is text for everybody else, and the byte order mark, which it refuses. */
static const char *const breaks[] = { "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf" };

static size_t break_length(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++)
		if (str_starts(s, breaks[i]))
			return strlen(breaks[i]);
	return 0;
}

/* In a comment, which nothing in it may end. */
static void append_comment(struct text *t, const char *s)
{
	_cleanup_free_ char *safe = s ? text_escape_field(s) : NULL;

	if (!safe)
		t->failed = true;
	for (const char *at = safe; at && *at;) {
		size_t n = break_length(at);

		text_append_bytes(t, n ? " " : at, 1);
		at += n ? n : 1;
	}
}

void proposal_say(struct text *t, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		line = NULL;
	va_end(ap);
	text_append(t, "# ");
	append_comment(t, line);
	text_append(t, "\n");
}

void proposal_offer(struct text *t, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		line = NULL;
	va_end(ap);
	text_append_bytes(t, line ? line : "", line ? strspn(line, " ") : 0);
	text_append(t, "#");
	append_comment(t, line ? line + strspn(line, " ") : NULL);
	text_append(t, "\n");
}

/* --- kernel --- */

static int propose_kernel(const struct host *host, struct text *t)
{
	bool is_x86 = host->cpu.vendor == CPU_INTEL || host->cpu.vendor == CPU_AMD || host->firmware.iommu_table;
	_cleanup_(argument_wish_done) struct argument_wish wish = {};
	struct wishes wishes = { .iommu_on = true };
	_cleanup_free_ char *wanted = NULL;
	int r;

	r = host_arguments(host, &wishes, &host->kernel.running, NULL, false, &wish);
	if (r < 0)
		return r;
	wanted = strv_join(wish.wanted, " ");
	text_append(t, "\n");
	if (iommu_is_on(&host->iommu))
		proposal_say(t, "The IOMMU is on, with %zu groups%s%s.", host->iommu.n_groups, wanted && *wanted ? ", and stays so by " : "",
			     wanted ? wanted : "");
	else if (wanted && *wanted && host->firmware.tables_known && !host->firmware.iommu_table)
		proposal_say(t, "The IOMMU is off, and the firmware describes none: 'slipway audit' tells where to switch it on. 'iommu: on' stands for %s.",
			     wanted);
	else if (wanted && *wanted)
		proposal_say(t, "The IOMMU is off, and needs the kernel argument %s, which 'iommu: on' stands for.", wanted);
	else
		proposal_say(t, "The IOMMU is off, and no kernel argument is missing: 'slipway audit' tells what is.");
	text_append(t, is_x86 ? "kernel:\n  iommu: on\n" : "#kernel:\n  #iommu: on\n");
	proposal_say(t, "Guests may run guests%s.", host->cpu.nested == TRUTH_YES ? " already" : "");
	proposal_offer(t, "  nested: on");
	return 0;
}

/* --- passthrough --- */

/* A word that means itself in a selector, and in YAML. */
static bool is_plain(const char *s)
{
	return s && *s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(s);
}

static bool serial_is_unique(const struct devices *all, const struct device *d)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct device *other = &all->list[i];
		char own[32] = "";

		if (other == d)
			continue;
		if (other->capabilities.has_serial)
			snprintf(own, sizeof(own), "%016llx", (unsigned long long)other->capabilities.serial);
		if (str_eq(own, d->serial) || (other->serial && strcasecmp(other->serial, d->serial) == 0))
			return false;
	}
	return true;
}

/* By what stays the same when cards are added: the drive's serial number, else the chain of bridges. */
static char *selector_for(const struct devices *all, const struct device *d)
{
	if (is_plain(d->serial) && serial_is_unique(all, d))
		return text_format("serial=%s", d->serial);
	return d->path && !strpbrk(d->path, "*?[\\,\"") ? text_format("path=%s", d->path) : text_format("address=%s", d->address);
}

/* The functions of one card, which go together; VFs have their own way. */
struct card {
	struct device *functions[8];
	size_t n;
};

static struct card card_of(const struct devices *all, size_t first)
{
	struct card card = {};

	/* They are sorted: a card's functions stand together. */
	for (size_t i = first; i < all->n && devices_share_slot(&all->list[first], &all->list[i]) && card.n < ARRAY_SIZE(card.functions); i++)
		if (!all->list[i].physical_function)
			card.functions[card.n++] = &all->list[i];
	return card;
}

static bool card_is_candidate(const struct card *card)
{
	for (size_t i = 0; i < card->n; i++)
		if (device_is_infrastructure(card->functions[i]))
			return false;
	for (size_t i = 0; i < card->n; i++)
		if (device_class_word(card->functions[i]))
			return true;
	return false;
}

static void say_reasons(const struct refusals *refusals, struct text *t)
{
	for (size_t i = 0; i < refusals->n && i < REASONS_SHOWN; i++)
		proposal_say(t, "    not free: %s", refusals->list[i].text);
	if (refusals->n > REASONS_SHOWN)
		proposal_say(t, "    and %zu more reasons: 'slipway show %s'", refusals->n - REASONS_SHOWN, refusals->list[0].address);
}

static int propose_card(const struct host *host, const struct uses *uses, const struct card *card, struct text *t)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	static const struct allowances none;
	int r;

	r = request_check(host, uses, (struct device *const *)card->functions, card->n, &none, REQUEST_NEXT_BOOT, &refusals);
	if (r < 0)
		return r;
	for (size_t i = 0; i < card->n; i++) {
		_cleanup_free_ char *selector = selector_for(&host->devices, card->functions[i]);
		char what[512];

		device_describe(card->functions[i], what, sizeof(what));
		proposal_say(t, "%s, %s%s", card->functions[i]->address, what, refusals.n ? "" : i ? ", of the same card" : ", free");
		if (refusals.n)
			proposal_say(t, "    %s", selector ? selector : "");
		else
			proposal_offer(t, "  - device: \"%s\"", selector ? selector : "");
	}
	say_reasons(&refusals, t);
	return 0;
}

static int propose_passthrough(const struct host *host, const struct uses *uses, struct text *t)
{
	struct text offered = {}, kept = {};
	int r = 0;

	for (size_t i = 0; i < host->devices.n && r >= 0; i++) {
		const struct device *d = &host->devices.list[i];
		struct card card = card_of(&host->devices, i);
		struct text one = {};

		/* One card is told once: by its first function. */
		if (d->physical_function || (i && devices_share_slot(&host->devices.list[i - 1], d)) || !card_is_candidate(&card))
			continue;
		r = propose_card(host, uses, &card, &one);
		text_append_bytes(strstr(one.data ? one.data : "", "\n  #- ") ? &offered : &kept, one.data ? one.data : "", one.size);
		text_done(&one);
	}
	text_append(t, "\n");
	proposal_say(t, "Devices for guests, from the next boot on: take the sign # from 'passthrough:' and from those that you want to give away.");
	if (offered.size)
		text_append(t, "#passthrough:\n");
	else
		proposal_say(t, "None is free.");
	text_append_bytes(t, offered.data ? offered.data : "", offered.size);
	if (kept.size)
		proposal_say(t, "What is not free, and why:");
	text_append_bytes(t, kept.data ? kept.data : "", kept.size);
	text_done(&offered);
	text_done(&kept);
	return r;
}

/* --- what else was found --- */

static void say_ports(const struct host *host, struct text *t)
{
	bool is_first = true;

	for (size_t i = 0; i < host->netifs.n; i++) {
		const struct netif *n = &host->netifs.list[i];
		_cleanup_free_ char *addresses = strv_join(n->addresses, ", "), *uppers = strv_join(n->uppers, ", ");
		bool is_bridge = fs_exists(host->root_fd, "sys/class/net/%s/bridge", n->name);

		if (!n->function && !is_bridge)
			continue;
		if (is_first)
			text_append(t, "\n# Network ports:\n");
		is_first = false;
		proposal_say(t, "  %s%s%s%s%s%s%s", n->name, is_bridge ? ", a bridge" : " at ", n->function ? n->function : "",
			     addresses && *addresses ? ", " : "", addresses ? addresses : "", uppers && *uppers ? ", below " : "", uppers ? uppers : "");
	}
}

static void say_nodes(const struct host *host, struct text *t)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(host->root_fd, &names, NODES) < 0)
		return;
	text_append(t, "\n");
	proposal_say(t, "NUMA nodes:");
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *cpus = NULL;

		if (str_starts(*name, "node") && fs_read_line(host->root_fd, &cpus, NODES "/%s/cpulist", *name) >= 0)
			proposal_say(t, "  %s: CPUs %s", *name, *cpus ? cpus : "none");
	}
}

int proposal_write(const struct host *host, const struct uses *uses, char **ret)
{
	struct text t = {};
	int r;

	proposal_say(&t, "What this host shall be: slipway's spec, see slipway(8), SPEC FILE.");
	proposal_say(&t, "Lines that begin with '# ' tell what was found; those that have '#' without a blank are proposals.");
	proposal_say(&t, "Then: slipway check-spec FILE; slipway plan -f FILE; slipway apply -f FILE");
	if (host->cpu_known)
		proposal_say(&t, "CPU: %s, %u online.", host->cpu.model ? host->cpu.model : "model not known", host->cpu.n_cpus);
	text_append(&t, "version: 1\n");
	r = propose_kernel(host, &t);
	if (r >= 0)
		r = propose_passthrough(host, uses, &t);
	if (r >= 0) {
		say_ports(host, &t);
		say_nodes(host, &t);
	}
	for (const struct section *s = sections; s->key && r >= 0; s++)
		if (s->propose)
			r = s->propose(host, &t);
	*ret = text_take(&t);
	if (r >= 0 && !*ret)
		r = -ENOMEM;
	return r;
}
