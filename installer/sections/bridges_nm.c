/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bridge for NetworkManager: own key files (nm-settings-keyfile(5)). The port's own profile stays, without autoconnect
 * where it is for this port alone; one for any port is overruled by the priority of ours.
 */

#include <errno.h>
#include <string.h>

#include "common/checksum.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/ini.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/bridges.h"

#define FOLDER "etc/NetworkManager/system-connections"

/* The same for the same name, so that two plans are the same: version 8 of RFC 9562 section 5.8, of the checksums of the name. */
static void format_uuid(struct text *t, const char *name)
{
	uint32_t part[4];

	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		_cleanup_free_ char *salted = text_format("slipway %zu %s", i, name);

		part[i] = salted ? checksum(salted, strlen(salted)) : 0;
	}
	text_printf(t, "%08x-%04x-8%03x-8%03x-%04x%08x", part[0], part[1] >> 16, part[1] & 0xfff, part[2] & 0xfff, part[2] >> 16, part[3]);
}

static void format_head(struct text *t, const char *name, const char *type, const char *master, const char *slave_type)
{
	text_printf(t, BRIDGE_HEAD "[connection]\nid=slipway-%s\nuuid=", name);
	format_uuid(t, name);
	text_printf(t, "\ntype=%s\ninterface-name=%s\nautoconnect=true\nautoconnect-priority=999\n", type, name);
	if (master)
		text_printf(t, "master=%s\nslave-type=%s\n", master, slave_type);
	else
		text_append(t, "autoconnect-slaves=1\n");
}

static int want(const struct bridge_job *job, struct plan *plan, const char *name, struct text *content, const char *summary)
{
	_cleanup_free_ char *path = text_format(FOLDER "/slipway-%s.nmconnection", name), *text = text_take(content);

	if (!path || !text)
		return log_oom();
	/* NetworkManager reads no key file that others can. */
	return bridge_want_file(job, plan, path, text, 0600, summary);
}

/* The lines of one section, as they are; a key that is left out may be NULL. Counts those it has put. */
static size_t copy_section(const char *text, const char *section, const char *as, const char *but, struct text *t)
{
	size_t n = 0;

	for (struct ini it = { .next = text }; ini_next(&it);) {
		if (!it.key || !ini_is_in(&it, section) || (but && ini_is_key(&it, but)))
			continue;
		if (!n++ && as)
			text_printf(t, "\n[%s]\n", as);
		text_append_bytes(t, it.line, it.length);
		if (it.line[it.length - 1] != '\n')
			text_append(t, "\n");
	}
	return n;
}

static void format_list(struct text *t, const char *key, char *const *list, bool is_ipv6, bool any)
{
	bool first = true;

	for (char *const *item = list; item && *item; item++) {
		if (!any && (strchr(*item, ':') != NULL) != is_ipv6)
			continue;
		text_printf(t, "%s%s;", first ? key : "", *item);
		first = false;
	}
	if (!first)
		text_append(t, "\n");
}

static void format_family(const struct bridge_wish *b, bool is_ipv6, struct text *t)
{
	unsigned n = 0;

	text_printf(t, "\n[%s]\n", is_ipv6 ? "ipv6" : "ipv4");
	if (b->kind == ADDRESSES_DHCP) {
		text_append(t, "method=auto\n");
		return;
	}
	for (char **a = b->addresses; a && *a; a++)
		if ((strchr(*a, ':') != NULL) == is_ipv6)
			text_printf(t, "address%u=%s\n", ++n, *a);
	for (char **g = b->gateways; n && g && *g; g++)
		if ((strchr(*g, ':') != NULL) == is_ipv6)
			text_printf(t, "gateway=%s\n", *g);
	text_printf(t, "method=%s\n", n ? "manual" : "disabled");
	if (!n)
		return;
	format_list(t, "dns=", b->dns, is_ipv6, false);
	format_list(t, "dns-search=", b->search, is_ipv6, true);
}

/* What the port has now; a port without a file is NetworkManager's own default, DHCP. */
static void format_kept(const char *source, struct text *t)
{
	static const char *const kept[] = { "ipv4", "ipv6", "proxy" };

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if ((!source || !copy_section(source, kept[i], kept[i], NULL, t)) && i < 2)
			text_printf(t, "\n[%s]\nmethod=auto\n", kept[i]);
}

static void format_mtu(const struct bridge_job *job, const char *source, struct text *t)
{
	_cleanup_free_ char *mtu = NULL;

	if (job->bridge->mtu)
		text_printf(t, "\n[ethernet]\nmtu=%u\n", job->bridge->mtu);
	else if (source && ini_find(source, "ethernet", "mtu", &mtu) >= 0 && mtu)
		text_printf(t, "\n[ethernet]\nmtu=%s\n", mtu);
}

