/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: what slipway was about to do, and did. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/journal.h"
#include "installer/plan_store.h"

#define JOURNAL JOURNAL_FOLDER "/journal"
#define WAY_OUT "put it back from a backup, or, to keep the host as it stands, move /" JOURNAL_FOLDER " away"

void journal_done(struct journal *j)
{
	for (size_t i = 0; i < j->n; i++)
		transaction_done(&j->list[i]);
	free(j->list);
	*j = (struct journal){};
}

struct transaction *journal_find(const struct journal *j, unsigned id)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->list[i].id == id)
			return &j->list[i];
	return NULL;
}

struct transaction *journal_interrupted(const struct journal *j)
{
	for (size_t i = j->n; i > 0; i--)
		if (j->list[i - 1].state == TRANSACTION_OPEN || j->list[i - 1].state == TRANSACTION_UNDOING)
			return &j->list[i - 1];
	return NULL;
}

struct transaction *journal_trial(const struct journal *j)
{
	for (size_t i = j->n; i > 0; i--)
		if (j->list[i - 1].state == TRANSACTION_TRIAL)
			return &j->list[i - 1];
	return NULL;
}

struct transaction *journal_last(const struct journal *j, const char *verb)
{
	for (size_t i = j->n; i > 0; i--)
		if (transaction_stands(&j->list[i - 1]) && (!verb || str_eq(j->list[i - 1].verb, verb)))
			return &j->list[i - 1];
	return NULL;
}

char *boot_id(int root_fd)
{
	char *id = NULL;

	if (fs_read_line(root_fd, &id, "proc/sys/kernel/random/boot_id") < 0)
		return NULL;
	return id;
}

char *time_now(void)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return strdup(text);
}

static int begin(struct journal *j, struct json_object *o, unsigned id)
{
	struct transaction t, *grown;
	int r;

	r = transaction_begin(o, id, &t);
	if (r < 0)
		return r;
	grown = realloc(j->list, (j->n + 1) * sizeof(*grown));
	if (!grown) {
		transaction_done(&t);
		return -ENOMEM;
	}
	j->list = grown;
	j->list[j->n++] = t;
	return 0;
}

static int parse_line(struct journal *j, const char *line)
{
	_cleanup_json_ struct json_object *o = NULL;
	struct transaction *t;
	struct json_object *change;
	const char *event;
	int64_t id;
	int r;

	r = json_parse(line, strlen(line), &o);
	if (r < 0)
		return r;
	event = json_get_string(o, "event");
	id = json_get_int(o, "transaction");
	if (!event || id <= 0 || id > UINT_MAX)
		return -EINVAL;
	t = journal_find(j, (unsigned)id);
	/* The id names the folder of its plan: no two share one. */
	if (str_eq(event, "begin"))
		return t ? -EINVAL : begin(j, o, (unsigned)id);
	if (!t)
		return -EINVAL;
	return transaction_note(t, event, json_object_object_get_ex(o, "change", &change) ? json_object_get_int(change) : -1,
		    json_get_string(o, "text"), json_get_string(o, "time"), json_get_string(o, "boot"));
}

int journal_parse(char *text, int root_fd, struct journal *ret)
{
	_cleanup_(journal_done) struct journal j = { .root_fd = root_fd };
	unsigned number = 0;
	int r;

	for (char *line = text, *newline; *line; line = newline + 1) {
		number++;
		newline = strchr(line, '\n');
		/* A crash in the middle of an append. Only the newline may be missing: the next append makes it a record, so it is one. */
		j.ends_cut = !newline;
		if (newline)
			*newline = '\0';
		/* A cut-off line is closed by the next append: it is passed over, too. */
		r = *line ? parse_line(&j, line) : 0;
		if (r == -ENOMEM)
			return log_oom();
		if (r == -EOPNOTSUPP)
			return log_error("/" JOURNAL ":%u: written by a newer slipway; only that one knows what was done, and can go on or take it "
					 "back", number), r;
		if (!newline)
			break;
		if (r < 0 && line[strlen(line) - 1] == '}')
			return log_invalid("/" JOURNAL ":%u: not a record of slipway's; the file was changed by somebody else, and nothing "
					   "is undone on its word", number);
	}
	*ret = TAKE(j);
	return 0;
}

/* The journal is there before the first plan is: plans without it have lost it, and their numbers must not be given away again. */
static int read_none(int root_fd, struct journal *ret)
{
	_cleanup_(strv_freep) char **plans = NULL;

	if (dir_list(root_fd, &plans, JOURNAL_FOLDER "/transactions") >= 0 && plans && *plans)
		return log_error("/" JOURNAL " is gone, and what it told of /" JOURNAL_FOLDER "/transactions with it; put it back from a backup, or, "
				 "to keep the host as it stands, move /" JOURNAL_FOLDER " away"), -ENOENT;
	*ret = (struct journal){ .root_fd = root_fd };
	return 0;
}

int journal_read(int root_fd, struct journal *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &text, &size, JOURNAL);
	if (r == -ENOENT)
		return read_none(root_fd, ret);
	if (r < 0)
		return log_errno(r, "cannot read /" JOURNAL);
	/* After a power cut some file systems have the length of a write and not its bytes: zeros are no record, and no end. */
	for (size_t i = 0; i < size; i++)
		if (!text[i])
			text[i] = '\n';
	return journal_parse(text, root_fd, ret);
}

