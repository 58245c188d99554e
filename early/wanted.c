/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a line of /etc/slipway/devices.conf asks for: an address, and what the device there must be. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/record.h"
#include "early/wanted.h"

#define HEX_DIGITS "0123456789abcdefABCDEF"

static const char *const bind_names[] = { [BY_NOTHING] = "none", [BY_ADDRESS] = "address", [BY_IDS] = "ids" };

int hex_parse(const char *text, uint64_t *ret)
{
	const char *digits = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
	size_t n = strspn(digits, HEX_DIGITS);

	if (n == 0 || digits[n])
		return -EINVAL;
	for (; *digits == '0'; digits++, n--)
		;
	if (n > 16)
		return -ERANGE;
	*ret = strtoull(n ? digits : "0", NULL, 16);
	return 0;
}

/* Takes a number of at most `most` digits and the character behind it; 0 stands for the end of the text. */
static int take_hex(const char **text, size_t most, char behind, unsigned *ret)
{
	size_t n = strspn(*text, HEX_DIGITS);

	if (n == 0 || n > most || (*text)[n] != behind)
		return -EINVAL;
	*ret = (unsigned)strtoul(*text, NULL, 16);
	*text += n + (behind != '\0');
	return 0;
}

int address_normalise(const char *text, char to[24])
{
	const char *first = strchr(text, ':');
	unsigned domain = 0, bus, device, function;

	if (first && strchr(first + 1, ':') && take_hex(&text, 8, ':', &domain) < 0)
		return -EINVAL;
	if (take_hex(&text, 2, ':', &bus) < 0 || take_hex(&text, 2, '.', &device) < 0 || take_hex(&text, 1, '\0', &function) < 0)
		return -EINVAL;
	if (device > 31 || function > 7)
		return -EINVAL;
	snprintf(to, 24, "%04x:%02x:%02x.%x", domain, bus, device, function);
	return 0;
}

static int parse_pair(const struct record *r, const char *key, unsigned *a, unsigned *b)
{
	const char *value = record_find(r, key);

	if (!value || strlen(value) != 9 || take_hex(&value, 4, ':', a) < 0 || take_hex(&value, 4, '\0', b) < 0)
		return -EINVAL;
	return 0;
}

static int parse_bind(const struct record *r, enum bind_by *ret)
{
	const char *value = record_find(r, "bind");

	for (size_t i = 0; value && i < ARRAY_SIZE(bind_names); i++)
		if (strcmp(value, bind_names[i]) == 0) {
			*ret = (enum bind_by)i;
			return 0;
		}
	return -EINVAL;
}

/* A text cut short could agree with what it should not: too long is malformed. */
static int parse_text(const struct record *r, const char *key, char *to, size_t size)
{
	const char *value = record_find(r, key);

	if (value && strlen(value) >= size)
		return -EINVAL;
	strcpy(to, value ? value : "");
	return 0;
}

static int parse_number(const struct record *r, const char *key, uint64_t otherwise, uint64_t *ret)
{
	const char *value = record_find(r, key);

	if (value)
		return hex_parse(value, ret);
	*ret = otherwise;
	return 0;
}

int wanted_parse(char *line, struct wanted *ret)
{
	struct wanted w = {};
	struct traits *t = &w.traits;
	struct record record;
	uint64_t class;
	int r;

	r = record_parse(line, &record);
	if (r <= 0)
		return r;
	if (address_normalise(record.name, w.address) < 0 || parse_bind(&record, &w.bind) < 0 ||
	    parse_pair(&record, "id", &t->vendor, &t->product) < 0 ||
	    parse_pair(&record, "subsystem", &t->subsystem_vendor, &t->subsystem_product) < 0 ||
	    parse_number(&record, "class", UINT64_MAX, &class) < 0 || class > 0xffffff ||
	    parse_number(&record, "pcie-serial", 0, &t->pcie_serial) < 0 ||
	    parse_text(&record, "path", t->path, sizeof(t->path)) < 0 || !*t->path ||
	    parse_text(&record, "slot", t->slot, sizeof(t->slot)) < 0 ||
	    parse_text(&record, "serial", t->serial, sizeof(t->serial)) < 0 ||
	    parse_text(&record, "model", t->model, sizeof(t->model)) < 0)
		return -EINVAL;
	t->class = (unsigned)class;
	*ret = w;
	return 1;
}