static int want_bridge(const struct bridge_job *job, const char *source, struct plan *plan)
{
	const struct bridge_wish *b = job->bridge;
	struct text t = {};

	format_head(&t, b->name, "bridge", NULL, NULL);
	text_printf(&t, "\n[bridge]\nstp=%s\n", b->stp ? "true" : "false");
	if (job->mac)
		text_printf(&t, "mac-address=%s\n", job->mac);
	format_mtu(job, job->vlan ? NULL : source, &t);
	if (b->kind == ADDRESSES_KEEP) {
		format_kept(source, &t);
	} else {
		format_family(b, false, &t);
		format_family(b, true, &t);
	}
	return want(job, plan, b->name, &t, "the bridge, with the addresses");
}

static int want_port(const struct bridge_job *job, const char *port, const char *source, struct plan *plan)
{
	struct text t = {};

	format_head(&t, port, "ethernet", job->bond ? job->bond->name : job->bridge->name, job->bond ? "bond" : "bridge");
	if (!source || !copy_section(source, "ethernet", "ethernet", job->bridge->mtu ? "mtu" : NULL, &t))
		text_append(&t, "\n[ethernet]\n");
	if (job->bridge->mtu)
		text_printf(&t, "mtu=%u\n", job->bridge->mtu);
	if (source) {
		copy_section(source, "ethtool", "ethtool", NULL, &t);
		copy_section(source, "802-1x", "802-1x", NULL, &t);
	}
	return want(job, plan, port, &t, "the port goes into the bridge, without addresses of its own");
}

static int want_bond(const struct bridge_job *job, struct plan *plan)
{
	const struct bond_wish *bond = job->bond;
	struct text t = {};

	if (job->vlan)
		format_head(&t, bond->name, "bond", NULL, NULL);
	else
		format_head(&t, bond->name, "bond", job->bridge->name, "bridge");
	text_printf(&t, "\n[bond]\nmiimon=100\nmode=%s\n", bond->mode);
	if (bond->primary)
		text_printf(&t, "primary=%s\n", bond->primary);
	if (bond->hash)
		text_printf(&t, "xmit_hash_policy=%s\n", bond->hash);
	if (job->bridge->mtu)
		text_printf(&t, "\n[ethernet]\nmtu=%u\n", job->bridge->mtu);
	if (job->vlan)
		text_append(&t, "\n[ipv4]\nmethod=disabled\n\n[ipv6]\nmethod=disabled\n");
	return want(job, plan, bond->name, &t, "the bond below the bridge");
}

static int want_vlan(const struct bridge_job *job, struct plan *plan)
{
	struct text t = {};

	format_head(&t, job->vlan, "vlan", job->bridge->name, "bridge");
	text_printf(&t, "\n[vlan]\nid=%u\nparent=%s\n", job->bridge->vlan, job->link);
	format_mtu(job, NULL, &t);
	return want(job, plan, job->vlan, &t, "the VLAN below the bridge");
}

/* autoconnect=false in [connection], in the place of the line that says otherwise. NULL when memory runs out. */
static char *edit_autoconnect(const char *text)
{
	const char *place = NULL, *end = NULL;
	struct text t = {};

	for (struct ini it = { .next = text }; ini_next(&it);) {
		if (!ini_is_in(&it, "connection"))
			continue;
		if (!it.key || ini_is_key(&it, "autoconnect")) {
			place = it.key ? it.line : it.line + it.length;
			end = it.line + it.length;
		}
	}
	if (!place)
		place = end = text;
	text_append_bytes(&t, text, (size_t)(place - text));
	text_append(&t, "autoconnect=false\n");
	text_append(&t, end);
	return text_take(&t);
}

