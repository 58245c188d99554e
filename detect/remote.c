/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remote disks: whom an iSCSI or NVMe-oF disk comes from, and which way. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/device.h"
#include "detect/remote.h"

static int add(char ***list, const char *value)
{
	return *value ? strv_add_new(list, value) : 0;
}

int remote_parse(const char *address, struct block *b)
{
	_cleanup_(strv_freep) char **words = NULL;
	int r;

	r = strv_split(address, ",", &words);
	for (char **word = words; word && *word && r >= 0; word++) {
		const char *value = strchr(*word, '=');

		if (!value)
			continue;
		value++;
		if (str_starts(*word, "traddr="))
			r = add(&b->peers, value);
		else if (str_starts(*word, "host_iface=") || str_starts(*word, "src_addr=") || str_starts(*word, "host_traddr="))
			r = add(&b->locals, value);
	}
	return r;
}

/* The function of a Fibre Channel port with this name, "0x10000090fac7e706"; NULL: of each. */
static int add_fc_hosts(int root_fd, const char *port, size_t n, struct block *b)
{
	_cleanup_(strv_freep) char **hosts = NULL;
	int r = 0;

	if (dir_list(root_fd, &hosts, "sys/class/fc_host") < 0)
		return 0;
	for (char **host = hosts; host && *host && r >= 0; host++) {
		_cleanup_free_ char *name = NULL, *link = NULL, *function = NULL;

		if (fs_read_link(root_fd, &link, "sys/class/fc_host/%s", *host) < 0)
			continue;
		if (port && (fs_read_line(root_fd, &name, "sys/class/fc_host/%s/port_name", *host) < 0 || strlen(name) != n || strncmp(name, port, n) != 0))
			continue;
		function = address_in_path(link);
		r = function ? strv_add_new(&b->functions, function) : 0;
	}
	return r;
}

/* NVMe over Fibre Channel goes through the adapter whose port is host_traddr=nn-0x20...:pn-0x10..., and through no network port. */
static int read_fc(int root_fd, const char *address, struct block *b)
{
	const char *own = strstr(address, "host_traddr="), *port = own ? strstr(own, "pn-") : NULL;
	size_t before = strv_length(b->functions);
	int r = 0;

	if (port)
		r = add_fc_hosts(root_fd, port + strlen("pn-"), strcspn(port + strlen("pn-"), ",:"), b);
	/* Not told, or not found: it may be any of them. */
	return r < 0 || strv_length(b->functions) > before ? r : add_fc_hosts(root_fd, NULL, 0, b);
}

static int read_controller(int root_fd, const char *name, struct block *b)
{
	_cleanup_free_ char *transport = NULL, *address = NULL;

	if (fs_read_line(root_fd, &transport, "sys/class/nvme/%s/transport", name) < 0 ||
	    fs_read_line(root_fd, &address, "sys/class/nvme/%s/address", name) < 0)
		return 0;
	if (str_eq(transport, "fc"))
		return read_fc(root_fd, address, b);
	return str_eq(transport, "tcp") || str_eq(transport, "rdma") ? remote_parse(address, b) : 0;
}

static bool is_on_fabrics(int root_fd, const char *controller)
{
	_cleanup_free_ char *link = NULL;

	return fs_read_link(root_fd, &link, "sys/class/nvme/%s", controller) >= 0 && strstr(link, "nvme-fabrics/");
}

/* One controller above the disk, or with multipath all of its subsystem. */
static int read_fabrics(int root_fd, const char *link, struct block *b, bool *ret_is_on_fabrics)
{
	static const char *const above[] = { "nvme-fabrics/ctl/", "nvme-subsystem/" };
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_free_ char *part = NULL;
	const char *at;
	int r = 0;

	if ((at = strstr(link, above[0]))) {
		*ret_is_on_fabrics = true;
		at += strlen(above[0]);
		part = strndup(at, strcspn(at, "/"));
		return part ? read_controller(root_fd, part, b) : -ENOMEM;
	}
	at = strstr(link, above[1]);
	if (!at)
		return 0;
	at += strlen(above[1]);
	if (dir_list(root_fd, &names, "sys/devices/virtual/nvme-subsystem/%.*s", (int)strcspn(at, "/"), at) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++)
		if (str_starts(*name, "nvme") && strspn(*name + 4, "0123456789") == strlen(*name + 4)) {
			*ret_is_on_fabrics = *ret_is_on_fabrics || is_on_fabrics(root_fd, *name);
			r = read_controller(root_fd, *name, b);
		}
	return r;
}

static int read_attribute(int root_fd, char ***list, const char *class, const char *name, const char *attribute)
{
	_cleanup_free_ char *value = NULL;

	/* The kernel writes "<NULL>" or "(null)" for what it does not know. */
	if (fs_read_line(root_fd, &value, "sys/class/%s/%s/%s", class, name, attribute) < 0 || strpbrk(value, "<("))
		return 0;
	return add(list, value);
}

/* .../platform/host3/session1/target3:0:0/3:0:0:1/block/sda: the connections of session 1 are connection1:0, ... */
static int read_iscsi(int root_fd, const char *link, struct block *b)
{
	const char *session = strstr(link, "/session"), *host = strstr(link, "/host");
	_cleanup_free_ char *connection = NULL, *host_name = NULL;
	int r;

	if (!session || !host)
		return 0;
	session += strlen("/session");
	connection = text_format("connection%.*s:0", (int)strspn(session, "0123456789"), session);
	host_name = strndup(host + 1, strcspn(host + 1, "/"));
	if (!connection || !host_name)
		return -ENOMEM;
	r = read_attribute(root_fd, &b->peers, "iscsi_connection", connection, "address");
	if (r >= 0 && !b->peers)
		r = read_attribute(root_fd, &b->peers, "iscsi_connection", connection, "persistent_address");
	if (r >= 0)
		r = read_attribute(root_fd, &b->locals, "iscsi_host", host_name, "netdev");
	if (r >= 0)
		r = read_attribute(root_fd, &b->locals, "iscsi_host", host_name, "ipaddress");
	return r;
}

int remote_read(int root_fd, struct block *b)
{
	bool is_on_fabrics = false;
	int r;

	if (!b->link)
		return 0;
	r = read_fabrics(root_fd, b->link, b, &is_on_fabrics);
	if (r >= 0)
		r = read_iscsi(root_fd, b->link, b);
	/* Found on the network, whoever it is. A Fibre Channel adapter is a function like that of any disk. */
	b->is_remote = b->peers || b->locals || (is_on_fabrics && !b->functions) || (strstr(b->link, "/session") && strstr(b->link, "/host"));
	return r;
}
