/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check of the boot loader: kernel arguments go to the one that really starts the host. */

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

static void show_installed(const struct host *host, enum loader_kind kind, struct report *report, struct finding *f)
{
	_cleanup_free_ char *path = text_format("/%s", host->loaders.installed[kind]);

	if (path)
		finding_evidence(report, f, path, "%s", loader_name(kind));
	else
		report->failed = true;
}

void check_kernel_bootloader(const struct host *host, struct report *report, struct finding *f)
{
	const struct loaders *l = &host->loaders;
	enum loader_kind one = LOADER_UNKNOWN, other = LOADER_UNKNOWN, deciding = loaders_deciding(l);

	if (l->started != LOADER_UNKNOWN) {
		finding_evidence(report, f, l->path, "%s", l->value);
		finding_set(report, f, VERDICT_PASS, "%s started this host", loader_name(l->started));
	} else if (loaders_are_ambiguous(l, &one, &other)) {
		show_installed(host, one, report, f);
		show_installed(host, other, report, f);
		finding_set(report, f, VERDICT_WARN, "%s and %s are installed, and nothing tells which one starts this host",
			    loader_name(one), loader_name(other));
		finding_remedy(report, f, "remove the one that does not start this host, or let the firmware's boot entry name the other by its "
			       "own file instead of \\EFI\\BOOT (see efibootmgr)");
	} else if (l->reason) {
		finding_set(report, f, VERDICT_UNKNOWN, "%s", l->reason);
	} else if (deciding != LOADER_UNKNOWN) {
		show_installed(host, deciding, report, f);
		finding_set(report, f, VERDICT_PASS, "%s is the only boot loader that is installed", loader_name(deciding));
	} else {
		finding_set(report, f, VERDICT_UNKNOWN, "no boot loader is found here, and none has left a trace");
	}
}
