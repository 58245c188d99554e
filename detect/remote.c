/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remote disks: whom an iSCSI or NVMe-oF disk comes from, and which way. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
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

static int read_controller(int root_fd, const char *name, struct block *b)
{
	_cleanup_free_ char *transport = NULL, *address = NULL;

	if (fs_read_line(root_fd, &transport, "sys/class/nvme/%s/transport", name) < 0 ||
	    (!str_eq(transport, "tcp") && !str_eq(transport, "rdma")) ||
	    fs_read_line(root_fd, &address, "sys/class/nvme/%s/address", name) < 0)
		return 0;
	return remote_parse(address, b);
}

/* One controller above the disk, or with multipath all of its subsystem. */
static int read_fabrics(int root_fd, const char *link, struct block *b)
{
	static const char *const above[] = { "nvme-fabrics/ctl/", "nvme-subsystem/" };
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_free_ char *part = NULL;
	const char *at;
	int r = 0;

	if ((at = strstr(link, above[0]))) {
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
		if (str_starts(*name, "nvme") && strspn(*name + 4, "0123456789") == strlen(*name + 4))
			r = read_controller(root_fd, *name, b);
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
	int r;

	if (!b->link)
		return 0;
	r = read_fabrics(root_fd, b->link, b);
	if (r >= 0)
		r = read_iscsi(root_fd, b->link, b);
	/* Found on the network, whoever it is. */
	b->is_remote = b->peers || b->locals || strstr(b->link, "nvme-fabrics/ctl/") || (strstr(b->link, "/session") && strstr(b->link, "/host"));
	return r;
}
