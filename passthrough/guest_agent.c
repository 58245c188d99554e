/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's agent: what the guest's own system says of its disks. */

#include <ctype.h>
#include <errno.h>
#include <libvirt/libvirt-qemu.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "passthrough/guest_agent.h"
#include "passthrough/guest_libvirt.h"

#define LIBRARY "libvirt-qemu.so.0"
#define QUESTION "{\"execute\":\"guest-get-disks\"}"
#define TIMEOUT_SECONDS 15 /* a busy guest needs some for its new device; where no agent runs libvirt knows it at once */

struct libvirt_qemu {
	LIBRARY_POINTER(virDomainQemuAgentCommand)
};

void guest_disks_done(struct guest_disks *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->list[i].name);
		free(d->list[i].serial);
	}
	free(d->list);
	*d = (struct guest_disks){};
}

static int add_disk(struct json_object *o, struct guest_disks *disks)
{
	const char *name = json_get_string(o, "name"), *serial;
	struct json_object *address;
	struct guest_disk *disk = &disks->list[disks->n];

	/* A partition has the address of its disk. */
	if (!name || json_get_bool(o, "partition") || !json_object_object_get_ex(o, "address", &address))
		return 0;
	serial = json_get_string(address, "serial");
	if (!serial || !*serial)
		return 0;
	*disk = (struct guest_disk){ .name = strdup(name), .serial = strdup(serial) };
	disks->n++;
	return disk->name && disk->serial ? 0 : -ENOMEM;
}

int guest_disks_parse(const char *answer, struct guest_disks *ret)
{
	_cleanup_(guest_disks_done) struct guest_disks disks = {};
	_cleanup_json_ struct json_object *document = NULL;
	struct json_object *array;
	int r;

	r = json_parse(answer, strlen(answer), &document);
	array = r < 0 ? NULL : json_get_array(document, "return");
	if (!array)
		return r == -ENOMEM ? r : -EINVAL;
	disks.list = calloc(json_object_array_length(array) + 1, sizeof(*disks.list));
	if (!disks.list)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(array) && r >= 0; i++)
		r = add_disk(json_object_array_get_idx(array, i), &disks);
	if (r < 0)
		return r;
	*ret = TAKE(disks);
	return 0;
}

int guest_agent_disks(struct guest_connection *c, const char *name, struct guest_disks *ret)
{
	static const struct library_function functions[] = { LIBRARY_ROW(struct libvirt_qemu, virDomainQemuAgentCommand) };
	static struct libvirt_qemu qemu;
	static void *library;
	_cleanup_(guest_close) struct guest g = { .c = c };
	_cleanup_free_ char *answer = NULL;
	int r;

	if (!library && library_load(LIBRARY, functions, ARRAY_SIZE(functions), &qemu, &library) < 0)
		return -EOPNOTSUPP;
	g.domain = c->api.virDomainLookupByName(c->connection, name);
	answer = g.domain ? qemu.virDomainQemuAgentCommand(g.domain, QUESTION, TIMEOUT_SECONDS, 0) : NULL;
	r = answer ? guest_disks_parse(answer, ret) : -EOPNOTSUPP;
	return r == -EINVAL ? -EOPNOTSUPP : r;
}

static bool is_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

const struct guest_disk *guest_disks_find(const struct guest_disks *d, const char *serial)
{
	for (size_t i = 0; *serial && i < d->n; i++)
		if (is_word(d->list[i].serial, serial))
			return &d->list[i];
	return NULL;
}
