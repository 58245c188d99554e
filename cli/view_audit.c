/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit's report as JSON and as text. */

#include <stdio.h>

#include "cli/terminal.h"
#include "cli/view_audit.h"
#include "common/cleanup.h"
#include "common/text.h"

static void add_evidence(const struct finding *f, struct json_object *check)
{
	struct json_object *evidence = json_add_array(check, "evidence");

	for (size_t i = 0; i < f->n_evidence; i++) {
		struct json_object *item = json_object_new_object();

		json_add_string(item, "path", f->evidence[i].path);
		json_add_string(item, "value", f->evidence[i].value);
		json_object_array_add(evidence, item);
	}
}

void report_to_json(const struct report *report, struct json_object *document)
{
	const struct finding *broken = audit_first_broken(report);
	struct json_object *array;

	json_add_string(document, "verdict", readiness_name(audit_readiness(report)));
	json_add_string(document, "first_broken", broken ? broken->id : NULL);
	array = json_add_array(document, "checks");
	for (size_t i = 0; i < report->n; i++) {
		const struct finding *f = &report->list[i];
		struct json_object *check = json_object_new_object();

		json_add_string(check, "id", f->id);
		json_add_string(check, "layer", f->layer);
		json_add_string(check, "verdict", verdict_name(f->verdict));
		json_add_bool(check, "required", f->is_required);
		json_add_string(check, "summary", f->summary);
		add_evidence(f, check);
		json_add_string(check, "remedy", f->remedy);
		json_object_array_add(array, check);
	}
}

void peer_to_json(const struct report *peer, struct json_object *document)
{
	struct json_object *o = json_add_object(document, "peer"), *array;

	json_add_string(o, "to_peer", verdict_name(peer_verdict(peer, peer_to)));
	json_add_string(o, "from_peer", verdict_name(peer_verdict(peer, peer_from)));
	array = json_add_array(o, "checks");
	for (size_t i = 0; i < peer->n; i++) {
		const struct finding *f = &peer->list[i];
		struct json_object *check = json_object_new_object();

		json_add_string(check, "id", f->id);
		json_add_string(check, "direction", f->layer == peer_both ? "both" : f->layer == peer_to ? "to-peer" : "from-peer");
		json_add_string(check, "verdict", verdict_name(f->verdict));
		json_add_string(check, "summary", f->summary);
		add_evidence(f, check);
		json_add_string(check, "remedy", f->remedy);
		json_object_array_add(array, check);
	}
}

static void print_remedy(const char *remedy, size_t indent, size_t width)
{
	printf("%*s→ ", (int)indent, "");
	print_wrapped(remedy, indent + 2, indent + 2, width);
}

static void print_finding(const struct cli *cli, const struct finding *f)
{
	static const char *const colors[] = {
		[VERDICT_PASS] = "\033[32m", [VERDICT_WARN] = "\033[33m",    [VERDICT_FAIL] = "\033[31m",
		[VERDICT_SKIP] = "\033[2m",  [VERDICT_UNKNOWN] = "\033[33m",
	};
	size_t width = screen_width(cli);

	printf("  %s%-7s%s  ", cli->color ? colors[f->verdict] : "", verdict_name(f->verdict), cli->color ? "\033[0m" : "");
	print_wrapped(f->summary, 11, 11, width);
	/* Evidence where something is wrong; what passes speaks for itself (and --json has it all). */
	for (size_t i = 0; f->verdict != VERDICT_PASS && f->verdict != VERDICT_SKIP && i < f->n_evidence; i++) {
		_cleanup_free_ char *line = text_format("%s: %s", f->evidence[i].path, f->evidence[i].value);

		printf("           ");
		print_wrapped(line ? line : "", 11, 13, width);
	}
	if (f->remedy && f->verdict != VERDICT_PASS)
		print_remedy(f->remedy, 11, width);
}

void findings_print(const struct cli *cli, const struct report *report)
{
	const char *layer = NULL;

	for (size_t i = 0; i < report->n; i++) {
		const struct finding *f = &report->list[i];

		if (!str_eq(layer, f->layer))
			printf("%s\n", f->layer);
		layer = f->layer;
		print_finding(cli, f);
	}
}

void peer_print(const struct cli *cli, const struct report *peer)
{
	findings_print(cli, peer);
	printf("\nlive migration to the peer: %s; from it: %s\n", verdict_name(peer_verdict(peer, peer_to)),
	       verdict_name(peer_verdict(peer, peer_from)));
}

void verdict_print(const struct cli *cli, const struct report *report)
{
	enum readiness readiness = audit_readiness(report);
	const struct finding *broken = audit_first_broken(report);
	_cleanup_free_ char *lead = NULL;

	printf("\n%s%s%s", cli->color ? "\033[1m" : "", readiness_name(readiness), cli->color ? "\033[0m" : "");
	if (broken) {
		lead = text_format(": %s (%s): ", broken->layer, broken->id);
		printf("%s", lead ? lead : "");
		print_wrapped(broken->summary, columns(readiness_name(readiness)) + (lead ? columns(lead) : 0), 2, screen_width(cli));
		if (broken->remedy)
			print_remedy(broken->remedy, 0, screen_width(cli));
	} else {
		printf("\n");
	}
}

void report_print(const struct cli *cli, const struct report *report)
{
	findings_print(cli, report);
	verdict_print(cli, report);
}
