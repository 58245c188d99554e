/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Crypto cards of s390x and their queues. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/ap.h"

#define BUS "sys/bus/ap"
#define DEVICES BUS "/devices"
/* hwtype of the oldest card that vfio_ap drives, CEX4. */
#define HWTYPE_CEX4 10

static void queue_done(struct ap_queue *q)
{
	free(q->name);
	free(q->type);
	free(q->driver);
	free(q->master_key);
}

void ap_done(struct ap *a)
{
	for (size_t i = 0; i < a->n; i++)
		queue_done(&a->list[i]);
	free(a->list);
	free(a->keys);
	*a = (struct ap){};
}

bool ap_mask_has(const struct ap_mask *m, unsigned id)
{
	return id < AP_IDS && m->bits[id / 8] & (0x80u >> id % 8);
}

void ap_mask_set(struct ap_mask *m, unsigned id, bool value)
{
	uint8_t bit = (uint8_t)(0x80u >> id % 8);

	if (id < AP_IDS)
		m->bits[id / 8] = (uint8_t)(value ? m->bits[id / 8] | bit : m->bits[id / 8] & ~bit);
}

static int digit_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int ap_mask_parse(const char *text, struct ap_mask *ret)
{
	struct ap_mask m = {};
	size_t n;

	if (!str_starts(text, "0x"))
		return -EINVAL;
	text += 2;
	n = strlen(text);
	if (!n || n > 2 * sizeof(m.bits))
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int value = digit_value(text[i]);

		if (value < 0)
			return -EINVAL;
		m.bits[i / 2] = (uint8_t)(m.bits[i / 2] | (i % 2 ? value : value << 4));
	}
	*ret = m;
	return 0;
}

char *ap_mask_format(const struct ap_mask *m)
{
	struct text t = {};

	text_append(&t, "0x");
	for (size_t i = 0; i < sizeof(m->bits); i++)
		text_printf(&t, "%02x", m->bits[i]);
	return text_take(&t);
}

int ap_queue_parse(const char *text, unsigned *card, unsigned *domain)
{
	const char *dot = strchr(text, '.');
	_cleanup_free_ char *head = dot ? strndup(text, (size_t)(dot - text)) : NULL;
	uint64_t c, d;

	if (!head || strlen(head) > 2 || strlen(dot + 1) > 4 || str_starts(head, "0x") || str_starts(dot + 1, "0x") || parse_hex(head, &c) < 0 ||
	    parse_hex(dot + 1, &d) < 0 || d >= AP_IDS)
		return -EINVAL;
	*card = (unsigned)c;
	*domain = (unsigned)d;
	return 0;
}

bool ap_queue_is_on_vfio(const struct ap_queue *q)
{
	return str_eq(q->driver, "vfio_ap");
}

bool ap_queue_is_passable(const struct ap_queue *q)
{
	return !q->hwtype || q->hwtype >= HWTYPE_CEX4;
}

const char *ap_queue_mode(const struct ap_queue *q)
{
	static const struct {
		char letter;
		const char *name;
	} modes[] = { { 'A', "accelerator" }, { 'C', "CCA coprocessor" }, { 'P', "EP11 coprocessor" } };
	size_t n = q->type ? strlen(q->type) : 0;

	for (size_t i = 0; n && i < ARRAY_SIZE(modes); i++)
		if (q->type[n - 1] == modes[i].letter)
			return modes[i].name;
	return NULL;
}

static int read_number(int root_fd, const char *device, const char *name)
{
	_cleanup_free_ char *text = NULL;
	int n;

	return fs_read_line(root_fd, &text, DEVICES "/%s/%s", device, name) < 0 || parse_int(text, &n) < 0 ? -1 : n;
}

/* What has been asked and not answered yet (Documentation/ABI: drivers/s390/crypto/ap_queue.c). */
static bool read_busy(int root_fd, const char *name)
{
	static const char *const counters[] = { "load", "pendingq_count", "requestq_count" };

	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (read_number(root_fd, name, counters[i]) > 0)
			return true;
	return false;
}

/* mkvps has a line for each register (drivers/s390/crypto/zcrypt_cex4.c); what is in use now counts: AES of CCA, WK of EP11. */
static int read_master_key(int root_fd, const char *name, char **ret)
{
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *text = NULL;

	if (fs_read(root_fd, &text, NULL, DEVICES "/%s/mkvps", name) < 0)
		return 0;
	if (strv_split(text, "\n", &lines) < 0)
		return -ENOMEM;
	for (char **line = lines; line && *line; line++)
		if (str_starts(*line, "AES CUR:") || str_starts(*line, "WK CUR:")) {
			*ret = strdup(*line);
			return *ret ? 0 : -ENOMEM;
		}
	return 0;
}

