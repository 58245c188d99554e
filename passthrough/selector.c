/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors: naming devices by what they are, "0000:05:00.0" or "class=nvme,serial=S4EV*". */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/names.h"
#include "passthrough/selector.h"

static bool match_text(const char *pattern, const char *value)
{
	return value && fnmatch(pattern, value, FNM_CASEFOLD) == 0;
}

static bool match_address(const char *pattern, const struct device *d)
{
	unsigned domain, bus, device, function;

	if (address_parse(pattern, &domain, &bus, &device, &function) == 0)
		return domain == d->domain && bus == d->bus && device == d->device && function == d->function;
	return match_text(pattern, d->address);
}

static bool match_ids(const char *pattern, unsigned vendor, unsigned product)
{
	char text[16];

	snprintf(text, sizeof(text), "%04x:%04x", vendor, product);
	return match_text(pattern, text);
}

static bool match_id(const char *pattern, const struct device *d)
{
	return match_ids(pattern, d->vendor, d->product);
}

static bool match_subsystem(const char *pattern, const struct device *d)
{
	return match_ids(pattern, d->subsystem_vendor, d->subsystem_product);
}

/* PCI Code and ID Assignment Specification: base class, sub-class, programming interface. The narrow ones come first. */
static const struct {
	const char *word;
	unsigned value, mask;
} classes[] = {
	{ "nvme", 0x010802, 0xffffff },
	{ "net", 0x020000, 0xff0000 },
	{ "gpu", 0x030000, 0xff0000 },
	{ "usb", 0x0c0300, 0xffff00 },
	{ "storage", 0x010000, 0xff0000 },
};

const char *device_class_word(const struct device *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if ((d->class & classes[i].mask) == classes[i].value)
			return classes[i].word;
	return NULL;
}

static bool match_class(const char *pattern, const struct device *d)
{
	char text[16];

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (str_eq(pattern, classes[i].word))
			return (d->class & classes[i].mask) == classes[i].value;
	/* Hex: two, four or six digits, with or without 0x. */
	if (str_starts(pattern, "0x"))
		pattern += 2;
	snprintf(text, sizeof(text), "%06x", d->class);
	if (strlen(pattern) < 6 && !strpbrk(pattern, "*?["))
		text[strlen(pattern)] = '\0';
	return match_text(pattern, text);
}

static bool match_serial(const char *pattern, const struct device *d)
{
	char text[32];

	if (match_text(pattern, d->serial))
		return true;
	if (!d->capabilities.has_serial)
		return false;
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)d->capabilities.serial);
	return match_text(pattern, text);
}

static bool match_model(const char *pattern, const struct device *d)
{
	return match_text(pattern, d->model);
}

static bool match_slot(const char *pattern, const struct device *d)
{
	return match_text(pattern, d->slot);
}

static bool match_path(const char *pattern, const struct device *d)
{
	return match_text(pattern, d->path);
}

static bool match_driver(const char *pattern, const struct device *d)
{
	return match_text(pattern, d->driver ? d->driver : "none");
}

static bool match_numa(const char *pattern, const struct device *d)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", d->numa_node);
	return match_text(pattern, text);
}

/* The name in pci.ids, as lspci prints it. */
static bool match_name(const char *pattern, const struct device *d)
{
	char text[256];

	device_name(d, text, sizeof(text));
	return match_text(pattern, text);
}

static const struct {
	const char *name;
	bool (*matches)(const char *pattern, const struct device *d);
} keys[] = {
	{ "address", match_address }, { "id", match_id },       { "subsystem", match_subsystem }, { "class", match_class },
	{ "serial", match_serial },   { "model", match_model }, { "slot", match_slot },           { "path", match_path },
	{ "driver", match_driver },   { "numa", match_numa },   { "name", match_name },
};

void selector_done(struct selector *s)
{
	for (size_t i = 0; i < s->n_terms; i++)
		free(s->terms[i].value);
	free(s->text);
	*s = (struct selector){};
}

static int find_key(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].name) == n && strncmp(keys[i].name, name, n) == 0)
			return (int)i;
	return -1;
}

static int fault(char **ret, char *sentence)
{
	free(*ret);
	*ret = sentence;
	return sentence ? -EINVAL : -ENOMEM;
}

