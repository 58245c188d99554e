/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network ports of s390x on OSA cards and HiperSockets. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/ccw_id.h"
#include "detect/qeth.h"

#define GROUPS "sys/bus/ccwgroup/devices"

static void qeth_done(struct qeth *q)
{
	free(q->id);
	free(q->card_type);
	free(q->netif);
	free(q->bridge);
	free(q->bridge_role);
	free(q->bridge_state);
	free(q->isolation);
}

void qeths_done(struct qeths *q)
{
	for (size_t i = 0; i < q->n; i++)
		qeth_done(&q->list[i]);
	free(q->list);
	*q = (struct qeths){};
}

static char *read_text(int root_fd, const char *id, const char *name)
{
	char *text = NULL;

	return fs_read_line(root_fd, &text, GROUPS "/%s/%s", id, name) < 0 ? NULL : text;
}

/* "1", "0", or a reason such as "n/a (BridgePort)"; layer2 reads -1 where it waits to be decided. */
static enum truth read_truth(int root_fd, const char *id, const char *name)
{
	_cleanup_free_ char *text = read_text(root_fd, id, name);

	return str_eq(text, "1") ? TRUTH_YES : str_eq(text, "0") ? TRUTH_NO : TRUTH_UNKNOWN;
}

static int find_bridge(int root_fd, const struct netifs *netifs, struct qeth *q)
{
	const struct netif *n = netifs_find(netifs, q->netif);

	for (char **upper = n ? n->uppers : NULL; upper && *upper && !q->bridge; upper++)
		if (str_eq(*upper, "ovs-system") || fs_exists(root_fd, "sys/class/net/%s/bridge", *upper)) {
			q->bridge = strdup(*upper);
			if (!q->bridge)
				return -ENOMEM;
		}
	return 0;
}

static int read_group(int root_fd, const char *id, const struct netifs *netifs, struct qeth *q)
{
	q->id = strdup(id);
	if (!q->id)
		return -ENOMEM;
	q->card_type = read_text(root_fd, id, "card_type");
	q->bridge_role = read_text(root_fd, id, "bridge_role");
	q->bridge_state = read_text(root_fd, id, "bridge_state");
	q->isolation = read_text(root_fd, id, "isolation");
	q->layer2 = read_truth(root_fd, id, "layer2");
	q->is_online = read_truth(root_fd, id, "online");
	q->learning = read_truth(root_fd, id, "vnicc/learning");
	q->flooding = read_truth(root_fd, id, "vnicc/flooding");
	for (size_t i = 0; i < netifs->n && !q->netif; i++)
		if (str_eq(netifs->list[i].ccw, id)) {
			q->netif = strdup(netifs->list[i].name);
			if (!q->netif)
				return -ENOMEM;
		}
	return q->netif ? find_bridge(root_fd, netifs, q) : 0;
}

int qeths_read(int root_fd, const struct netifs *netifs, struct qeths *ret)
{
	_cleanup_(qeths_done) struct qeths q = {};
	_cleanup_(strv_freep) char **ids = NULL;
	int r = 0;

	if (dir_list(root_fd, &ids, GROUPS) < 0)
		return *ret = (struct qeths){}, 0;
	q.list = calloc(strv_length(ids) + 1, sizeof(*q.list));
	if (!q.list)
		return -ENOMEM;
	for (char **id = ids; id && *id && r >= 0; id++) {
		_cleanup_free_ char *driver = NULL;

		if (ccw_id_is_at(*id, strlen(*id)) && fs_read_link_base(root_fd, &driver, GROUPS "/%s/driver", *id) >= 0 && str_eq(driver, "qeth"))
			r = read_group(root_fd, *id, netifs, &q.list[q.n++]);
	}
	if (r < 0)
		return r;
	*ret = TAKE(q);
	return 0;
}

bool qeth_serves_bridge(const struct qeth *q)
{
	return str_eq(q->bridge_state, "active") || (q->learning == TRUTH_YES && q->flooding == TRUTH_YES);
}
