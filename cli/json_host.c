/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts about the host as JSON: its platform, without the devices. */

#include <stdio.h>

#include "cli/view_audit.h"
#include "common/text.h"

static const char *truth_word(enum truth t)
{
	static const char *const words[] = { [TRUTH_UNKNOWN] = "unknown", [TRUTH_NO] = "no", [TRUTH_YES] = "yes" };

	return words[t];
}

static void add_cpu(struct json_object *o, const struct cpu *cpu)
{
	json_add_string(o, "vendor_id", cpu->vendor_id);
	json_add_string(o, "model", cpu->model);
	json_add_string(o, "flag", cpu->flag);
	json_add_int(o, "cpus", cpu->n_cpus);
	json_add_int(o, "capable", cpu->n_capable);
	json_add_bool(o, "guest", cpu->is_guest);
	json_add_string(o, "virtualization", virtualization_name(cpu_virtualization(cpu)));
	json_add_string(o, "nested", truth_word(cpu->nested));
	if (cpu->n_present) {
		json_add_int(o, "present", cpu->n_present);
		json_add_int(o, "offline", cpu->n_offline);
	}
}

static void add_environment(struct json_object *o, const struct environment *e)
{
	json_add_string(o, "kind", environment_name(e->kind));
	json_add_string(o, "of", e->of);
	if (e->secure_host != TRUTH_UNKNOWN || e->secure_guest != TRUTH_UNKNOWN) {
		json_add_string(o, "secure_execution_host", truth_word(e->secure_host));
		json_add_string(o, "secure_execution_guest", truth_word(e->secure_guest));
	}
}

/* "0003", as efibootmgr and the names of the variables write it; null for none. */
static void add_number(struct json_object *o, const char *key, int number)
{
	char text[sizeof("0000")];

	snprintf(text, sizeof(text), "%04X", (unsigned)number & 0xffffu);
	json_add_string(o, key, number < 0 ? NULL : text);
}

static void add_boot_entries(struct json_object *o, const struct boot *boot)
{
	struct json_object *array = json_add_array(o, "entries");

	for (size_t i = 0; i < boot->n; i++) {
		const struct load_option *option = &boot->list[i].option;
		struct json_object *entry = json_object_new_object();

		add_number(entry, "number", (int)boot->list[i].number);
		json_add_string(entry, "label", option->label);
		json_add_bool(entry, "active", option->is_active);
		json_add_bool(entry, "network", option->is_network);
		json_add_string(entry, "partition_uuid", option->partition_uuid);
		json_add_string(entry, "pci_path", option->pci_path);
		json_add_string(entry, "file", option->file);
		json_object_array_add(array, entry);
	}
}

static void add_boot(struct json_object *o, const struct boot *boot)
{
	add_number(o, "current", boot->is_known ? boot->current : -1);
	add_number(o, "next", boot->is_known ? boot->next : -1);
	json_add_string(o, "reason", boot->reason);
	json_add_strv(o, "partitions", boot->partitions);
	json_add_strv(o, "functions", boot->functions);
	json_add_string(o, "loader", boot->loader);
	json_add_string(o, "stub", boot->stub);
	json_add_string(o, "loader_partition_uuid", boot->loader_partition_uuid);
	add_boot_entries(o, boot);
}

static void add_firmware(struct json_object *o, const struct firmware *firmware)
{
	json_add_string(o, "mode", firmware->is_uefi ? "uefi" : "bios");
	json_add_string(o, "secure_boot", truth_word(firmware->secure_boot));
	json_add_string(o, "iommu_table", firmware->iommu_table);
	json_add_string(o, "vendor", firmware->vendor);
	json_add_string(o, "product", firmware->product);
	json_add_string(o, "bios_date", firmware->bios_date);
	if (firmware->is_uefi)
		add_boot(json_add_object(o, "boot"), &firmware->boot);
}

static void add_kernel(struct json_object *o, const struct kernel *kernel)
{
	json_add_string(o, "release", kernel->release);
	if (kernel->running_known)
		json_add_strv(o, "arguments_running", kernel->running.arguments);
	if (kernel->next_boot_known)
		json_add_strv(o, "arguments_next_boot", kernel->next_boot.arguments);
	json_add_string(o, "vfio_pci", module_state_name(kernel->vfio_pci));
}

struct json_object *host_to_json(const struct host *host)
{
	struct json_object *o = json_object_new_object(), *firmware;

	add_cpu(json_add_object(o, "cpu"), &host->cpu);
	add_environment(json_add_object(o, "environment"), &host->environment);
	firmware = json_add_object(o, "firmware");
	add_firmware(firmware, &host->firmware);
	tables_to_json(host, firmware);
	add_kernel(json_add_object(o, "kernel"), &host->kernel);
	iommu_to_json(&host->iommu, json_add_object(o, "iommu"));
	return o;
}
