/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VF set: how many virtual functions a device has, and what each of them is to be. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/record.h"
#include "common/text.h"
#include "detect/vf_set.h"

#define VLAN_MAX 4094   /* IEEE 802.1Q keeps 0 and 4095 for itself */
#define NUMBER_MAX 65535 /* NumVFs has 16 bits (PCIe 9.3.3.7) */

void vf_set_done(struct vf_set *s)
{
	free(s->list);
	*s = (struct vf_set)VF_SET_EMPTY;
}

static const struct vf *vf_set_find(const struct vf_set *s, unsigned number)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].number == number)
			return &s->list[i];
	return NULL;
}

struct vf *vf_set_own(struct vf_set *s, unsigned number)
{
	struct vf *grown = (struct vf *)vf_set_find(s, number);
	size_t i = s->n;

	if (grown)
		return grown;
	grown = realloc(s->list, (s->n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	s->list = grown;
	for (; i > 0 && s->list[i - 1].number > number; i--)
		s->list[i] = s->list[i - 1];
	s->list[i] = (struct vf){ .number = number };
	s->n++;
	return &s->list[i];
}

static bool mac_is_zero(const uint8_t mac[MAC_BYTES])
{
	static const uint8_t zero[MAC_BYTES];

	return memcmp(mac, zero, MAC_BYTES) == 0;
}

static bool has_mac(const struct vf *vf, const uint8_t mac[MAC_BYTES])
{
	return vf && vf->has_mac && memcmp(vf->mac, mac, MAC_BYTES) == 0;
}

bool vf_set_satisfies(const struct vf_set *now, const struct vf_set *wish)
{
	if (now->count != wish->count || (wish->autoprobe >= 0 && now->autoprobe >= 0 && now->autoprobe != wish->autoprobe))
		return false;
	for (size_t i = 0; i < wish->n; i++)
		if (wish->list[i].has_mac && !has_mac(vf_set_find(now, wish->list[i].number), wish->list[i].mac))
			return false;
	for (unsigned number = 0; number < wish->count; number++) {
		const struct vf *is = vf_set_find(now, number), *wanted = vf_set_find(wish, number);

		if ((is ? is->vlan : 0) != (wanted ? wanted->vlan : 0))
			return false;
	}
	return true;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

	return c && at ? (int)(at - digits) : -1;
}

/* "52:54:00:12:34:56"; -EINVAL: none that a port can have (no six bytes, a group address, zero). */
static int mac_parse(const char *text, uint8_t ret[MAC_BYTES])
{
	uint8_t mac[MAC_BYTES];

	if (strlen(text) != 3 * MAC_BYTES - 1)
		return -EINVAL;
	for (size_t i = 0; i < MAC_BYTES; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || (i + 1 < MAC_BYTES && text[2] != ':'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	/* Bit 0 of the first byte makes it the address of a group (IEEE 802). */
	if (mac[0] & 1 || mac_is_zero(mac))
		return -EINVAL;
	memcpy(ret, mac, MAC_BYTES);
	return 0;
}

static char *mac_format(const uint8_t mac[MAC_BYTES])
{
	return text_format("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static int parse_number(const struct record *r, const char *key, unsigned max, unsigned *ret)
{
	const char *value = record_find(r, key);

	return value && parse_unsigned(value, ret) == 0 && *ret <= max ? 0 : -EINVAL;
}

/* -1 stays where the key is missing. */
static int parse_optional(const struct record *r, const char *key, int *ret)
{
	unsigned value;

	if (!record_find(r, key))
		return 0;
	if (parse_number(r, key, NUMBER_MAX, &value) < 0)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

static int parse_vf(const struct record *r, struct vf_set *s)
{
	const char *mac = record_find(r, "mac");
	unsigned number, vlan = 0;
	struct vf *vf;

	if (parse_number(r, "number", NUMBER_MAX, &number) < 0 || (record_find(r, "vlan") && parse_number(r, "vlan", VLAN_MAX, &vlan) < 0))
		return -EINVAL;
	vf = vf_set_own(s, number);
	if (!vf)
		return -ENOMEM;
	vf->vlan = vlan;
	vf->has_mac = mac != NULL;
	return mac ? mac_parse(mac, vf->mac) : 0;
}

static int parse_line(char *line, struct vf_set *s, bool *has_count)
{
	struct record record;
	int r = record_parse(line, &record);

	if (r <= 0)
		return r;
	if (str_eq(record.name, "vf"))
		return parse_vf(&record, s);
	if (!str_eq(record.name, "vfs") || *has_count)
		return -EINVAL;
	*has_count = true;
	r = parse_number(&record, "count", NUMBER_MAX, &s->count);
	if (r >= 0)
		r = parse_optional(&record, "autoprobe", &s->autoprobe);
	if (r >= 0)
		r = parse_optional(&record, "queues", &s->primary_queues);
	return r < 0 ? r : parse_optional(&record, "interrupts", &s->primary_interrupts);
}

int vf_set_parse(const char *text, struct vf_set *ret)
{
	_cleanup_(vf_set_done) struct vf_set s = VF_SET_EMPTY;
	_cleanup_free_ char *copy = strdup(text);
	bool has_count = false;
	char *next = copy;

	if (!copy)
		return -ENOMEM;
	while (next) {
		int r = parse_line(strsep(&next, "\n"), &s, &has_count);

		if (r < 0)
			return r == -ENOMEM ? r : -EINVAL;
	}
	if (!has_count || (s.n && s.list[s.n - 1].number >= s.count))
		return -EINVAL;
	*ret = TAKE(s);
	return 0;
}

static void format_optional(struct text *out, const char *key, int value)
{
	if (value >= 0)
		text_printf(out, " %s=%d", key, value);
}

char *vf_set_format(const struct vf_set *s)
{
	struct text out = {};

	text_printf(&out, "vfs count=%u", s->count);
	format_optional(&out, "autoprobe", s->autoprobe);
	format_optional(&out, "queues", s->primary_queues);
	format_optional(&out, "interrupts", s->primary_interrupts);
	text_append(&out, "\n");
	for (size_t i = 0; i < s->n; i++) {
		_cleanup_free_ char *mac = mac_format(s->list[i].mac);

		text_printf(&out, "vf number=%u", s->list[i].number);
		if (!mac)
			out.failed = true;
		else if (s->list[i].has_mac)
			text_printf(&out, " mac=%s", mac);
		if (s->list[i].vlan)
			text_printf(&out, " vlan=%u", s->list[i].vlan);
		text_append(&out, "\n");
	}
	return text_take(&out);
}

/* "3=VALUE": the number, and where the value begins. */
static int split_option(const struct vf_set *s, const char *option, const char *text, unsigned *ret_number, const char **ret_value)
{
	const char *equals = strchr(text, '=');
	_cleanup_free_ char *number = equals ? strndup(text, (size_t)(equals - text)) : NULL;

	if (!number || parse_unsigned(number, ret_number) < 0)
		return log_invalid("'%s %s': wanted is VF=VALUE, with the number of a VF, from 0", option, text);
	if (*ret_number >= s->count)
		return log_invalid("'%s %s': there is no VF %u where --count is %u; they are numbered from 0", option, text, *ret_number, s->count);
	*ret_value = equals + 1;
	return 0;
}

int vf_set_add_mac(struct vf_set *s, const char *text)
{
	uint8_t mac[MAC_BYTES];
	const char *value = text;
	unsigned number = 0;
	struct vf *vf;

	if (split_option(s, "--mac", text, &number, &value) < 0)
		return -EINVAL;
	if (mac_parse(value, mac) < 0)
		return log_invalid("'--mac %s': '%s' is no address that a port can have, such as 52:54:00:12:34:56", text, value);
	for (size_t i = 0; i < s->n; i++)
		if (has_mac(&s->list[i], mac))
			return log_invalid("'--mac %s': VF %u has this address already", text, s->list[i].number);
	vf = vf_set_own(s, number);
	if (!vf)
		return log_oom();
	if (vf->has_mac)
		return log_invalid("'--mac %s': VF %u has an address already", text, number);
	vf->has_mac = true;
	memcpy(vf->mac, mac, MAC_BYTES);
	return 0;
}

int vf_set_add_vlan(struct vf_set *s, const char *text)
{
	unsigned number = 0, last = s->count, vlan;
	const char *value = text;

	if (strchr(text, '=')) {
		if (split_option(s, "--vlan", text, &number, &value) < 0)
			return -EINVAL;
		last = number + 1;
	}
	if (parse_unsigned(value, &vlan) < 0 || !vlan || vlan > VLAN_MAX)
		return log_invalid("'--vlan %s': a VLAN has a number from 1 to %u", text, VLAN_MAX);
	for (; number < last; number++) {
		struct vf *vf = vf_set_own(s, number);

		if (!vf)
			return log_oom();
		vf->vlan = vlan;
	}
	return 0;
}
