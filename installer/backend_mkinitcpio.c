/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkinitcpio, Arch's: a hook of its own, and a few lines of configuration that put it before the hook that starts udev.
 * Kernels to come get their preset, and "mkinitcpio -P" reads the same configuration for them.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/initramfs_images.h"
#include "early/scripts.h"
#include "installer/initramfs_backend.h"

#define CONFIG "etc/mkinitcpio.conf"
#define DROPIN "etc/mkinitcpio.conf.d/zz-slipway.conf"
#define PRESETS "etc/mkinitcpio.d"
#define BEGIN "# slipway: begin\n"
#define END "# slipway: end\n"

/* What the presets in PRESETS say, each of which stands for a kernel package (mkinitcpio(8), "About Presets"). */
struct presets {
	bool name_config;   /* one names mkinitcpio.conf as its configuration: no drop-in is read for it ("-c") */
	char *other_config; /* one names another file */
	char *only_uki;     /* the preset file of which no image but a unified kernel image is made */
};

static void presets_done(struct presets *p)
{
	free(p->other_config);
	free(p->only_uki);
}

/* Lines NAME_config=..., for ALL and for each variant. */
static int take_configs(const char *text, struct presets *p)
{
	_cleanup_(strv_freep) char **lines = NULL;
	int r = strv_split(text, "\n", &lines);

	for (char **line = lines; line && *line && r >= 0; line++) {
		_cleanup_free_ char *name = strndup(*line, strcspn(*line, "=")), *value = NULL;

		if (!name)
			return -ENOMEM;
		if (*name == '#' || !str_ends(name, "_config"))
			continue;
		value = preset_value(*line, name);
		if (str_eq(value, "/" CONFIG))
			p->name_config = true;
		else if (!value || *value) {
			free(p->other_config);
			p->other_config = value ? strdup(value) : strdup(*line);
			r = p->other_config ? 0 : -ENOMEM;
		}
	}
	return r;
}

static int presets_read(int root_fd, struct presets *ret)
{
	_cleanup_(presets_done) struct presets p = {};
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, PRESETS) < 0)
		names = NULL;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *text = NULL;

		if (!str_ends(*name, ".preset") || fs_read(root_fd, &text, NULL, PRESETS "/%s", *name) < 0)
			continue;
		r = take_configs(text, &p);
		if (!p.only_uki && !strstr(text, "_image=") && (strstr(text, "_uki=") || strstr(text, "_efi_image=")))
			p.only_uki = text_format("/" PRESETS "/%s", *name);
	}
	if (r < 0)
		return r;
	*ret = TAKE(p);
	return 0;
}

static int check(const struct host *host)
{
	_cleanup_(presets_done) struct presets p = {};

	if (presets_read(host->root_fd, &p) < 0)
		return log_oom();
	if (p.other_config)
		return log_error("devices cannot be bound at boot here: a preset in /" PRESETS " has a configuration of its own (%s), which slipway "
				 "does not edit; let it use /" CONFIG, p.other_config), -EOPNOTSUPP;
	if (p.only_uki)
		return log_error("devices cannot be bound at boot here: %s makes a unified kernel image only, whose command line is sealed inside; "
				 "let it make an image (default_image=)", p.only_uki), -EOPNOTSUPP;
	return 0;
}

/* Drop-ins came with mkinitcpio 36, and are not read for presets that name a configuration, as all did before. */
static int reads_dropins(int root_fd, bool *ret)
{
	_cleanup_(presets_done) struct presets p = {};
	_cleanup_free_ char *program = NULL;

	if (presets_read(root_fd, &p) < 0)
		return -ENOMEM;
	*ret = !p.name_config && fs_read(root_fd, &program, NULL, "usr/bin/mkinitcpio") >= 0 && strstr(program, "mkinitcpio.conf.d");
	return 0;
}

char *edit_owned_block(const char *old, const char *block)
{
	const char *begin = strstr(old, BEGIN), *end = begin ? strstr(begin, END) : NULL;
	struct text t = {};

	text_append_bytes(&t, old, end ? (size_t)(begin - old) : strlen(old));
	if (end)
		text_append(&t, end + strlen(END));
	if (block) {
		if (t.size && t.data[t.size - 1] != '\n')
			text_append(&t, "\n");
		text_append(&t, block);
	}
	return text_take(&t);
}

static int plan_config(const struct host *host, const char *block, struct plan *plan)
{
	_cleanup_free_ char *old = NULL, *new = NULL;
	int r;

	r = fs_read(host->root_fd, &old, NULL, CONFIG);
	if (r == -ENOENT && !block)
		return 0;
	if (r < 0)
		return log_errno(r, "cannot read /" CONFIG);
	new = edit_owned_block(old, block);
	if (!new)
		return log_oom();
	return plan_want_file(plan, host->root_fd, CONFIG, new, 0644, "puts the early binder before udev");
}

static int plan_files(const struct host *host, bool wanted, struct plan *plan)
{
	const struct {
		const char *path, *content, *summary;
	} files[] = {
		{ "etc/initcpio/install/slipway", mkinitcpio_install, "puts the early binder into the initramfs" },
		{ "etc/initcpio/hooks/slipway", mkinitcpio_hook, "runs the early binder before udev" },
	};
	/* mkinitcpio joins the files as they are, and the one before may end without a newline. */
	_cleanup_free_ char *dropin = text_format("\n%s", mkinitcpio_config);
	bool changed = false, by_dropin = false;
	int r = 0;

	if (!dropin || (wanted && reads_dropins(host->root_fd, &by_dropin) < 0))
		return log_oom();
	for (size_t i = 0; i < ARRAY_SIZE(files) && r >= 0; i++) {
		r = plan_want_file(plan, host->root_fd, files[i].path, wanted ? files[i].content : NULL, 0644, files[i].summary);
		changed = changed || r > 0;
	}
	if (r >= 0)
		r = plan_want_file(plan, host->root_fd, DROPIN, wanted && by_dropin ? dropin : NULL, 0644,
				   "puts the early binder before udev");
	changed = changed || r > 0;
	if (r >= 0)
		r = plan_config(host, wanted && !by_dropin ? mkinitcpio_config : NULL, plan);
	return r < 0 ? r : changed || r > 0;
}

static char *const rebuild[] = { (char *)"mkinitcpio", (char *)"-P", NULL };
static char *const lister[] = { (char *)"lsinitcpio", NULL };
static const char *const contents[] = { "usr/libexec/slipway/slipway-bind", "etc/slipway/devices.conf", NULL };

const struct initramfs_backend mkinitcpio_backend = { INITRAMFS_MKINITCPIO, rebuild, lister, contents, check, plan_files };
