/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listeners: which of libvirt's daemons take connections over the network, and whom they ask who he is
 * (https://libvirt.org/remote.html). Who reaches one that asks nobody is root on the host.
 */
#pragma once

#include <stdbool.h>

struct listener {
	const char *daemon;      /* static: "libvirtd", or "virtproxyd" where each part has a daemon of its own */
	char *conf;              /* its configuration, "etc/libvirt/libvirtd.conf"; NULL: none is there */
	bool tcp_socket, tls_socket; /* systemd listens for it: its -tcp.socket or -tls.socket is enabled */
	char *listens_by;        /* the file whose arguments hold --listen; NULL: none. Without it listen_* mean nothing */
	bool listen_tcp, listen_tls; /* in the configuration */
	char *auth_tcp;          /* "none", "sasl"; NULL: as libvirt has it, which is sasl */
	bool is_unverified;      /* tls_no_verify_certificate: any client may come */
	char *ca, *certificate, *key; /* paths below the root that TLS uses */
};

struct listeners {
	struct listener list[2]; /* libvirtd, virtproxyd */
	bool port_open;          /* live: somebody listens on libvirt's port for plain TCP (16509), on any address but the loopback's */
};

/* -ENOMEM. */
int listeners_read(int root_fd, struct listeners *ret);
void listeners_done(struct listeners *l);
/* Does it take connections in the clear, or by TLS? */
bool listener_has_tcp(const struct listener *l);
bool listener_has_tls(const struct listener *l);
