/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listeners: which of libvirt's daemons take connections over the network, and whom they ask who he is. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/confinement.h"
#include "detect/listener.h"
#include "detect/port_source.h"

#define TCP_PORT 16509u
#define LISTEN 0x0a /* TCP_LISTEN of include/net/tcp_states.h */

static void listener_done(struct listener *l)
{
	free(l->conf);
	free(l->listens_by);
	free(l->auth_tcp);
	free(l->ca);
	free(l->certificate);
	free(l->key);
	*l = (struct listener){};
}

void listeners_done(struct listeners *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(l->list); i++)
		listener_done(&l->list[i]);
	*l = (struct listeners){};
}

bool listener_has_tcp(const struct listener *l)
{
	return l->tcp_socket || (l->listens_by && l->listen_tcp);
}

bool listener_has_tls(const struct listener *l)
{
	return l->tls_socket || (l->listens_by && l->listen_tls);
}

/* Debian's and Fedora's way to give the daemon arguments: LIBVIRTD_ARGS="--listen", VIRTPROXYD_ARGS. "-l" is the same. */
static int find_arguments(int root_fd, struct listener *l)
{
	static const char *const folders[] = { "etc/default", "etc/sysconfig", "etc/conf.d" };
	_cleanup_free_ char *key = text_format("%s_ARGS", str_eq(l->daemon, "libvirtd") ? "LIBVIRTD" : "VIRTPROXYD");

	for (size_t i = 0; key && i < ARRAY_SIZE(folders) && !l->listens_by; i++) {
		_cleanup_(strv_freep) char **words = NULL;
		_cleanup_free_ char *text = NULL, *value = NULL;

		if (fs_read(root_fd, &text, NULL, "%s/%s", folders[i], l->daemon) < 0 || !(value = libvirt_setting(text, key)))
			continue;
		if (strv_split(value, " \t", &words) < 0)
			return -ENOMEM;
		if ((strv_contains(words, "--listen") || strv_contains(words, "-l")) && !(l->listens_by = text_format("%s/%s", folders[i], l->daemon)))
			return -ENOMEM;
	}
	return key ? 0 : -ENOMEM;
}

/* A path of the configuration, or where libvirt looks without one. */
static int take_path(const char *text, const char *key, const char *normally, char **ret)
{
	_cleanup_free_ char *value = text ? libvirt_setting(text, key) : NULL;

	*ret = strdup(value && *value == '/' ? value + 1 : normally);
	return *ret ? 0 : -ENOMEM;
}

static bool is_set(const char *text, const char *key, bool normally)
{
	_cleanup_free_ char *value = text ? libvirt_setting(text, key) : NULL;

	return value ? str_eq(value, "1") : normally;
}

static int read_one(int root_fd, const char *daemon, struct listener *l)
{
	_cleanup_free_ char *conf = text_format("etc/libvirt/%s.conf", daemon), *tcp = text_format("%s-tcp.socket", daemon);
	_cleanup_free_ char *tls = text_format("%s-tls.socket", daemon), *text = NULL;

	*l = (struct listener){ .daemon = daemon };
	if (!conf || !tcp || !tls)
		return -ENOMEM;
	l->tcp_socket = unit_is_enabled(root_fd, tcp);
	l->tls_socket = unit_is_enabled(root_fd, tls);
	if (fs_read(root_fd, &text, NULL, "%s", conf) >= 0) {
		l->conf = TAKE(conf);
		l->auth_tcp = libvirt_setting(text, "auth_tcp");
	}
	l->listen_tcp = is_set(text, "listen_tcp", false);
	l->listen_tls = is_set(text, "listen_tls", true);
	l->is_unverified = is_set(text, "tls_no_verify_certificate", false);
	if (take_path(text, "ca_file", "etc/pki/CA/cacert.pem", &l->ca) < 0 ||
	    take_path(text, "cert_file", "etc/pki/libvirt/servercert.pem", &l->certificate) < 0 ||
	    take_path(text, "key_file", "etc/pki/libvirt/private/serverkey.pem", &l->key) < 0)
		return -ENOMEM;
	return find_arguments(root_fd, l);
}

/* "   0: 00000000:407D 00000000:0000 0A ...": the address in hexadecimal, of IPv4 in the order of memory. */
static bool line_listens(const char *line)
{
	char address[33], loopback6[] = "00000000000000000000000001000000";
	unsigned port, state;

	if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", address, &port, &state) != 3 || port != TCP_PORT || state != LISTEN)
		return false;
	return !(strlen(address) == 8 && (str_eq(address, "0100007F") || str_eq(address, "7F000001"))) && !str_eq(address, loopback6) &&
	       !str_eq(address, "00000000000000000000000000000001");
}

static bool is_port_open(int root_fd)
{
	static const char *const files[] = { "proc/net/tcp", "proc/net/tcp6" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = NULL;
		char *save = NULL;

		if (fs_read(root_fd, &text, NULL, "%s", files[i]) < 0)
			continue;
		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			if (line_listens(line))
				return true;
	}
	return false;
}

int listeners_read(int root_fd, struct listeners *ret)
{
	_cleanup_(listeners_done) struct listeners l = { .port_open = is_port_open(root_fd) };

	if (read_one(root_fd, "libvirtd", &l.list[0]) < 0 || read_one(root_fd, "virtproxyd", &l.list[1]) < 0)
		return -ENOMEM;
	*ret = TAKE(l);
	return 0;
}
