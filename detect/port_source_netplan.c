/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port sources of netplan: entries of its YAML files (netplan(5)). */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "common/yaml_file.h"
#include "detect/drop_in.h"
#include "detect/port_source.h"

/* The order is the names'; of one name the last folder counts. */
static const char *const folders[] = { "run/netplan", "etc/netplan", "lib/netplan", NULL };

/* Is the entry about the port: by its id, or by what match: and set-name: say. Why, as a new string; NULL: it is not. */
static char *why(yaml_document_t *d, const char *id, yaml_node_t *entry, const struct port_traits *port)
{
	yaml_node_t *match = yaml_file_get(d, entry, "match");
	const char *set_name = yaml_file_text(yaml_file_get(d, entry, "set-name"));
	const char *name = yaml_file_text(yaml_file_get(d, match, "name")), *mac = yaml_file_text(yaml_file_get(d, match, "macaddress"));
	const char *driver = yaml_file_text(yaml_file_get(d, match, "driver"));

	if (!match)
		return str_eq(id, port->name) ? strdup(id) : NULL;
	if (set_name)
		return str_eq(set_name, port->name) ? text_format("%s: set-name: %s", id, set_name) : NULL;
	if (!port->is_port || (name && fnmatch(name, port->name, 0) != 0) || (mac && (!port->mac || strcasecmp(mac, port->mac) != 0)) ||
	    (driver && (!port->driver || fnmatch(driver, port->driver, 0) != 0)))
		return NULL;
	return text_format("%s: match:%s%s%s%s%s%s", id, name ? " name: " : "", name ? name : "", mac ? " macaddress: " : "", mac ? mac : "",
			   driver ? " driver: " : "", driver ? driver : "");
}

static int look_at(const char *path, yaml_document_t *d, const struct port_traits *port, struct port_sources *s)
{
	static const char *const kinds[] = { "ethernets", "bonds", "bridges", "vlans" };
	yaml_node_t *network = yaml_file_get(d, yaml_document_get_root_node(d), "network");
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		yaml_node_t *kind = yaml_file_get(d, network, kinds[i]);

		if (!kind || kind->type != YAML_MAPPING_NODE)
			continue;
		for (yaml_node_pair_t *p = kind->data.mapping.pairs.start; p < kind->data.mapping.pairs.top && r >= 0; p++) {
			yaml_node_t *key = yaml_document_get_node(d, p->key);
			const char *id = yaml_file_text(key);
			char *evidence = id ? why(d, id, yaml_document_get_node(d, p->value), port) : NULL;

			if (evidence)
				r = port_sources_add(s, MANAGER_NETPLAN, path, (unsigned)key->start_mark.line + 1, id, evidence);
		}
	}
	return r;
}

int netplan_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s)
{
	_cleanup_(drop_ins_done) struct drop_ins files = {};
	int r;

	if (!fs_exists(root_fd, "usr/sbin/netplan") && !fs_exists(root_fd, "sbin/netplan"))
		return 0;
	r = drop_ins_read(root_fd, folders, ".yaml", &files);
	for (size_t i = 0; i < files.n && r >= 0; i++) {
		const char *path = files.list[i].path;
		_cleanup_free_ char *text = NULL;
		yaml_document_t d;

		if (port_source_is_own(files.list[i].name))
			continue;
		if (fs_read(root_fd, &text, NULL, "%s", path) < 0)
			return log_error("cannot read /%s, so it is not known what it says of %s", path, port->name), -EACCES;
		if (yaml_file_load(text, &d) < 0)
			return log_error("/%s is no YAML that is understood, so it is not known what it says of %s", path, port->name), -EBADMSG;
		r = look_at(path, &d, port, s);
		yaml_document_delete(&d);
	}
	return r;
}
