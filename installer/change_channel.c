/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of s390x's channel devices: subchannel S is on driver V, now; mediated device M of parent P is there, with this definition. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "detect/mediated.h"
#include "installer/change.h"
#include "passthrough/subchannel.h"

/* --- subchannels --- */

static int set(const struct site *site, const struct change *c, const char *driver)
{
	_cleanup_free_ char *now = NULL;
	int r;

	r = subchannel_get_driver(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read the driver of subchannel %s", c->target);
	if (driver ? str_eq(now, driver) : now && !str_eq(now, SUBCHANNEL_VFIO))
		return 0;
	r = driver ? channel_load(site->root_fd, driver) : 0;
	if (r < 0)
		return r;
	r = subchannel_set_driver(site->root_fd, c->target, driver);
	if (r >= 0)
		return 0;
	log_errno(r, "subchannel %s did not go to %s", c->target, driver ? driver : "the host's own driver");
	if (driver && subchannel_set_driver(site->root_fd, c->target, NULL) < 0)
		log_error("subchannel %s could not be given back to the host's driver; 'echo %s > /sys/bus/css/drivers_probe' tries again", c->target, c->target);
	return r;
}

/* Online is what the host had of it; without that it has the device all the same, and nothing else is taken back for it. */
static void set_online(const struct site *site, const struct change *c)
{
	int r = subchannel_set_online(site->root_fd, c->target, true);

	if (r < 0)
		log_warning("the device on subchannel %s is the host's again, and could not be set online (%s); 'chccwdev -e ID' tries again", c->target, strerror(-r));
}

/* The host lets go of what it has online: the kernel refuses that of a disk that is open. */
static int move(const struct site *site, const struct change *c, const char *driver, bool online)
{
	int r = 0;

	if (driver && (c->active || c->was_active))
		r = subchannel_set_online(site->root_fd, c->target, false);
	if (r < 0)
		return log_errno(r, "cannot set the device on subchannel %s offline", c->target);
	r = set(site, c, driver);
	if (r >= 0 && !driver && online)
		set_online(site, c);
	return r;
}

static int subchannel_apply(const struct site *site, struct change *c)
{
	return move(site, c, c->driver_after, c->active);
}

/* Whose subchannel has left the machine has no driver to go back to. */
static int subchannel_revert(const struct site *site, struct change *c)
{
	if (!fs_exists(site->root_fd, "sys/bus/css/devices/%s", c->target))
		return 0;
	return move(site, c, str_eq(c->driver_before, SUBCHANNEL_VFIO) ? SUBCHANNEL_VFIO : NULL, c->was_active);
}

static int subchannel_holds(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *now = NULL;

	if (subchannel_get_driver(site->root_fd, c->target, &now) < 0)
		return !c->driver_after;
	/* What no rule keeps is the host's again with the next boot. */
	return c->driver_after ? c->is_spent || str_eq(now, c->driver_after) : !str_eq(now, SUBCHANNEL_VFIO);
}

const struct change_ops change_subchannel_ops = { "subchannel", subchannel_apply, subchannel_revert, subchannel_holds };

/* --- mediated devices, by mdevctl(8) --- */

/* "matrix/83b8f4f2-...": a parent's name has no slash. */
static const char *uuid_of(const struct change *c)
{
	return str_base(c->target);
}

static char *parent_of(const struct change *c)
{
	const char *slash = strchr(c->target, '/');

	return slash ? strndup(c->target, (size_t)(slash - c->target)) : NULL;
}

static bool is_active(const struct site *site, const struct change *c)
{
	return fs_exists(site->root_fd, "sys/bus/mdev/devices/%s", uuid_of(c));
}

static bool is_defined(const struct site *site, const struct change *c)
{
	return fs_exists(site->root_fd, "etc/mdevctl.d/%s", c->target);
}

/* mdevctl WORD --uuid U [--parent P [--jsonfile FILE]]: to stop one it takes no parent, as no two that are active have the same UUID. */
static int run_mdevctl(const char *word, const struct change *c, const char *parent, const char *file)
{
	const char *argv[] = { "mdevctl", word, "--uuid", uuid_of(c), parent ? "--parent" : NULL, parent, file ? "--jsonfile" : NULL, file, NULL };
	_cleanup_free_ char *line = process_format((char *const *)argv), *output = NULL;
	int status;

	if (!line)
		return log_oom();
	status = process_run((char *const *)argv, &output);
	if (status < 0)
		return log_errno(status, "cannot run %s", line);
	return status ? log_error("%s failed with status %d: %s", line, status, str_trim(output)), -ECANCELED : 0;
}

/* mdevctl reads a definition from a file; it is gone again when mdevctl is done. */
static int with_file(const struct site *site, const char *word, const struct change *c, const char *parent, const struct content *definition)
{
	_cleanup_free_ char *path = text_format("run/slipway/mediated-%s.json", uuid_of(c)), *file = path ? text_format("/%s", path) : NULL;
	int r;

	if (!file)
		return log_oom();
	r = fs_mkdir_all(site->root_fd, "run/slipway");
	if (r >= 0)
		r = fs_write(site->root_fd, path, definition->data, definition->size, 0600, true);
	if (r < 0)
		return log_errno(r, "cannot write %s", file);
	r = run_mdevctl(word, c, parent, file);
	fs_remove(site->root_fd, path);
	return r;
}

static const char *module_for(const char *parent)
{
	return str_eq(parent, "matrix") ? "vfio_ap" : "vfio_ccw";
}

/* What is there already is not made twice. */
static int make(const struct site *site, const struct change *c, const struct content *definition)
{
	_cleanup_free_ char *parent = parent_of(c);
	int r;

	if (!parent || !definition->data)
		return log_error("the journal does not say what mediated device %s was to be", c->target), -EINVAL;
	r = channel_load(site->root_fd, module_for(parent));
	if (r >= 0 && c->saved && !is_defined(site, c))
		r = with_file(site, "define", c, parent, definition);
	if (r < 0 || is_active(site, c))
		return r;
	r = c->saved ? run_mdevctl("start", c, parent, NULL) : with_file(site, "start", c, parent, definition);
	if (r < 0 || is_active(site, c))
		return r;
	return log_error("mdevctl has started mediated device %s, and it is not there", uuid_of(c)), -EIO;
}

static int unmake(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *parent = parent_of(c);
	int r = parent ? 0 : -EINVAL;

	if (r >= 0 && is_active(site, c))
		r = run_mdevctl("stop", c, NULL, NULL);
	if (r >= 0 && is_defined(site, c))
		r = run_mdevctl("undefine", c, parent, NULL);
	if (r >= 0 && (is_active(site, c) || is_defined(site, c)))
		return log_error("mdevctl has removed mediated device %s, and it is still there", uuid_of(c)), -EIO;
	return r;
}

/* What a definition assigns; one that the journal does not have assigns nothing. */
static int read_assigned(const struct content *definition, struct ap_mask *cards, struct ap_mask *domains)
{
	_cleanup_json_ struct json_object *o = NULL;
	int r = definition->data ? json_parse(definition->data, definition->size, &o) : -EINVAL;

	if (r >= 0)
		mediated_assigned(o, cards, domains);
	return r;
}

/* The kernel takes what is so already without a word (drivers/s390/crypto/vfio_ap_ops.c). */
static int assign(const struct site *site, const struct change *c, const char *what, const struct ap_mask *from, const struct ap_mask *to)
{
	for (unsigned id = 0; id < AP_IDS; id++) {
		bool has = ap_mask_has(to, id);
		char number[8];
		int r;

		if (ap_mask_has(from, id) == has)
			continue;
		snprintf(number, sizeof(number), "0x%02x", id);
		r = fs_poke(site->root_fd, number, "sys/bus/mdev/devices/%s/%sassign_%s", uuid_of(c), has ? "" : "un", what);
		if (r < 0)
			return log_errno(r, "cannot %s %s %s of mediated device %s", has ? "assign" : "unassign", what, number, uuid_of(c));
	}
	return 0;
}

/* mdevctl(8) keeps it in this file; its own word for that goes by the places of attributes, and differs between its versions. */
static int redefine(const struct site *site, const struct change *c, const struct content *from, const struct content *to)
{
	_cleanup_free_ char *path = text_format("etc/mdevctl.d/%s", c->target);
	_cleanup_(content_done) struct content now = {};
	int r = path ? content_read(site->root_fd, path, &now) : -ENOMEM;

	if (r < 0)
		return log_errno(r, "cannot read /etc/mdevctl.d/%s", c->target);
	if (content_eq(&now, to))
		return 0;
	if (!content_eq(&now, from))
		return log_error("/%s was changed by somebody else in the meantime; it is left as it is", path), -ESTALE;
	r = fs_write(site->root_fd, path, to->data, to->size, 0644, false);
	return r < 0 ? log_errno(r, "cannot write /%s", path) : 0;
}

/* It is there before and after, with other queues: also while a guest runs with it (vfio-ap.rst, "Hot plug/unplug support"). */
static int alter(const struct site *site, const struct change *c, const struct content *from, const struct content *to)
{
	struct ap_mask from_cards, from_domains, to_cards, to_domains;
	int r;

	if (read_assigned(from, &from_cards, &from_domains) < 0 || read_assigned(to, &to_cards, &to_domains) < 0)
		return log_error("the journal does not say what mediated device %s was to be", c->target), -EINVAL;
	r = c->live && is_active(site, c) ? assign(site, c, "adapter", &from_cards, &to_cards) : 0;
	if (r >= 0 && c->live && is_active(site, c))
		r = assign(site, c, "domain", &from_domains, &to_domains);
	return r < 0 || !c->saved ? r : redefine(site, c, from, to);
}

static bool is_altered(const struct change *c)
{
	return c->before.exists && c->after.exists && !content_eq(&c->before, &c->after);
}

static int alter_holds(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *path = text_format("etc/mdevctl.d/%s", c->target);
	struct ap_mask cards, domains, now_cards = {}, now_domains = {};
	_cleanup_(content_done) struct content now = {};

	if (!c->saved)
		return c->is_spent || is_active(site, c);
	if (!path || content_read(site->root_fd, path, &now) < 0 || read_assigned(&c->after, &cards, &domains) < 0 || read_assigned(&now, &now_cards, &now_domains) < 0)
		return 0;
	return memcmp(&cards, &now_cards, sizeof(cards)) == 0 && memcmp(&domains, &now_domains, sizeof(domains)) == 0;
}

static int mediated_apply(const struct site *site, struct change *c)
{
	if (is_altered(c))
		return alter(site, c, &c->before, &c->after);
	return c->after.exists ? make(site, c, &c->after) : unmake(site, c);
}

static int mediated_revert(const struct site *site, struct change *c)
{
	if (is_altered(c))
		return alter(site, c, &c->after, &c->before);
	return c->before.exists ? make(site, c, &c->before) : unmake(site, c);
}

/* One that is not defined is gone with the next boot, and so is the guest that had it. */
static int mediated_holds(const struct site *site, const struct change *c)
{
	if (is_altered(c))
		return alter_holds(site, c);
	if (!c->after.exists)
		return !is_active(site, c) && !is_defined(site, c);
	return c->is_spent || (is_active(site, c) && (!c->saved || is_defined(site, c)));
}

const struct change_ops change_mediated_ops = { "mediated", mediated_apply, mediated_revert, mediated_holds };
