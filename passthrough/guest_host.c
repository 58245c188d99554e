/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt says of its host before a guest is there. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/guest_host.h"
#include "passthrough/guest_libvirt.h"
#include "passthrough/xml_tree.h"

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

/* <volume><target><format type='qcow2'/>; a block device of a pool (LVM) has none, and is raw. */
static int format_parse(const char *xml, char **ret)
{
	_cleanup_(xml_tree_done) struct xml_tree tree = {};
	int r;

	r = xml_tree_parse(xml, &tree);
	if (r < 0)
		return r;
	*ret = xml_attribute(xml_find(tree.root, "target/format"), "type");
	if (!*ret)
		*ret = strdup("raw");
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
	if (r < 0)
		return r;
	r = format_parse(xml, ret);
	return r < 0 ? log_errno(r, "cannot understand what libvirt says of the volume %s", volume) : 0;
}

int guest_has_autostart(struct guest_connection *c, const char *name)
{
	_cleanup_(guest_close) struct guest g = {};
	int r, autostart = 0;

	r = guest_open(c, name, &g);
	if (r >= 0 && c->api.virDomainGetAutostart(g.domain, &autostart) < 0)
		r = libvirt_error(&c->api, "cannot see whether guest '%s' starts with the host", name);
	return r < 0 ? r : autostart != 0;
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

int guest_start(struct guest_connection *c, const char *name)
{
	_cleanup_(guest_close) struct guest g = {};
	int r;

	r = guest_is_active(c, name);
	if (r != 0)
		return r < 0 ? r : 0;
	r = guest_open(c, name, &g);
	if (r >= 0 && c->api.virDomainCreate(g.domain) < 0)
		r = libvirt_error(&c->api, "cannot start guest '%s'", name);
	return r;
}
