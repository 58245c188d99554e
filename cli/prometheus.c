/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit as metrics, for the textfile collector of Prometheus's node_exporter. */

#include <errno.h>

#include "cli/prometheus.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/assess.h"
#include "passthrough/closure.h"
#include "passthrough/selector.h"

static void add_family(struct text *t, const char *name, const char *help)
{
	text_printf(t, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* Inside quotes a backslash, a quote and a newline have an escape; what is no text is escaped before, so that it cannot be confused with them. */
static void add_label(struct text *t, const char *name, const char *value)
{
	_cleanup_free_ char *safe = text_escape_field(value ? value : "");

	if (!safe)
		t->failed = true;
	text_printf(t, "%s%s=\"", t->size && t->data[t->size - 1] == '{' ? "" : ",", name);
	for (const char *p = safe; p && *p; p++) {
		if (*p == '\\' || *p == '"')
			text_append(t, "\\");
		text_append_bytes(t, p, 1);
	}
	text_append(t, "\"");
}

static void add_readiness(struct text *t, const struct report *report)
{
	enum readiness readiness = audit_readiness(report);

	add_family(t, "slipway_ready", "Whether the host is ready for PCIe passthrough: every required check passes.");
	text_printf(t, "slipway_ready %d\n", readiness == READINESS_READY);
	add_family(t, "slipway_reboot_required", "Whether all that keeps the host from being ready is a reboot.");
	text_printf(t, "slipway_reboot_required %d\n", readiness == READINESS_REBOOT_REQUIRED);
}

static void add_info(struct text *t, const struct host *host)
{
	add_family(t, "slipway_info", "The version that wrote this, and what the host is; always 1.");
	text_append(t, "slipway_info{");
	add_label(t, "version", SLIPWAY_VERSION);
	add_label(t, "kernel", host->kernel.release);
	add_label(t, "vendor", host->firmware.vendor);
	add_label(t, "product", host->firmware.product);
	text_append(t, "} 1\n");
}

static void add_checks(struct text *t, const struct report *report)
{
	add_family(t, "slipway_check", "The verdict of each check: 1 for the one that it has, 0 for the others.");
	for (size_t i = 0; i < report->n; i++) {
		const struct finding *f = &report->list[i];

		for (enum verdict v = VERDICT_PASS; v <= VERDICT_UNKNOWN; v++) {
			text_append(t, "slipway_check{");
			add_label(t, "id", f->id);
			add_label(t, "layer", f->layer);
			add_label(t, "required", f->is_required ? "true" : "false");
			add_label(t, "verdict", verdict_name(v));
			text_printf(t, "} %d\n", f->verdict == v);
		}
	}
}

static const char *class_word(const struct device *d)
{
	const char *word = device_class_word(d);

	return word ? word : "other";
}

static void add_counts(struct text *t, const struct host *host, const enum assessment *verdicts)
{
	static const char *const classes[] = { "gpu", "net", "nvme", "storage", "usb", "other" };

	add_family(t, "slipway_devices", "PCI functions by class and verdict, bridges left out.");
	for (size_t c = 0; c < ARRAY_SIZE(classes); c++) {
		size_t counts[ASSESS_UNKNOWN + 1] = {};

		for (size_t i = 0; i < host->devices.n; i++)
			if (!device_is_infrastructure(&host->devices.list[i]) && str_eq(class_word(&host->devices.list[i]), classes[c]))
				counts[verdicts[i]]++;
		for (enum assessment v = ASSESS_ASSIGNABLE; v <= ASSESS_UNKNOWN; v++) {
			text_append(t, "slipway_devices{");
			add_label(t, "class", classes[c]);
			add_label(t, "verdict", assessment_name(v));
			text_printf(t, "} %zu\n", counts[v]);
		}
	}
}

static void add_device(struct text *t, const struct device *d, enum assessment verdict)
{
	char number[32];

	text_append(t, "slipway_device{");
	add_label(t, "address", d->address);
	add_label(t, "class", class_word(d));
	add_label(t, "driver", d->driver);
	snprintf(number, sizeof(number), "%04x:%04x", d->vendor, d->product);
	add_label(t, "id", number);
	snprintf(number, sizeof(number), "%d", d->iommu_group);
	add_label(t, "iommu_group", d->iommu_group >= 0 ? number : "");
	snprintf(number, sizeof(number), "%d", d->numa_node);
	add_label(t, "numa_node", d->numa_node >= 0 ? number : "");
	add_label(t, "serial", d->serial);
	add_label(t, "verdict", assessment_name(verdict));
	text_append(t, "} 1\n");
}

static void add_devices(struct text *t, const struct host *host, const enum assessment *verdicts)
{
	add_family(t, "slipway_device", "Each PCI function that is no bridge; always 1.");
	for (size_t i = 0; i < host->devices.n; i++)
		if (!device_is_infrastructure(&host->devices.list[i]))
			add_device(t, &host->devices.list[i], verdicts[i]);
}

int prometheus_text(const struct host *host, const struct uses *uses, const struct report *report, char **ret)
{
	_cleanup_free_ enum assessment *verdicts = calloc(host->devices.n + 1, sizeof(*verdicts));
	struct text t = {};

	if (!verdicts)
		return -ENOMEM;
	for (size_t i = 0; i < host->devices.n; i++) {
		_cleanup_(strv_freep) char **reasons = NULL;
		int r;

		r = device_assess(host, uses, &host->devices.list[i], &verdicts[i], &reasons);
		if (r < 0)
			return r;
	}
	add_readiness(&t, report);
	add_info(&t, host);
	add_checks(&t, report);
	add_family(&t, "slipway_iommu_groups", "How many IOMMU groups there are; 0 where the IOMMU is off.");
	text_printf(&t, "slipway_iommu_groups %zu\n", host->iommu.n_groups);
	add_counts(&t, host, verdicts);
	add_devices(&t, host, verdicts);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}
