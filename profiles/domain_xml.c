/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain XML: a libxml2 tree that grows. */

#include <errno.h>
#include <libxml/chvalid.h>
#include <libxml/xmlstring.h>
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/domain_xml.h"

#define X(s) ((const xmlChar *)(s))

void domain_xml_done(struct domain_xml *x)
{
	if (x->doc)
		xmlFreeDoc(x->doc);
	*x = (struct domain_xml){};
}

static xmlNode *node_new(struct domain_xml *x, xmlNode *parent, const char *name)
{
	xmlNode *node;

	if (parent)
		return xmlNewChild(parent, NULL, X(name), NULL);
	x->doc = xmlNewDoc(X("1.0"));
	node = x->doc ? xmlNewDocNode(x->doc, NULL, X(name), NULL) : NULL;
	if (node)
		xmlDocSetRootElement(x->doc, node);
	return node;
}

xmlNode *domain_xml_add(struct domain_xml *x, xmlNode *parent, const char *name, ...)
{
	const char *key, *value;
	xmlNode *node;
	va_list ap;

	if (x->error)
		return NULL;
	node = node_new(x, parent, name);
	if (!node) {
		x->error = -ENOMEM;
		return NULL;
	}
	va_start(ap, name);
	while ((key = va_arg(ap, const char *))) {
		value = va_arg(ap, const char *);
		if (value)
			domain_xml_set(x, node, key, value);
	}
	va_end(ap);
	return node;
}

xmlNode *domain_xml_add_text(struct domain_xml *x, xmlNode *parent, const char *name, const char *text)
{
	xmlNode *node = domain_xml_add(x, parent, name, NULL);

	domain_xml_set_text(x, node, text);
	return node;
}

void domain_xml_set(struct domain_xml *x, xmlNode *node, const char *name, const char *value)
{
	if (x->error)
		return;
	if (!domain_xml_is_text(value))
		x->error = -EINVAL;
	else if (!xmlNewProp(node, X(name), X(value)))
		x->error = -ENOMEM;
}

void domain_xml_set_unsigned(struct domain_xml *x, xmlNode *node, const char *name, unsigned value)
{
	_cleanup_free_ char *text = text_format("%u", value);

	if (text)
		domain_xml_set(x, node, name, text);
	else
		x->error = -ENOMEM;
}

void domain_xml_set_text(struct domain_xml *x, xmlNode *node, const char *text)
{
	xmlNode *child;

	if (x->error)
		return;
	if (!domain_xml_is_text(text)) {
		x->error = -EINVAL;
		return;
	}
	child = xmlNewDocText(node->doc, X(text));
	if (child && xmlAddChild(node, child))
		return;
	xmlFreeNode(child);
	x->error = -ENOMEM;
}

int domain_xml_format(const struct domain_xml *x, char **ret)
{
	_cleanup_free_ char *text = NULL;
	xmlBuffer *buffer;

	if (x->error)
		return x->error;
	buffer = xmlBufferCreate();
	if (!buffer)
		return -ENOMEM;
	if (xmlNodeDump(buffer, x->doc, xmlDocGetRootElement(x->doc), 0, 1) > 0)
		text = text_format("%s\n", (const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	if (!text)
		return -ENOMEM;
	*ret = TAKE(text);
	return 0;
}

/* RFC 3629, 3. */
static int utf8_length(int c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

bool domain_xml_is_text(const char *s)
{
	int left = (int)strnlen(s, 1 << 20), length, c;

	if (!xmlCheckUTF8(X(s)))
		return false;
	for (; left > 0; s += length, left -= length) {
		length = left;
		c = xmlGetUTF8Char(X(s), &length);
		/* libxml2 takes some characters that are written longer than they are, and refuses to read them back. */
		if (c < 0 || !xmlIsCharQ((unsigned)c) || length != utf8_length(c))
			return false;
	}
	return true;
}
