/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts about the host as JSON: its platform, without the devices. */

#include <stdio.h>

#include "cli/view_audit.h"
#include "common/cleanup.h"
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
	if (e->machine_type)
		json_add_string(o, "machine_type", e->machine_type);
	if (e->huge_guests != TRUTH_UNKNOWN)
		json_add_string(o, "huge_pages_for_guests", truth_word(e->huge_guests));
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

/* What starts the host: s390x has neither UEFI nor a BIOS, and is IPLed. */
static const char *firmware_mode(const struct host *host)
{
	if (host->firmware.is_uefi)
		return "uefi";
	return host->cpu.vendor == CPU_S390 ? "ipl" : "bios";
}

static void add_firmware(struct json_object *o, const struct host *host)
{
	const struct firmware *firmware = &host->firmware;

	json_add_string(o, "mode", firmware_mode(host));
	if (firmware->bits)
		json_add_int(o, "bits", firmware->bits);
	json_add_string(o, "setup_mode", truth_word(firmware->setup_mode));
	json_add_string(o, "secure_boot", truth_word(firmware->secure_boot));
	json_add_string(o, "iommu_table", firmware->iommu_table);
	json_add_string(o, "vendor", firmware->vendor);
	json_add_string(o, "product", firmware->product);
	json_add_string(o, "bios_date", firmware->bios_date);
	if (firmware->is_uefi)
		add_boot(json_add_object(o, "boot"), &firmware->boot);
}

/* {"CONFIG_VFIO": "m", ...}, or null where the configuration cannot be read. */
static void add_config(struct json_object *o, const char *key, const struct kernel_config *config)
{
	struct json_object *values;

	if (!config->path) {
		json_add_string(o, key, NULL);
		return;
	}
	values = json_add_object(o, key);
	for (int i = 0; i < CONFIG_OPTIONS; i++)
		json_add_string(values, kernel_option_name(i), (const char[]){ config->values[i], '\0' });
}

static void add_modprobe(struct json_object *o, const struct modprobe *modprobe)
{
	static const char *const kinds[] = { [MODPROBE_BLACKLIST] = "blacklist", [MODPROBE_INSTALL] = "install",
					     [MODPROBE_OPTIONS] = "options", [MODPROBE_SOFTDEP] = "softdep" };
	struct json_object *array = json_add_array(o, "modprobe");

	for (size_t i = 0; i < modprobe->n; i++) {
		const struct modprobe_line *line = &modprobe->list[i];
		struct json_object *item = json_object_new_object();

		json_add_string(item, "kind", kinds[line->kind]);
		json_add_string(item, "module", line->module);
		json_add_string(item, "value", line->value);
		json_add_string(item, "file", line->file);
		json_add_int(item, "line", line->number);
		json_object_array_add(array, item);
	}
}

static void add_modules(struct json_object *o, const enum module_state states[MODULE_NAMES])
{
	for (int i = 0; i < MODULE_NAMES; i++)
		json_add_string(o, module_names[i], module_state_name(states[i]));
}

static void add_kernel(struct json_object *o, const struct kernel *kernel)
{
	json_add_string(o, "release", kernel->release);
	if (kernel->running_known)
		json_add_strv(o, "arguments_running", kernel->running.arguments);
	if (kernel->next_boot_known)
		json_add_strv(o, "arguments_next_boot", kernel->next_boot.arguments);
	json_add_string(o, "vfio_pci", module_state_name(kernel->vfio_pci));
	add_modules(json_add_object(o, "modules"), kernel->modules);
	json_add_string(o, "release_next_boot", kernel->next_release);
	json_add_string(o, "lockdown", kernel->lockdown);
	json_add_string(o, "started_by_kexec", truth_word(kernel->by_kexec));
	json_add_string(o, "kexec_loaded", truth_word(kernel->kexec_loaded));
	add_config(o, "config", &kernel->config);
	if (kernel->next_release && !str_eq(kernel->next_release, kernel->release)) {
		json_add_string(o, "vfio_pci_next_boot", module_state_name(kernel->next_vfio_pci));
		add_config(o, "config_next_boot", &kernel->next_config);
	}
	add_modprobe(o, &kernel->modprobe);
}

static void add_initramfs(struct json_object *o, const struct initramfs *initramfs)
{
	struct json_object *images = json_add_array(o, "images");

	json_add_string(o, "generator", initramfs_generator_name(initramfs->generator));
	json_add_string(o, "reason", initramfs->reason);
	for (size_t i = 0; i < initramfs->n; i++) {
		_cleanup_free_ char *path = text_format("/%s", initramfs->images[i].path);
		struct json_object *image = json_object_new_object();

		json_add_string(image, "path", path);
		json_add_string(image, "release", initramfs->images[i].release);
		json_object_array_add(images, image);
	}
}

struct json_object *host_to_json(const struct host *host)
{
	struct json_object *o = json_object_new_object(), *firmware;

	add_cpu(json_add_object(o, "cpu"), &host->cpu);
	add_environment(json_add_object(o, "environment"), &host->environment);
	firmware = json_add_object(o, "firmware");
	add_firmware(firmware, host);
	tables_to_json(host, firmware);
	add_kernel(json_add_object(o, "kernel"), &host->kernel);
	add_initramfs(json_add_object(o, "initramfs"), &host->initramfs);
	iommu_to_json(&host->iommu, json_add_object(o, "iommu"));
	return o;
}
