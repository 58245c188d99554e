/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The offer: what libvirt and QEMU on this host can give a guest. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/libxml.h"
#include "common/text.h"
#include "profiles/offer.h"

#define X(s) ((const xmlChar *)(s))

static void xml_freep(xmlChar **s)
{
	if (*s)
		(*libxml()->xmlFree)(*s);
}

void guest_offer_done(struct guest_offer *o)
{
	if (o->doc)
		libxml()->xmlFreeDoc(o->doc);
	*o = (struct guest_offer){};
}

static bool element_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && str_eq((const char *)node->name, name);
}

int guest_offer_parse(const char *xml, struct guest_offer *ret)
{
	_cleanup_(guest_offer_done) struct guest_offer offer = {};
	const xmlNode *root;

	if (libxml_load() < 0)
		return -ELIBACC;
	offer.doc = libxml()->xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	root = offer.doc ? libxml()->xmlDocGetRootElement(offer.doc) : NULL;
	if (!root || !element_is(root, "domainCapabilities"))
		return -EINVAL;
	*ret = TAKE(offer);
	return 0;
}

static bool attribute_is(xmlNode *node, const char *name, const char *value)
{
	_cleanup_(xml_freep) xmlChar *text = libxml()->xmlGetNoNsProp(node, X(name));

	return text && str_eq((const char *)text, value);
}

/* A step is NAME, or NAME:THE-ONE-OF-THIS-NAME. */
static xmlNode *step_find(xmlNode *parent, const char *step)
{
	const char *colon = strchr(step, ':');
	_cleanup_free_ char *name = colon ? strndup(step, (size_t)(colon - step)) : strdup(step);

	for (xmlNode *node = name ? parent->children : NULL; node; node = node->next)
		if (element_is(node, name) && (!colon || attribute_is(node, "name", colon + 1)))
			return node;
	return NULL;
}

static xmlNode *path_find(const struct guest_offer *o, const char *path)
{
	xmlNode *node = o->doc ? libxml()->xmlDocGetRootElement(o->doc) : NULL;
	_cleanup_(strv_freep) char **steps = NULL;

	if (!node || strv_split(path, "/", &steps) < 0)
		return NULL;
	for (char **step = steps; node && step && *step; step++)
		node = step_find(node, *step);
	return node;
}

static bool text_is(const xmlNode *node, const char *value)
{
	const xmlNode *child = node->children;

	return child && child->type == XML_TEXT_NODE && str_eq((const char *)child->content, value);
}

static enum truth list_has(const xmlNode *element, const char *list, const char *value)
{
	_cleanup_free_ char *step = text_format("enum:%s", list);
	const xmlNode *found = step ? step_find((xmlNode *)element, step) : NULL;

	if (!found)
		return TRUTH_UNKNOWN;
	for (const xmlNode *node = found->children; node; node = node->next)
		if (element_is(node, "value") && text_is(node, value))
			return TRUTH_YES;
	return TRUTH_NO;
}

enum truth guest_offer_has(const struct guest_offer *o, const char *path, const char *list, const char *value)
{
	xmlNode *element = path_find(o, path);

	if (!element)
		return TRUTH_UNKNOWN;
	if (attribute_is(element, "supported", "no"))
		return TRUTH_NO;
	if (!list)
		return attribute_is(element, "supported", "yes") ? TRUTH_YES : TRUTH_UNKNOWN;
	return list_has(element, list, value);
}

char *guest_offer_text(const struct guest_offer *o, const char *path, const char *attribute)
{
	xmlNode *element = path_find(o, path);
	_cleanup_(xml_freep) xmlChar *text = NULL;

	if (!element)
		return NULL;
	if (attribute) {
		text = libxml()->xmlGetNoNsProp(element, X(attribute));
		return text ? strdup((const char *)text) : NULL;
	}
	if (!element->children || element->children->type != XML_TEXT_NODE)
		return NULL;
	return strdup((const char *)element->children->content);
}

enum truth guest_offer_has_model(const struct guest_offer *o, const char *model)
{
	const xmlNode *mode = path_find(o, "cpu/mode:custom");

	if (!mode)
		return TRUTH_UNKNOWN;
	for (xmlNode *node = mode->children; node; node = node->next)
		if (element_is(node, "model") && text_is(node, model))
			return attribute_is(node, "usable", "no") ? TRUTH_NO : TRUTH_YES;
	return TRUTH_NO;
}
