/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first boot of an image: what was left to it is carried out once, with at most one reboot, and the end is written down. */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/first_boot.h"
#include "installer/journal.h"

#define UNIT "slipway-first-boot.service"
#define UNIT_TARGET "multi-user.target.wants"

static const char *const state_names[] = {
	[FIRST_BOOT_NONE] = "none",     [FIRST_BOOT_UNDER_WAY] = "under way", [FIRST_BOOT_REBOOTING] = "rebooting",
	[FIRST_BOOT_DONE] = "done",     [FIRST_BOOT_FAILED] = "failed",
};

const char *first_boot_state_name(enum first_boot_state state)
{
	return state_names[state];
}

void first_boot_done(struct first_boot *f)
{
	free(f->boot);
	free(f->time);
	free(f->verdict);
	free(f->reason);
	*f = (struct first_boot){};
}

enum first_boot_step first_boot_step(const struct first_boot *f, const char *boot, bool waits)
{
	switch (f->state) {
	case FIRST_BOOT_NONE:
	case FIRST_BOOT_DONE:
	case FIRST_BOOT_FAILED:
		return waits ? STEP_CARRY_OUT : STEP_NOTHING;
	case FIRST_BOOT_REBOOTING:
		return boot && f->boot && str_eq(boot, f->boot) ? STEP_WAIT : STEP_JUDGE;
	case FIRST_BOOT_UNDER_WAY:
		break;
	}
	return f->attempts >= FIRST_BOOT_ATTEMPTS ? STEP_GIVE_UP : STEP_CARRY_OUT;
}

char *first_boot_format(const struct first_boot *f)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();

	json_add_string(o, "state", first_boot_state_name(f->state));
	json_add_int(o, "attempts", f->attempts);
	json_add_int(o, "transaction", f->transaction);
	json_add_bool(o, "from_spec", f->from_spec);
	json_add_bool(o, "rebooted", f->rebooted);
	json_add_string(o, "boot", f->boot);
	json_add_string(o, "time", f->time);
	json_add_string(o, "verdict", f->verdict);
	json_add_string(o, "reason", f->reason);
	return text_format("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
}

static int parse_text(struct json_object *o, const char *key, char **ret)
{
	const char *value = json_get_string(o, key);

	*ret = value ? strdup(value) : NULL;
	return value && !*ret ? -ENOMEM : 0;
}

static int parse_number(struct json_object *o, const char *key, unsigned *ret)
{
	int64_t value = json_get_int(o, key);

	if (value < 0 || value > UINT_MAX)
		return -EINVAL;
	*ret = (unsigned)value;
	return 0;
}

int first_boot_parse(const char *text, size_t size, struct first_boot *ret)
{
	_cleanup_(first_boot_done) struct first_boot f = {};
	_cleanup_json_ struct json_object *o = NULL;
	const char *state;
	int r;

	r = json_parse(text, size, &o);
	if (r < 0)
		return r;
	state = json_get_string(o, "state");
	for (int i = FIRST_BOOT_UNDER_WAY; state && i < (int)ARRAY_SIZE(state_names); i++)
		if (str_eq(state, state_names[i]))
			f.state = (enum first_boot_state)i;
	if (!f.state)
		return -EINVAL;
	f.from_spec = json_get_bool(o, "from_spec");
	f.rebooted = json_get_bool(o, "rebooted");
	r = parse_number(o, "attempts", &f.attempts);
	if (r >= 0)
		r = parse_number(o, "transaction", &f.transaction);
	if (r >= 0)
		r = parse_text(o, "boot", &f.boot);
	if (r >= 0)
		r = parse_text(o, "time", &f.time);
	if (r >= 0)
		r = parse_text(o, "verdict", &f.verdict);
	if (r >= 0)
		r = parse_text(o, "reason", &f.reason);
	if (r < 0)
		return r;
	*ret = TAKE(f);
	return 0;
}

