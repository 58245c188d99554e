/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain XML: a libxml2 tree that grows. */

#include <errno.h>
#include <stdarg.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/domain_xml.h"

#define X(s) ((const xmlChar *)(s))

void domain_xml_done(struct domain_xml *x)
{
	if (x->doc)
		libxml()->xmlFreeDoc(x->doc);
	*x = (struct domain_xml){};
}

static xmlNode *node_new(struct domain_xml *x, xmlNode *parent, const char *name)
{
	xmlNode *node;

	if (parent)
		return libxml()->xmlNewChild(parent, NULL, X(name), NULL);
	x->error = libxml_load();
	if (x->error)
		return NULL;
	x->doc = libxml()->xmlNewDoc(X("1.0"));
	node = x->doc ? libxml()->xmlNewDocNode(x->doc, NULL, X(name), NULL) : NULL;
	if (node)
		libxml()->xmlDocSetRootElement(x->doc, node);
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
		x->error = x->error ? x->error : -ENOMEM;
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
	else if (!libxml()->xmlNewProp(node, X(name), X(value)))
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

void domain_xml_set_namespace(struct domain_xml *x, xmlNode *node, const char *prefix, const char *uri)
{
	xmlNs *ns;

	if (x->error)
		return;
	ns = libxml()->xmlNewNs(node, X(uri), X(prefix));
	if (ns)
		libxml()->xmlSetNs(node, ns);
	else
		x->error = -ENOMEM;
}

void domain_xml_inherit_namespace(struct domain_xml *x, xmlNode *node)
{
	if (!x->error)
		libxml()->xmlSetNs(node, node->parent->ns);
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
	child = libxml()->xmlNewDocText(node->doc, X(text));
	if (child && libxml()->xmlAddChild(node, child))
		return;
	libxml()->xmlFreeNode(child);
	x->error = -ENOMEM;
}

int domain_xml_format(const struct domain_xml *x, char **ret)
{
	_cleanup_free_ char *text = NULL;
	xmlBuffer *buffer;

	if (x->error)
		return x->error;
	buffer = libxml()->xmlBufferCreate();
	if (!buffer)
		return -ENOMEM;
	if (libxml()->xmlNodeDump(buffer, x->doc, libxml()->xmlDocGetRootElement(x->doc), 0, 1) > 0)
		text = text_format("%s\n", (const char *)libxml()->xmlBufferContent(buffer));
	libxml()->xmlBufferFree(buffer);
	if (!text)
		return -ENOMEM;
	*ret = TAKE(text);
	return 0;
}

/* The two of the basic plane that Unicode will never give a meaning to: U+FFFE and U+FFFF. */
static bool is_noncharacter(const char *s)
{
	return str_starts(s, "\xef\xbf\xbe") || str_starts(s, "\xef\xbf\xbf");
}

bool domain_xml_is_text(const char *s)
{
	for (size_t n; *s; s += n) {
		unsigned char c = (unsigned char)*s;
		bool is_plain = (c >= 0x20 && c < 0x80) || c == '\t' || c == '\n' || c == '\r';

		n = is_plain ? 1 : text_utf8_length((const unsigned char *)s);
		if (!n || is_noncharacter(s))
			return false;
	}
	return true;
}