static int add_term(struct selector *s, int key, const char *value, char **ret_fault)
{
	if (s->n_terms == SELECTOR_TERMS)
		return fault(ret_fault, text_format("selector '%s' has more than %d terms", s->text, SELECTOR_TERMS));
	s->terms[s->n_terms].key = key;
	s->terms[s->n_terms].value = strdup(value);
	if (!s->terms[s->n_terms].value)
		return -ENOMEM;
	s->n_terms++;
	return 0;
}

static int parse_term(struct selector *s, const char *term, char **ret_fault)
{
	const char *equals = strchr(term, '=');
	int key;

	if (!equals)
		return fault(ret_fault, text_format("selector '%s': '%s' is neither a PCI address nor key=value", s->text, term));
	key = find_key(term, (size_t)(equals - term));
	if (key < 0 && (str_starts(term, "ccw=") || str_starts(term, "ap=")))
		return fault(ret_fault, text_format("selector '%s': CCW devices and crypto queues go to guests by 'slipway attach GUEST %s', and nothing sets them "
						    "aside before", s->text, term));
	if (key < 0)
		return fault(ret_fault, text_format("selector '%s': unknown key '%.*s'; the keys are address id subsystem class serial model slot "
						    "path driver numa name", s->text, (int)(equals - term), term));
	if (!equals[1])
		return fault(ret_fault, text_format("selector '%s': '%.*s' has no value", s->text, (int)(equals - term), term));
	return add_term(s, key, equals + 1, ret_fault);
}

int selector_read(const char *text, struct selector *ret, char **ret_fault)
{
	_cleanup_(selector_done) struct selector s = { .text = strdup(text) };
	_cleanup_(strv_freep) char **terms = NULL;
	unsigned domain, bus, device, function;
	int r = 0;

	if (!s.text || strv_split(text, ",", &terms) < 0)
		return -ENOMEM;
	if (!terms)
		return fault(ret_fault, text_format("an empty selector names no device"));
	if (address_parse(text, &domain, &bus, &device, &function) == 0)
		r = add_term(&s, find_key("address", 7), text, ret_fault);
	else
		for (char **term = terms; *term && r >= 0; term++)
			r = parse_term(&s, *term, ret_fault);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

int selector_parse(const char *text, struct selector *ret)
{
	_cleanup_free_ char *sentence = NULL;
	int r;

	r = selector_read(text, ret, &sentence);
	return r == -EINVAL ? log_invalid("%s", sentence) : r < 0 ? log_oom() : 0;
}

bool selector_matches(const struct selector *s, const struct device *d)
{
	for (size_t i = 0; i < s->n_terms; i++)
		if (!keys[s->terms[i].key].matches(s->terms[i].value, d))
			return false;
	return true;
}

bool selector_has_serial(const struct selector *s)
{
	for (size_t i = 0; i < s->n_terms; i++)
		if (keys[s->terms[i].key].matches == match_serial || keys[s->terms[i].key].matches == match_model)
			return true;
	return false;
}

bool selector_has_address(const struct selector *s)
{
	for (size_t i = 0; i < s->n_terms; i++)
		if (keys[s->terms[i].key].matches == match_address)
			return true;
	return false;
}

/* "slot=00000021": a PCI function of s390x by its id. */
static bool names_function(const char *text)
{
	return str_starts(text, "slot=") && strlen(text) == 13 && strspn(text + 5, "0123456789abcdefABCDEF") == 8;
}

int selector_find(const char *text, const struct devices *devices, struct device ***ret, size_t *ret_n)
{
	_cleanup_(selector_done) struct selector s = {};
	_cleanup_free_ struct device **found = NULL;
	size_t n = 0;
	int r;

	r = selector_parse(text, &s);
	if (r < 0)
		return r;
	found = calloc(devices->n + 1, sizeof(*found));
	if (!found)
		return log_oom();
	for (size_t i = 0; i < devices->n; i++)
		if (selector_matches(&s, &devices->list[i]))
			found[n++] = &devices->list[i];
	if (!n)
		return log_error("no device matches '%s'; 'slipway list' shows the devices there are%s", text,
				 names_function(text) ? ", and 'slipway audit' the functions that stand by" : ""), -ENOENT;
	*ret = TAKE(found);
	*ret_n = n;
	return 0;
}