static int append_line(struct journal *j, struct json_object *o, bool *ret_is_there)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_close_ int fd = -1;
	size_t size;
	ssize_t n;
	int r;

	line = text_format("%s%s\n", j->ends_cut ? "\n" : "", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	if (!line)
		return -ENOMEM;
	fd = fs_open(j->root_fd, O_WRONLY | O_APPEND | O_NOFOLLOW, JOURNAL);
	if (fd < 0)
		return fd;
	size = strlen(line);
	do
		n = write(fd, line, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* One write: a short one (a full disk) leaves a cut-off line, which is no record. */
	j->ends_cut = n != (ssize_t)size;
	if (j->ends_cut)
		return -ENOSPC;
	*ret_is_there = true;
	do
		r = fsync(fd);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int journal_append(struct journal *j, struct transaction *t, const char *event, int change, const char *text)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	_cleanup_free_ char *boot = boot_id(j->root_fd), *now = change < 0 ? time_now() : NULL;
	bool is_there = false;
	int r;

	json_add_int(o, "transaction", t->id);
	json_add_string(o, "event", event);
	if (change >= 0)
		json_add_int(o, "change", change);
	if (text)
		json_add_string(o, "text", text);
	if (now)
		json_add_string(o, "time", now);
	if (str_eq(event, "undoing") && boot)
		json_add_string(o, "boot", boot);
	r = append_line(j, o, &is_there);
	/* What is in the file counts, whether or not it came to the disk: who reads it next takes it for true. */
	if (is_there && transaction_note(t, event, change, text, now, boot) < 0)
		return log_oom();
	return r < 0 ? log_errno(r, "cannot write to the journal /" JOURNAL) : 0;
}

static int make_folder(struct journal *j)
{
	int r;

	r = fs_mkdir_all(j->root_fd, JOURNAL_FOLDER "/transactions");
	if (r < 0)
		return log_errno(r, "cannot make the folder /" JOURNAL_FOLDER);
	if (fs_exists(j->root_fd, JOURNAL))
		return 0;
	r = fs_write(j->root_fd, JOURNAL, "", 0, 0600, true);
	return r < 0 ? log_errno(r, "cannot make the journal /" JOURNAL) : 0;
}

static struct json_object *begin_record(int root_fd, unsigned id, const char *verb, const struct plan *plan, uint32_t sum, const char *connection)
{
	struct json_object *o = json_object_new_object();
	_cleanup_free_ char *boot = boot_id(root_fd), *now = time_now();

	json_add_int(o, "transaction", id);
	json_add_string(o, "event", "begin");
	json_add_string(o, "verb", verb);
	json_add_string(o, "time", now);
	if (boot)
		json_add_string(o, "boot", boot);
	if (connection)
		json_add_string(o, "connection", connection);
	json_add_int(o, "version", JOURNAL_VERSION);
	json_add_int(o, "checksum", sum);
	json_add_int(o, "changes", (int64_t)plan->n);
	json_add_bool(o, "needs_reboot", plan->needs_reboot);
	if (plan->is_trial)
		json_add_bool(o, "trial", true);
	return o;
}

int journal_begin(struct journal *j, const char *verb, const struct plan *plan, const char *connection, struct transaction **ret)
{
	_cleanup_json_ struct json_object *o = NULL;
	unsigned id = j->n ? j->list[j->n - 1].id + 1 : 1;
	bool is_there = false;
	uint32_t sum = 0;
	int r;

	r = make_folder(j);
	if (r < 0)
		return r;
	/* The plan first: a transaction that the journal knows can be undone. */
	r = plan_store(j->root_fd, id, plan, &sum);
	if (r < 0)
		return log_errno(r, "cannot write the plan to /" JOURNAL_FOLDER "/transactions/%u", id);
	o = begin_record(j->root_fd, id, verb, plan, sum, connection);
	r = append_line(j, o, &is_there);
	if (r < 0)
		return log_errno(r, "cannot write to the journal /" JOURNAL);
	r = begin(j, o, id);
	if (r < 0)
		return log_oom();
	*ret = &j->list[j->n - 1];
	return 0;
}

bool journal_has_booted_since(const struct journal *j, const struct transaction *t)
{
	_cleanup_free_ char *boot = boot_id(j->root_fd);

	return boot && t->boot && !str_eq(boot, t->boot);
}

int journal_load_plan(const struct journal *j, const struct transaction *t, struct plan *ret)
{
	bool another_boot = journal_has_booted_since(j, t);
	int r;

	r = plan_load(j->root_fd, t->id, t->plan_sum, ret);
	if (r == -EBADMSG)
		return log_error("/" JOURNAL_FOLDER "/transactions/%u was changed by somebody else, and nothing is done on its word; " WAY_OUT,
				 t->id), r;
	if (r < 0)
		return log_error("cannot read the plan in /" JOURNAL_FOLDER "/transactions/%u: %s; " WAY_OUT, t->id, strerror(-r)), r;
	for (size_t i = 0; i < ret->n && i < t->n_changes; i++) {
		struct change *c = &ret->list[i];

		c->is_deferred = t->deferred[i] && !t->tried[i];
		c->is_spent = another_boot && (c->kind == CHANGE_DRIVER || c->kind == CHANGE_VALUE || c->one_shot);
	}
	return ret->n == t->n_changes ? 0 : log_errno(-EINVAL, "the plan of transaction %u has %zu changes, the journal %zu", t->id, ret->n,
						      t->n_changes);
}
