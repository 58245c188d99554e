/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain XML: a libxml2 tree that grows (https://libvirt.org/formatdomain.html).
 *
 * Names and texts are data: libxml2 escapes them when the tree is printed. Like `struct text`, the tree remembers that
 * something went wrong, so that a long document is built without a check behind each line.
 */
#pragma once

#include <stdbool.h>

#include "common/libxml.h"

/* Zero-initialised is empty; the first node added becomes the root. */
struct domain_xml {
	xmlDoc *doc;
	int error;   /* 0, -ENOMEM, -EINVAL: a text that XML cannot hold, -ELIBACC: no libxml2 */
};

void domain_xml_done(struct domain_xml *x);

/*
 * Adds an element below `parent` (NULL: as the root), followed by pairs of attribute name and value and a NULL. A pair
 * whose value is NULL is left out. Returns NULL once something went wrong, and from then on everything does nothing.
 */
xmlNode *domain_xml_add(struct domain_xml *x, xmlNode *parent, const char *name, ...) __attribute__((sentinel));
/* Adds an element with nothing but a text inside. */
xmlNode *domain_xml_add_text(struct domain_xml *x, xmlNode *parent, const char *name, const char *text);
void domain_xml_set(struct domain_xml *x, xmlNode *node, const char *name, const char *value);
void domain_xml_set_unsigned(struct domain_xml *x, xmlNode *node, const char *name, unsigned value);
void domain_xml_set_namespace(struct domain_xml *x, xmlNode *node, const char *prefix, const char *uri);
/* Puts the node into its parent's namespace. */
void domain_xml_inherit_namespace(struct domain_xml *x, xmlNode *node);
void domain_xml_set_text(struct domain_xml *x, xmlNode *node, const char *text);

/* The document, indented, UTF-8, without the <?xml?> line; 0, or what went wrong on the way. */
int domain_xml_format(const struct domain_xml *x, char **ret);

/*
 * Can XML 1.0 hold this text (2.2: UTF-8, of the control characters only tab and line ends)? No escaping helps where it
 * cannot. U+0080 to U+009F, which XML only advises against, are refused, too: some terminals obey them.
 */
bool domain_xml_is_text(const char *s);
