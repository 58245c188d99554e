/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy: what must hold on this host beside what the audit asks of every host. */

#include <errno.h>
#include <string.h>

#include "cli/policy.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/settings.h"
#include "common/text.h"

static void rule_done(struct policy_rule *rule)
{
	selector_done(&rule->selector);
	free(rule->verdicts);
}

void policy_done(struct policy *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		rule_done(&p->rules[i]);
	free(p->rules);
	free(p->file);
	strv_free(p->require);
	strv_free(p->ignore);
	*p = (struct policy){};
}

static void read_version(struct settings *s, yaml_node_t *value, void *context)
{
	bool *seen = context;

	*seen = true;
	if (!str_eq(settings_text(value), "1"))
		settings_complain(s, value, "version must be 1");
}

static void read_id(struct settings *s, yaml_node_t *item, void *context)
{
	struct policy *policy = s->target;
	const char *id = settings_text(item), *nearest;
	char ***list = context;

	if (!id || !check_find(id)) {
		nearest = id ? check_nearest(id) : NULL;
		settings_complain(s, item, "there is no check '%s'%s%s%s", id ? id : "(no text)", nearest ? "; did you mean '" : "", nearest ? nearest : "",
				  nearest ? "'?" : "; 'slipway --json audit' names them all");
	} else if (strv_contains(policy->require, id) || strv_contains(policy->ignore, id)) {
		settings_complain(s, item, "check '%s' stands in this policy twice", id);
	} else if (strv_add(list, id) < 0) {
		settings_complain(s, item, "out of memory");
	}
}

static void read_require(struct settings *s, yaml_node_t *value, void *context)
{
	struct policy *policy = s->target;

	(void)context;
	settings_list(s, value, "require must be a list of checks, such as [firmware.mode]", read_id, &policy->require);
}

static void read_ignore(struct settings *s, yaml_node_t *value, void *context)
{
	struct policy *policy = s->target;

	(void)context;
	settings_list(s, value, "ignore must be a list of checks, such as [software.ovmf]", read_id, &policy->ignore);
}

static void read_device(struct settings *s, yaml_node_t *value, void *context)
{
	struct policy_rule *rule = context;

	settings_selector(s, value, "device must be a selector, such as class=nvme", &rule->selector);
}

static void read_verdict(struct settings *s, yaml_node_t *item, void *context)
{
	struct policy_rule *rule = context;
	const char *name = settings_text(item);
	char *verdicts;

	for (enum assessment a = ASSESS_ASSIGNABLE; a <= ASSESS_UNKNOWN; a++) {
		if (!str_eq(name, assessment_name(a)))
			continue;
		rule->wanted[a] = true;
		verdicts = text_format("%s%s%s", rule->verdicts ? rule->verdicts : "", rule->verdicts ? " or " : "", name);
		free(rule->verdicts);
		rule->verdicts = verdicts;
		return;
	}
	settings_complain(s, item, "verdict must be assignable, bound, attached, blocked or unknown, or a list of these");
}

static void read_verdicts(struct settings *s, yaml_node_t *value, void *context)
{
	if (value->type == YAML_SCALAR_NODE)
		read_verdict(s, value, context);
	else
		settings_list(s, value, "verdict must be assignable, bound, attached, blocked or unknown, or a list of these", read_verdict, context);
}

static void read_number(struct settings *s, yaml_node_t *value, const char *name, unsigned *ret)
{
	const char *text = settings_text(value);

	if (!text || parse_unsigned(text, ret) < 0 || !*ret || *ret > 4096)
		settings_complain(s, value, "%s must be a number from 1 to 4096", name);
}

static void read_count(struct settings *s, yaml_node_t *value, void *context)
{
	struct policy_rule *rule = context;

	read_number(s, value, "count", &rule->count);
}

static void read_at_least(struct settings *s, yaml_node_t *value, void *context)
{
	struct policy_rule *rule = context;

	read_number(s, value, "at_least", &rule->at_least);
}

static void read_rule(struct settings *s, yaml_node_t *item, void *context)
{
	static const struct setting keys[] = {
		{ "device", read_device }, { "verdict", read_verdicts }, { "count", read_count }, { "at_least", read_at_least }, {},
	};
	struct policy *policy = s->target;
	struct policy_rule *grown = realloc(policy->rules, (policy->n_rules + 1) * sizeof(*grown)), *rule;
	size_t before = s->complaints.n;

	(void)context;
	if (!grown) {
		settings_complain(s, item, "out of memory");
		return;
	}
	policy->rules = grown;
	rule = &policy->rules[policy->n_rules++];
	*rule = (struct policy_rule){ .line = item->start_mark.line + 1 };
	settings_mapping(s, item, keys, "an entry of devices", rule);
	if (s->complaints.n == before && (!rule->selector.n_terms || !rule->verdicts))
		settings_complain(s, item, "an entry of devices needs device and verdict");
	if (rule->count && rule->at_least)
		settings_complain(s, item, "count and at_least exclude each other");
}