static int read_queue(int root_fd, const char *name, const struct ap *a, struct ap_queue *q)
{
	int hwtype, online = read_number(root_fd, name, "online");
	_cleanup_free_ char *card = NULL;

	if (ap_queue_parse(name, &q->card, &q->domain) < 0)
		return 0;
	card = text_format("card%02x", q->card);
	q->name = strdup(name);
	if (!card || !q->name)
		return -ENOMEM;
	hwtype = read_number(root_fd, card, "hwtype");
	q->hwtype = hwtype > 0 ? (unsigned)hwtype : 0;
	if (fs_read_line(root_fd, &q->type, DEVICES "/%s/type", card) < 0)
		q->type = NULL;
	if (fs_read_link_base(root_fd, &q->driver, DEVICES "/%s/driver", name) < 0)
		q->driver = NULL;
	q->is_online = online == 1 ? TRUTH_YES : online == 0 ? TRUTH_NO : TRUTH_UNKNOWN;
	if (a->masks_known)
		q->is_hosts = ap_mask_has(&a->cards, q->card) && ap_mask_has(&a->domains, q->domain) ? TRUTH_YES : TRUTH_NO;
	q->is_busy = !ap_queue_is_on_vfio(q) && read_busy(root_fd, name);
	return read_master_key(root_fd, name, &q->master_key) < 0 ? -ENOMEM : 1;
}

static int read_mask(int root_fd, const char *name, struct ap_mask *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = fs_read_line(root_fd, &text, BUS "/%s", name);

	return r < 0 ? r : ap_mask_parse(text, ret);
}

/*
 * /proc/crypto has a block of lines for each cipher; a reference count over 1 means that somebody uses it. Protected-key ciphers (paes) are opened
 * with secure keys, which a card's master key wraps.
 */
static int read_keys(int root_fd, char **ret)
{
	_cleanup_free_ char *text = NULL, *name = NULL;
	_cleanup_(strv_freep) char **lines = NULL;

	if (fs_read(root_fd, &text, NULL, "proc/crypto") < 0)
		return 0;
	if (strv_split(text, "\n", &lines) < 0)
		return -ENOMEM;
	for (char **line = lines; line && *line && !*ret; line++) {
		char *colon = strchr(*line, ':');
		unsigned count;

		if (!colon)
			continue;
		if (str_starts(*line, "name")) {
			free(name);
			name = strdup(str_trim(colon + 1));
			if (!name)
				return -ENOMEM;
		} else if (str_starts(*line, "refcnt") && name && strstr(name, "paes") && parse_unsigned(str_trim(colon + 1), &count) == 0 && count > 1) {
			*ret = TAKE(name);
		}
	}
	return 0;
}

int ap_read(int root_fd, struct ap *ret)
{
	_cleanup_(ap_done) struct ap a = { .default_domain = -1 };
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_free_ char *domain = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, DEVICES) < 0)
		return *ret = TAKE(a), 0;
	a.masks_known = read_mask(root_fd, "apmask", &a.cards) >= 0 && read_mask(root_fd, "aqmask", &a.domains) >= 0;
	if (fs_read_line(root_fd, &domain, BUS "/ap_domain") < 0 || parse_int(domain, &a.default_domain) < 0)
		a.default_domain = -1;
	a.list = calloc(strv_length(names) + 1, sizeof(*a.list));
	if (!a.list)
		return -ENOMEM;
	/* Sorted by name they are sorted by number: both parts have all their zeros. */
	for (char **name = names; name && *name && r >= 0; name++) {
		r = read_queue(root_fd, *name, &a, &a.list[a.n]);
		a.n += r > 0 || (r < 0 && a.list[a.n].name);
	}
	if (r >= 0 && a.n)
		r = read_keys(root_fd, &a.keys);
	if (r < 0)
		return r;
	*ret = TAKE(a);
	return 0;
}

static int compare(const void *key, const void *queue)
{
	return strcmp(key, ((const struct ap_queue *)queue)->name);
}

const struct ap_queue *ap_find(const struct ap *a, const char *name)
{
	return name && a->n ? bsearch(name, a->list, a->n, sizeof(*a->list), compare) : NULL;
}