/* One for any port goes on for the others: the priority of ours takes this one. */
static int supersede(const struct bridge_job *job, size_t i, struct plan *plan)
{
	for (size_t s = 0; s < job->sources[i].n; s++) {
		const struct port_source *source = &job->sources[i].list[s];
		_cleanup_free_ char *text = NULL, *edited = NULL, *was = NULL;
		int r;

		if (!source->file || str_starts(source->evidence, "type="))
			continue;
		r = bridge_read_file(job, plan, source->file, &text);
		if (r < 0 || !text)
			return r;
		if (ini_find(text, "connection", "autoconnect", &was) < 0)
			return log_oom();
		if (str_eq(was, "false"))
			continue;
		edited = edit_autoconnect(text);
		r = edited ? bridge_want_file(job, plan, source->file, edited, 0600, "the port's former profile does not start by itself") : log_oom();
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The profile that is the port's: the one that NetworkManager starts by itself, the most urgent first; of those that do not
 * (since slipway's bridge is there) as well. *ret is NULL where no file names the port. 0 or a negative errno after it was said.
 */
static int read_source(const struct bridge_job *job, size_t i, char **ret)
{
	_cleanup_free_ char *best = NULL;
	int best_rank = -2000;

	for (size_t s = 0; s < job->sources[i].n; s++) {
		const struct port_source *source = &job->sources[i].list[s];
		_cleanup_free_ char *text = NULL, *priority = NULL, *master = NULL, *controller = NULL;
		int rank = 0, r;

		if (!source->file)
			continue;
		r = fs_read(job->root_fd, &text, NULL, "%s", source->file);
		if (r < 0)
			return log_errno(r, "cannot read /%s", source->file);
		if (ini_find(text, "connection", "autoconnect-priority", &priority) < 0 || ini_find(text, "connection", "master", &master) < 0 ||
		    ini_find(text, "connection", "controller", &controller) < 0)
			return log_oom();
		if (master || controller)
			return log_invalid("/%s: the port belongs to another interface already (%s); take that out first", source->file, master ? master : controller);
		if (priority && parse_int(priority, &rank) < 0)
			rank = 0;
		/* What names the port goes before what is for any. */
		rank = 2 * rank + !str_starts(source->evidence, "type=");
		if (rank > best_rank) {
			free(best);
			best = TAKE(text);
			best_rank = rank;
		}
	}
	*ret = TAKE(best);
	return 0;
}

static int plan_files(const struct bridge_job *job, struct plan *plan)
{
	_cleanup_free_ char *first = NULL;
	int r = read_source(job, 0, &first);

	if (r >= 0)
		r = want_bridge(job, first, plan);
	if (r >= 0 && job->bond)
		r = want_bond(job, plan);
	if (r >= 0 && job->vlan)
		r = want_vlan(job, plan);
	for (size_t i = 0; job->ports[i] && r >= 0 && (!job->vlan || job->bond); i++) {
		_cleanup_free_ char *source = NULL;

		r = read_source(job, i, &source);
		if (r >= 0)
			r = want_port(job, job->ports[i], source, plan);
		if (r >= 0)
			r = supersede(job, i, plan);
	}
	return r;
}

/* Without waiting: whether all is well is looked at behind the last step. */
static int add_up(char ***steps, const char *name)
{
	_cleanup_free_ char *id = text_format("slipway-%s", name);

	return id ? bridge_step(steps, "nmcli", "--wait", "0", "connection", "up", id, NULL) : -ENOMEM;
}

/* One that had no cable, or nobody to give it an address, does not come up again: what the others had is looked at, too. */
static int add_up_port(const struct bridge_job *job, size_t i, char ***steps)
{
	const struct port_source *s = job->sources[i].n ? job->sources[i].list : NULL;
	int r;

	if (s && s->id)
		return bridge_step(steps, "-nmcli", "--wait", "0", "connection", "up", "uuid", s->id, "ifname", job->ports[i], NULL);
	/* The default that NetworkManager makes for a port without a profile is made at its start; 'device connect' would write a file. */
	r = bridge_step(steps, "nmcli", "connection", "add", "save", "no", "type", "ethernet", "con-name", job->ports[i], "ifname", job->ports[i],
			"connection.autoconnect-priority", "-999", NULL);
	return r < 0 ? r : bridge_step(steps, "-nmcli", "--wait", "0", "connection", "up", "id", job->ports[i], "ifname", job->ports[i], NULL);
}

static int steps(const struct bridge_job *job, struct bridge_steps *s)
{
	bool takes_ports = !job->vlan || job->bond;
	int r = bridge_step(&s->enter, "nmcli", "connection", "reload", NULL);

	/* The bridge first: it need not wait for its ports to be there, but they for it. */
	if (r >= 0)
		r = add_up(&s->enter, job->bridge->name);
	if (r >= 0 && job->bond)
		r = add_up(&s->enter, job->bond->name);
	for (size_t i = 0; takes_ports && job->ports[i] && r >= 0; i++)
		r = add_up(&s->enter, job->ports[i]);
	if (r >= 0 && job->vlan)
		r = add_up(&s->enter, job->vlan);
	if (r >= 0)
		r = bridge_step_delete_links(job, &s->enter_back);
	if (r >= 0)
		r = bridge_step(&s->leave_back, "nmcli", "connection", "reload", NULL);
	for (size_t i = 0; takes_ports && job->ports[i] && r >= 0; i++)
		r = add_up_port(job, i, &s->leave_back);
	return r;
}

const struct bridge_backend bridge_networkmanager = { MANAGER_NETWORKMANAGER, plan_files, steps };