static void read_devices(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "devices must be a list, such as [{ device: class=nvme, verdict: assignable }]", read_rule, context);
}

static void read_root(struct settings *s, yaml_node_t *root)
{
	static const struct setting keys[] = {
		{ "version", read_version }, { "require", read_require }, { "ignore", read_ignore }, { "devices", read_devices }, {},
	};
	bool has_version = false;

	settings_mapping(s, root, keys, "the policy", &has_version);
	if (!has_version && root->type == YAML_MAPPING_NODE)
		settings_complain(s, root, "the policy needs 'version: 1'");
}

int policy_parse(const char *text, const char *file, struct policy *ret)
{
	_cleanup_(policy_done) struct policy policy = { .file = strdup(file) };
	int r;

	if (!policy.file)
		return log_oom();
	r = settings_parse(text, file, "the policy is empty; it begins with 'version: 1'", read_root, &policy);
	if (r < 0)
		return r;
	*ret = TAKE(policy);
	return 0;
}

int policy_read(const char *path, struct policy *ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = file_read(path, &text);
	return r < 0 ? log_errno(r, "cannot read %s", path) : policy_parse(text, path, ret);
}

/* Does the rule hold? Evidence of what was found in either case, and of the devices that it names and that are otherwise. */
static int judge_rule(const struct policy *policy, const struct policy_rule *rule, const struct host *host, const struct uses *uses,
		      struct report *report, struct finding *f, bool *ret)
{
	_cleanup_free_ char *place = text_format("%s:%zu", policy->file, rule->line), *others = NULL;
	struct text list = {};
	size_t named = 0, good = 0;

	for (size_t i = 0; i < host->devices.n; i++) {
		const struct device *d = &host->devices.list[i];
		_cleanup_(strv_freep) char **reasons = NULL;
		enum assessment assessment;
		int r;

		if (!selector_matches(&rule->selector, d))
			continue;
		r = device_assess(host, uses, d, &assessment, &reasons);
		if (r < 0)
			return text_done(&list), r;
		named++;
		good += rule->wanted[assessment];
		if (!rule->wanted[assessment])
			text_printf(&list, "%s%s %s", list.size ? ", " : "; ", d->address, assessment_name(assessment));
	}
	others = text_take(&list);
	if (!place || !others)
		return -ENOMEM;
	*ret = rule->count ? good == rule->count : rule->at_least ? good >= rule->at_least : good && good == named;
	if (rule->count || rule->at_least)
		finding_evidence(report, f, place, "%s: %zu %s, wanted %s%u%s", rule->selector.text, good, rule->verdicts, rule->at_least ? "at least " : "",
				 rule->count + rule->at_least, *ret ? "" : others);
	else
		finding_evidence(report, f, place, "%s: %zu of %zu %s%s", rule->selector.text, good, named, rule->verdicts, others);
	return 0;
}

int policy_apply(const struct policy *policy, const struct host *host, const struct uses *uses, struct report *report)
{
	struct finding *f;
	size_t broken = 0;

	for (size_t i = 0; i < report->n; i++)
		if (strv_contains(policy->ignore, report->list[i].id))
			report->list[i].is_required = false;
	if (!policy->n_rules)
		return 0;
	f = report_add(report, "policy.devices", "policy");
	if (!f)
		return -ENOMEM;
	f->is_required = true;
	for (size_t i = 0; i < policy->n_rules; i++) {
		bool holds = false;
		int r;

		r = judge_rule(policy, &policy->rules[i], host, uses, report, f, &holds);
		if (r < 0)
			return r;
		broken += !holds;
	}
	if (broken) {
		finding_set(report, f, VERDICT_FAIL, "%zu of %zu rules for devices %s not hold", broken, policy->n_rules, broken == 1 ? "does" : "do");
		finding_remedy(report, f, "slipway show ADDRESS tells why a device is as it is");
	} else {
		finding_set(report, f, VERDICT_PASS, "the policy's rules for devices hold");
	}
	return report->failed ? -ENOMEM : 0;
}
