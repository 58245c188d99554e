/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XML trees: a guest's definition, or one element of it, read and made. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/xml_tree.h"

#define X(s) ((const xmlChar *)(s))

static void xml_freep(xmlChar **s)
{
	if (*s)
		(*libxml()->xmlFree)(*s);
}

static void xml_bufferp(xmlBuffer **buffer)
{
	if (*buffer)
		libxml()->xmlBufferFree(*buffer);
}

void xml_tree_done(struct xml_tree *x)
{
	if (x->doc)
		libxml()->xmlFreeDoc(x->doc);
	*x = (struct xml_tree){};
}

int xml_tree_parse(const char *text, struct xml_tree *ret)
{
	struct xml_tree x = {};
	int r;

	r = libxml_load();
	if (r < 0)
		return r;
	x.doc = libxml()->xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	x.root = x.doc ? libxml()->xmlDocGetRootElement(x.doc) : NULL;
	if (!x.root) {
		xml_tree_done(&x);
		return -EINVAL;
	}
	*ret = x;
	return 0;
}

int xml_tree_parse_domain(const char *text, struct xml_tree *ret)
{
	_cleanup_(xml_tree_done) struct xml_tree x = {};
	int r;

	r = xml_tree_parse(text, &x);
	if (r < 0)
		return r;
	/* libvirt's own note of a running guest, /run/libvirt/qemu/NAME.xml, has it inside. */
	if (xml_is(x.root, "domstatus"))
		x.root = xml_child(x.root, "domain");
	if (!x.root || !xml_is(x.root, "domain"))
		return -EINVAL;
	x.devices = xml_child(x.root, "devices");
	*ret = TAKE(x);
	return 0;
}

bool xml_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && str_eq((const char *)node->name, name);
}

xmlNode *xml_child(const xmlNode *parent, const char *name)
{
	for (xmlNode *node = parent ? parent->children : NULL; node; node = node->next)
		if (xml_is(node, name))
			return node;
	return NULL;
}

const xmlNode *xml_find(const xmlNode *node, const char *path)
{
	for (; node && *path; path += strcspn(path, "/"), path += *path == '/') {
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "/"), path);
		node = xml_child(node, name);
	}
	return node;
}

char *xml_attribute(const xmlNode *node, const char *name)
{
	_cleanup_(xml_freep) xmlChar *text = node ? libxml()->xmlGetNoNsProp(node, X(name)) : NULL;

	return text ? strdup((const char *)text) : NULL;
}

bool xml_attribute_is(const xmlNode *node, const char *name, const char *value)
{
	_cleanup_(xml_freep) xmlChar *text = node ? libxml()->xmlGetNoNsProp(node, X(name)) : NULL;

	return text && str_eq((const char *)text, value);
}

char *xml_text(const xmlNode *node)
{
	const xmlNode *child = node ? node->children : NULL;

	return child && child->type == XML_TEXT_NODE ? strdup((const char *)child->content) : NULL;
}

int xml_unsigned(const xmlNode *node, const char *name, unsigned max, unsigned *ret)
{
	_cleanup_(xml_freep) xmlChar *text = libxml()->xmlGetNoNsProp(node, X(name));
	unsigned long number;
	char *end;

	if (!text) {
		*ret = 0;
		return 0;
	}
	errno = 0;
	number = strtoul((const char *)text, &end, 0);
	if (errno || end == (const char *)text || *end || number > max)
		return -EINVAL;
	*ret = (unsigned)number;
	return 0;
}

int xml_print(xmlDoc *doc, xmlNode *node, char **ret)
{
	_cleanup_(xml_bufferp) xmlBuffer *buffer = libxml()->xmlBufferCreate();
	char *text;

	if (!buffer || libxml()->xmlNodeDump(buffer, doc, node, 0, 1) <= 0)
		return -ENOMEM;
	text = strdup((const char *)libxml()->xmlBufferContent(buffer));
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

void xml_maker_done(struct xml_maker *m)
{
	if (m->doc)
		libxml()->xmlFreeDoc(m->doc);
	*m = (struct xml_maker){};
}

int xml_new(const char *root, struct xml_maker *ret)
{
	struct xml_maker m = {};
	int r;

	r = libxml_load();
	if (r < 0)
		return r;
	m.doc = libxml()->xmlNewDoc(X("1.0"));
	m.root = m.doc ? libxml()->xmlNewDocNode(m.doc, NULL, X(root), NULL) : NULL;
	if (!m.root) {
		xml_maker_done(&m);
		return -ENOMEM;
	}
	libxml()->xmlDocSetRootElement(m.doc, m.root);
	*ret = m;
	return 0;
}

xmlNode *xml_add(struct xml_maker *m, xmlNode *parent, const char *name)
{
	xmlNode *node = parent ? libxml()->xmlNewChild(parent, NULL, X(name), NULL) : NULL;

	m->failed = m->failed || !node;
	return node;
}

void xml_set(struct xml_maker *m, xmlNode *node, const char *name, const char *format, ...)
{
	_cleanup_free_ char *value = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&value, format, ap);
	va_end(ap);
	if (n < 0)
		value = NULL;
	if (!node || !value || !libxml()->xmlNewProp(node, X(name), X(value)))
		m->failed = true;
}

/* xmlNewChild() would take '&' in the text for the beginning of an entity. */
void xml_add_text(struct xml_maker *m, xmlNode *parent, const char *name, const char *text)
{
	xmlNode *node = xml_add(m, parent, name), *content = node ? libxml()->xmlNewDocText(m->doc, X(text)) : NULL;

	if (!content || !libxml()->xmlAddChild(node, content))
		m->failed = true;
}

int xml_take(struct xml_maker *m, char **ret)
{
	int r = m->failed ? -ENOMEM : xml_print(m->doc, m->root, ret);

	xml_maker_done(m);
	return r;
}
