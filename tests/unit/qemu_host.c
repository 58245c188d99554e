/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host with QEMU and guest firmware, and the domains that are built there. */

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "tests/unit/qemu_host.h"

void qemu_host_new(struct tree *t)
{
	tree_new(t);
	t->host.root_fd = t->fd;
	tree_put(t, "usr/bin/qemu-system-x86_64", "%s", "");
	tree_put(t, FILES "/code.fd", "c");
	tree_put(t, FILES "/vars.fd", "v");
}

void qemu_host_read(struct tree *t)
{
	software_done(&t->host.software);
	if (software_read(t->fd, false, "x86_64", &t->host.software) < 0)
		abort();
}

struct guest_options start(struct tree *t)
{
	struct guest_options o = profile_find("uefi")->defaults;

	qemu_host_new(t);
	tree_put(t, LOW "/60-c.json", "%s", PLAIN);
	qemu_host_read(t);
	o.name = "guest";
	return o;
}

char *look(const char *xml, const char *expression)
{
	xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
	xmlXPathContext *context = doc ? xmlXPathNewContext(doc) : NULL;
	xmlXPathObject *object = context ? xmlXPathEvalExpression((const xmlChar *)expression, context) : NULL;
	xmlChar *text = object ? xmlXPathCastToString(object) : NULL;
	char *copy = text ? strdup((char *)text) : NULL;

	xmlFree(text);
	xmlXPathFreeObject(object);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
	return copy;
}

bool is_valid(const char *xml)
{
	_cleanup_free_ char *output = NULL;
	char name[] = "/tmp/slipway-xml-XXXXXX";
	char *argv[] = { "virt-xml-validate", name, "domain", NULL };
	int fd = mkstemp(name), r;
	bool written = write(fd, xml, strlen(xml)) == (ssize_t)strlen(xml);

	close(fd);
	r = process_run(argv, &output);
	if (r != 0)
		printf("# virt-xml-validate: %d %s\n", r, output ? output : "");
	unlink(name);
	return written && r == 0;
}