int first_boot_read(int root_fd, struct first_boot *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &text, &size, FIRST_BOOT_RECORD);
	if (r == -ENOENT)
		return *ret = (struct first_boot){}, 0;
	if (r < 0)
		return log_errno(r, "cannot read /" FIRST_BOOT_RECORD);
	r = first_boot_parse(text, size, ret);
	if (r == -ENOMEM)
		return log_oom();
	if (r >= 0)
		return 0;
	/* Whether there was a reboot cannot be known: then there was one. */
	log_warning("/" FIRST_BOOT_RECORD " is no record of slipway's; what is left of the first boot is finished without a reboot");
	*ret = (struct first_boot){ .state = FIRST_BOOT_UNDER_WAY, .rebooted = true };
	return 0;
}

int first_boot_write(int root_fd, struct first_boot *f)
{
	_cleanup_free_ char *text = NULL;
	int r;

	free(f->boot);
	free(f->time);
	f->boot = boot_id(root_fd);
	f->time = time_now();
	text = f->time ? first_boot_format(f) : NULL;
	if (!text)
		return log_oom();
	r = fs_mkdir_all(root_fd, JOURNAL_FOLDER);
	if (r >= 0)
		r = fs_write(root_fd, FIRST_BOOT_RECORD, text, strlen(text), 0644, true);
	return r < 0 ? log_errno(r, "cannot write /" FIRST_BOOT_RECORD) : 0;
}

int first_boot_plan(int root_fd, struct plan *plan)
{
	struct change *c;

	if (fs_exists(root_fd, FIRST_BOOT_PENDING))
		return 0;
	c = plan_add(plan, CHANGE_FILE, FIRST_BOOT_PENDING);
	if (!c)
		return log_oom();
	c->phase = PHASE_FIRST_BOOT;
	c->mode = 0644;
	c->after = (struct content){ .exists = true, .data = strdup(FIRST_BOOT_PENDING_TEXT), .size = strlen(FIRST_BOOT_PENDING_TEXT) };
	c->summary = strdup("the first boot runs the commands, reboots once where that is needed, and verifies");
	return c->after.data && c->summary ? 0 : log_oom();
}

/* Where systemd looks for what it is to start, the first that has it (systemd.unit(5)). */
static const char *const unit_folders[] = { "etc/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system" };

static bool is_masked(int root_fd)
{
	_cleanup_free_ char *link = NULL;

	return fs_read_link(root_fd, &link, "etc/systemd/system/" UNIT) >= 0 && str_eq(link, "/dev/null");
}

static bool is_enabled(int root_fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_folders); i++) {
		_cleanup_free_ char *link = NULL;

		/* systemd takes the name; what the link leads to does not matter. */
		if (fs_read_link(root_fd, &link, "%s/" UNIT_TARGET "/" UNIT, unit_folders[i]) >= 0)
			return true;
	}
	return false;
}

int first_boot_missing(int root_fd, char ***ret)
{
	static const char *const program_folders[] = { "usr/bin", "usr/local/bin", "usr/sbin" };
	_cleanup_(strv_freep) char **missing = NULL;
	bool has_unit = false, has_program = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(unit_folders); i++)
		has_unit = has_unit || fs_exists(root_fd, "%s/" UNIT, unit_folders[i]);
	for (size_t i = 0; i < ARRAY_SIZE(program_folders); i++)
		has_program = has_program || fs_exists(root_fd, "%s/slipway", program_folders[i]);
	if (!has_program)
		r = strv_add(&missing, "the program /usr/bin/slipway is missing");
	if (r >= 0 && is_masked(root_fd))
		r = strv_add(&missing, UNIT " is masked");
	else if (r >= 0 && !has_unit)
		r = strv_add(&missing, UNIT " is missing");
	else if (r >= 0 && !is_enabled(root_fd))
		r = strv_add(&missing, UNIT " is not enabled");
	if (r < 0)
		return log_oom();
	*ret = TAKE(missing);
	return 0;
}
