/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote: libvirt reached from other hosts: by TLS with certificates that are there, and never in the clear. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/confinement.h"
#include "detect/listener.h"
#include "detect/port_source.h"
#include "installer/proposal.h"
#include "installer/sections/libvirt_sections.h"
#include "installer/sections/software_sections.h"
#include "installer/unit_state.h"

static void read_tls(struct settings *s, yaml_node_t *value, void *context)
{
	struct remote_wish *wish = context;
	bool is_on = false;

	settings_switch(s, value, &is_on);
	wish->tls = is_on ? SWITCH_ON : SWITCH_OFF;
}

static void read_tcp(struct settings *s, yaml_node_t *value, void *context)
{
	struct remote_wish *wish = context;

	wish->tcp_off = str_eq(settings_text(value), "off");
	if (!wish->tcp_off)
		settings_complain(s, value, "tcp must be off: what goes over it can be read and changed by everybody on the way; use tls, or qemu+ssh://");
}

void remote_access_read(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "tls", read_tls }, { "tcp", read_tcp }, {} };

	(void)context;
	settings_mapping(s, value, keys, "remote", &((struct wishes *)s->target)->remote);
}

bool remote_access_is_wished(const struct wishes *wishes)
{
	return wishes->remote.tls != SWITCH_LEFT || wishes->remote.tcp_off;
}

/* --- certificates --- */

static int refuse(struct refusals *refusals, const char *format, const char *path)
{
	_cleanup_free_ char *text = text_format(format, path);

	return !text || refusals_add(refusals, "", "certificates", "", "remote: tls: %s", text) < 0 ? log_oom() : 0;
}

/* Who can read the key can be this host. None is ever made here: a certificate says who vouches for whom. */
static int check_certificates(const struct host *host, const struct listener *l, struct refusals *refusals)
{
	const char *const paths[] = { l->ca, l->certificate, l->key };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int r = fs_stat(host->root_fd, &st, "%s", paths[i]) < 0 || !S_ISREG(st.st_mode) || !st.st_size ?
			refuse(refusals, "there is no /%s; put the certificates of the host and of its authority there (https://libvirt.org/kbase/tlscerts.html)",
			       paths[i]) : 0;

		if (r < 0)
			return r;
	}
	if (fs_stat(host->root_fd, &st, "%s", l->key) >= 0 && (st.st_mode & 027))
		return refuse(refusals, "the key /%s can be read by others than root, or written; 'chmod 600' it", l->key);
	return 0;
}

/* --- units --- */

static int add_step(struct plan *plan, const char *const *argv, const char *const *undo, const char *expected, const char *summary)
{
	_cleanup_(strv_freep) char **expects = NULL;
	int r;

	if (expected && strv_add(&expects, expected) < 0)
		return log_oom();
	r = plan_add_command(plan, (char *const *)argv, TAKE(expects), summary);
	return r >= 0 && strv_copy((char *const *)undo, &plan->list[plan->n - 1].undo) < 0 ? log_oom() : r;
}

/*
 * systemd gives a service its sockets when it starts, and refuses to start a socket of a service that runs: it is stopped
 * before and started after, which guests do not notice. The three are their own way back, read backwards.
 */
static int plan_socket(const char *daemon, const char *kind, bool on, struct plan *plan)
{
	_cleanup_free_ char *service = text_format("%s.service", daemon), *socket = text_format("%s-%s.socket", daemon, kind);
	_cleanup_free_ char *summary = text_format("libvirt %s connections by %s, now and from each boot on", on ? "takes" : "takes no", str_eq(kind, "tls") ? "TLS" : "plain TCP");
	const char *const stop[] = { "systemctl", "stop", service, NULL }, *const start[] = { "systemctl", "start", service, NULL };
	const char *const enable[] = { "systemctl", "enable", "--now", socket, NULL }, *const disable[] = { "systemctl", "disable", "--now", socket, NULL };
	int r;

	if (!service || !socket || !summary)
		return log_oom();
	r = add_step(plan, stop, start, NULL, "libvirt's daemon stops for a moment; guests run on");
	if (r >= 0)
		r = add_step(plan, on ? enable : disable, on ? disable : enable, on ? socket : NULL, summary);
	return r < 0 ? r : add_step(plan, start, stop, NULL, "and starts again");
}

