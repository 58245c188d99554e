/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt says of its host before a guest is there. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/libxml.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/guest_host.h"
#include "passthrough/guest_libvirt.h"

#define X(s) ((const xmlChar *)(s))

int guest_capabilities(struct guest_connection *c, const char *emulator, const char *architecture, const char *machine, const char *type,
		       char **ret_xml)
{
	char *xml = c->api.virConnectGetDomainCapabilities(c->connection, emulator, architecture, machine, type, 0);
	int r;

	if (xml) {
		*ret_xml = xml;
		return 0;
	}
	r = libvirt_errno(&c->api);
	if (r == -EOPNOTSUPP)
		return r;
	libvirt_error(&c->api, "libvirt offers no guests of type %s with machine %s (%s) here", type, machine, emulator);
	if (r == -EINVAL && str_eq(type, "kvm"))
		log_info("'slipway audit' says what KVM lacks here; --type qemu emulates the guest's CPU instead");
	return r;
}

static xmlNode *child_find(xmlNode *parent, const char *name)
{
	for (xmlNode *node = parent ? parent->children : NULL; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && str_eq((const char *)node->name, name))
			return node;
	return NULL;
}

/* <volume><target><format type='qcow2'/>; a block device of a pool (LVM) has none, and is raw. */
static int format_parse(const char *xml, char **ret)
{
	xmlDoc *doc = libxml_load() < 0 ? NULL :
		      libxml()->xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNode *format = doc ? child_find(child_find(libxml()->xmlDocGetRootElement(doc), "target"), "format") : NULL;
	xmlChar *type = format ? libxml()->xmlGetNoNsProp(format, X("type")) : NULL;

	*ret = strdup(type ? (const char *)type : "raw");
	if (type)
		(*libxml()->xmlFree)(type);
	if (doc)
		libxml()->xmlFreeDoc(doc);
	return *ret ? 0 : -ENOMEM;
}

int guest_volume_format(struct guest_connection *c, const char *pool, const char *volume, char **ret)
{
	virStoragePoolPtr p = c->api.virStoragePoolLookupByName(c->connection, pool);
	virStorageVolPtr v = p ? c->api.virStorageVolLookupByName(p, volume) : NULL;
	_cleanup_free_ char *xml = v ? c->api.virStorageVolGetXMLDesc(v, 0) : NULL;
	int r = xml ? 0 : libvirt_error(&c->api, "cannot use the volume %s of pool %s as disk", volume, pool);

	if (v)
		c->api.virStorageVolFree(v);
	if (p)
		c->api.virStoragePoolFree(p);
	if (r >= 0 && format_parse(xml, ret) < 0)
		r = log_oom();
	return r;
}

int guest_set_autostart(struct guest_connection *c, const char *name, bool autostart)
{
	_cleanup_(guest_close) struct guest g = {};
	int r;

	r = guest_open(c, name, &g);
	if (r >= 0 && c->api.virDomainSetAutostart(g.domain, autostart) < 0)
		r = libvirt_error(&c->api, "cannot have guest '%s' started with the host", name);
	return r;
}
