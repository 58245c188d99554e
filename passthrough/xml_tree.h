/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML trees: a guest's definition, or one element of it, and the few steps in them that slipway takes
 * (https://libvirt.org/formatdomain.html). xml_tree_parse_domain() and xml_new() load libxml2; the others follow them.
 */
#pragma once

#include <stdbool.h>

#include "common/libxml.h"

struct xml_tree {
	xmlDoc *doc;
	xmlNode *root, *devices; /* borrowed from the document; devices NULL: none */
};

/* A whole domain. -EINVAL where it is none; -ELIBACC: no libxml2; silent. Nothing that the text refers to is loaded. */
int xml_tree_parse_domain(const char *text, struct xml_tree *ret);
/* One element by itself, such as <hostdev>: it is the root. The same errors. */
int xml_tree_parse(const char *text, struct xml_tree *ret);
void xml_tree_done(struct xml_tree *x);

bool xml_is(const xmlNode *node, const char *name);
/* The first child element of that name; NULL where there is none, or no parent. */
xmlNode *xml_child(const xmlNode *parent, const char *name);
/* The same, step by step: "features/kvm/hidden"; "" is the node itself. */
const xmlNode *xml_find(const xmlNode *node, const char *path);
/* A new string, NULL where the attribute (or the node) is missing, or memory runs out. */
char *xml_attribute(const xmlNode *node, const char *name);
bool xml_attribute_is(const xmlNode *node, const char *name, const char *value);
/* The text in the element: a new string; NULL where there is none, or no element. */
char *xml_text(const xmlNode *node);
/* Decimal, octal or 0x hex, as libvirt's virXMLPropUInt() takes them; a missing one is 0. -EINVAL. */
int xml_unsigned(const xmlNode *node, const char *name, unsigned max, unsigned *ret);
/* The element as text: a new string. -ENOMEM. */
int xml_print(xmlDoc *doc, xmlNode *node, char **ret);

/* A document that is being made: after a failed step `failed` stays set. xml_take() prints its root, and frees it. */
struct xml_maker {
	xmlDoc *doc;
	xmlNode *root;
	bool failed;
};

int xml_new(const char *root, struct xml_maker *ret);
/* All of these take a NULL node, which an earlier step has left. */
xmlNode *xml_add(struct xml_maker *m, xmlNode *parent, const char *name);
void xml_set(struct xml_maker *m, xmlNode *node, const char *name, const char *format, ...) __attribute__((format(printf, 4, 5)));
void xml_add_text(struct xml_maker *m, xmlNode *parent, const char *name, const char *text);
int xml_take(struct xml_maker *m, char **ret);
void xml_maker_done(struct xml_maker *m);
