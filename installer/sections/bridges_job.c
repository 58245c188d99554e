/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One bridge with what is below it; and the files and commands that whoever writes it asks for. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/network_wish.h"
#include "installer/sections/bridges.h"

void bridge_job_done(struct bridge_job *job)
{
	for (size_t i = 0; job->sources && job->ports && job->ports[i]; i++)
		port_sources_done(&job->sources[i]);
	free(job->sources);
	strv_free(job->ports);
	strv_free(job->members);
	free(job->link);
	free(job->vlan);
	free(job->mac);
	*job = (struct bridge_job){};
}

/* Which bond, if the bridge's one port is one. -EINVAL after it was said. */
static int find_bond(const struct network_wishes *w, const struct bridge_wish *b, const struct bond_wish **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < w->n_bonds; i++)
		if (strv_contains(b->ports, w->bonds[i].name)) {
			if (strv_length(b->ports) > 1)
				return log_invalid("bridge %s: a bond is a bridge's only port", b->name);
			*ret = &w->bonds[i];
		}
	return 0;
}

int bridge_job_read(const struct host *host, const struct network_wishes *w, const struct bridge_wish *b, struct bridge_job *job)
{
	const char *base;
	int r;

	job->root_fd = host->root_fd;
	job->bridge = b;
	r = find_bond(w, b, &job->bond);
	if (r < 0)
		return r;
	if (strv_copy(job->bond ? job->bond->ports : b->ports, &job->ports) < 0)
		return log_oom();
	base = job->bond ? job->bond->name : job->ports[0];
	job->link = strdup(base);
	if (b->vlan && !(job->vlan = text_format("%s.%u", base, b->vlan)))
		return log_oom();
	if (job->vlan && !network_name_is_plain(job->vlan))
		return log_invalid("bridge %s: the VLAN's interface would be '%s', and a name has 15 characters at most", b->name, job->vlan);
	r = job->vlan ? strv_add(&job->members, job->vlan) : job->bond ? strv_add(&job->members, base) : strv_copy(job->ports, &job->members);
	job->sources = calloc(strv_length(job->ports) + 1, sizeof(*job->sources));
	if (r < 0 || !job->link || !job->sources)
		return log_oom();
	if (b->mac) {
		job->mac = strdup(b->mac);
		return job->mac ? 0 : log_oom();
	}
	/*
	 * The port's own: DHCP servers and switches know it. systemd would make one up from the machine id (systemd.link(5), MACAddressPolicy=),
	 * as networkd does for a bond, whose ports have the bond's then.
	 */
	if (fs_read_line(host->root_fd, &job->mac, "sys/class/net/%s/bonding_slave/perm_hwaddr", job->ports[0]) < 0)
		fs_read_line(host->root_fd, &job->mac, "sys/class/net/%s/address", job->ports[0]);
	str_lower(job->mac);
	return 0;
}

bool bridge_text_is_own(const char *text)
{
	return str_starts(text, BRIDGE_HEAD);
}

static struct change *find_change(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_FILE && str_eq(plan->list[i].target, path))
			return &plan->list[i];
	return NULL;
}

int bridge_read_file(const struct bridge_job *job, const struct plan *plan, const char *path, char **ret)
{
	_cleanup_free_ char *real = NULL;
	const struct change *earlier;
	int r;

	*ret = NULL;
	r = fs_resolve(job->root_fd, path, &real);
	if (r < 0)
		return log_errno(r, "cannot find /%s", path);
	earlier = find_change(plan, real);
	if (earlier)
		return !earlier->after.exists || (*ret = strdup(earlier->after.data)) ? 0 : log_oom();
	r = fs_read(job->root_fd, ret, NULL, "%s", real);
	return r < 0 && r != -ENOENT ? log_errno(r, "cannot read /%s", path) : 0;
}

int bridge_want_file(const struct bridge_job *job, struct plan *plan, const char *path, const char *content, mode_t mode, const char *summary)
{
	_cleanup_free_ char *real = NULL, *copy = content ? strdup(content) : NULL;
	struct change *earlier;
	int r;

	r = fs_resolve(job->root_fd, path, &real);
	if (r < 0)
		return log_errno(r, "cannot find /%s", path);
	if (content && !copy)
		return log_oom();
	earlier = find_change(plan, real);
	if (!earlier) {
		r = plan_want_file(plan, job->root_fd, path, content, mode, summary);
		*job->is_touched = *job->is_touched || r > 0;
		return r < 0 ? r : 0;
	}
	*job->is_touched = *job->is_touched || !content || !str_eq(earlier->after.data, content);
	content_done(&earlier->after);
	earlier->after = (struct content){ .exists = content, .size = content ? strlen(content) : 0, .data = TAKE(copy) };
	return 0;
}

int bridge_step(char ***steps, ...)
{
	const char *word;
	va_list ap;
	int r = 0;

	va_start(ap, steps);
	while (r >= 0 && (word = va_arg(ap, const char *)))
		r = strv_add(steps, word);
	va_end(ap);
	return r < 0 ? r : strv_add(steps, "");
}

int bridge_step_delete_links(const struct bridge_job *job, char ***steps)
{
	int r = bridge_step(steps, "-ip", "link", "delete", job->bridge->name, NULL);

	if (r >= 0 && job->vlan)
		r = bridge_step(steps, "-ip", "link", "delete", job->vlan, NULL);
	if (r >= 0 && job->bond)
		r = bridge_step(steps, "-ip", "link", "delete", job->bond->name, NULL);
	return r;
}