static int plan_tls(const struct host *host, const struct listener *l, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	_cleanup_free_ char *socket = text_format("%s-tls.socket", l->daemon);
	bool on = wishes->remote.tls == SWITCH_ON;

	if (!socket)
		return log_oom();
	if (on && check_certificates(host, l, refusals) < 0)
		return -ENOMEM;
	if (on && l->listens_by)
		return log_invalid("remote: tls: /%s starts libvirt with --listen, which excludes the socket of systemd; take --listen out, and apply again", l->listens_by);
	if (on && l->is_unverified)
		return log_invalid("remote: tls: /%s says tls_no_verify_certificate = 1, and anybody could come in; take it out, and apply again", l->conf);
	if (wishes->remote.tls == SWITCH_LEFT || l->tls_socket == on)
		return 0;
	if (on && !strv_contains(wishes->packages, "virtualization") && !unit_exists(host->root_fd, socket))
		return log_invalid("remote: tls: this libvirt has no %s; install it whole, and not too old (5.6)", socket);
	return plan_socket(l->daemon, "tls", on, plan);
}

char *listener_edit(const char *text)
{
	struct text t = {};

	text_append(&t, "");
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n");
		_cleanup_free_ char *one = strndup(line, n), *value = one ? libvirt_setting(one, "listen_tcp") : NULL;

		if (!one)
			t.failed = true;
		else if (str_eq(value, "1"))
			text_append(&t, "listen_tcp = 0");
		else
			text_append_bytes(&t, line, n);
		text_append(&t, line[n] ? "\n" : "");
	}
	return text_take(&t);
}

/* The file is somebody else's: one word changes, and libvirt reads it when it starts. */
static int plan_configuration(const struct host *host, const struct listener *l, struct plan *plan)
{
	_cleanup_free_ char *service = text_format("%s.service", l->daemon), *text = NULL, *edited = NULL;
	const char *const restart[] = { "systemctl", "try-restart", service, NULL };
	int r;

	if (!l->listen_tcp)
		return 0;
	r = fs_read(host->root_fd, &text, NULL, "%s", l->conf);
	if (r < 0)
		return log_errno(r, "cannot read /%s", l->conf);
	edited = listener_edit(text);
	if (!edited || !service)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, l->conf, edited, 0644, "libvirt takes no connection over plain TCP");
	return r <= 0 ? r : plan_add_command(plan, (char *const *)restart, NULL, "libvirt reads its configuration anew, where it runs; guests run on");
}

static int plan_tcp(const struct host *host, const struct listener *l, struct plan *plan)
{
	int r = plan_configuration(host, l, plan);

	return r < 0 || !l->tcp_socket ? r : plan_socket(l->daemon, "tcp", false, plan);
}

int remote_access_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(listeners_done) struct listeners listeners = {};
	int r = 0;

	if (!remote_access_is_wished(wishes))
		return 0;
	if (listeners_read(host->root_fd, &listeners) < 0)
		return log_oom();
	/* Of both daemons: an old one's may be left behind. */
	for (size_t i = 0; i < ARRAY_SIZE(listeners.list) && r >= 0 && wishes->remote.tcp_off; i++)
		r = plan_tcp(host, &listeners.list[i], plan);
	return r < 0 ? r : plan_tls(host, &listeners.list[libvirt_is_modular(host->root_fd)], wishes, plan, refusals);
}

int remote_access_propose(const struct host *host, struct text *t)
{
	(void)host;
	text_append(t, "\n");
	proposal_say(t, "libvirt from other hosts: qemu+ssh://HOST/system needs nothing here. TLS needs certificates, which are looked at and never made;");
	proposal_say(t, "plain TCP ('listen_tcp = 1' of old guides) is switched off by 'tcp: off'.");
	proposal_offer(t, "remote:");
	proposal_offer(t, "  tls: off");
	proposal_offer(t, "  tcp: off");
	return 0;
}
