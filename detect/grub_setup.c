/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How GRUB is set up here: what writes its menu, which file that is, and where settings for it are read from. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/boot.h"
#include "detect/grub_setup.h"

void grub_setup_done(struct grub_setup *s)
{
	free(s->mkconfig);
	free(s->cfg);
	free(s->env);
	free(s->reason);
	*s = (struct grub_setup){};
}

/* Does a line of the text begin with this word? */
static bool has_command(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *s = line + strspn(line, " \t");

		if (strncmp(s, word, n) == 0 && (!s[n] || strchr(" \t\n;", s[n])))
			return true;
	}
	return false;
}

/* On an EFI system partition there is often a grub.cfg that only leads on to the one in /boot. */
static bool is_menu(const char *text)
{
	return strstr(text, "### BEGIN /etc/grub.d/") || has_command(text, "menuentry") || has_command(text, "blscfg");
}

/*
 * Upstream reads /etc/default/grub alone; Debian's and Ubuntu's patch, and GRUB from 2.14 on, read the drop-ins behind it.
 * The script that is installed knows which it is.
 */
static bool reads_dropins(const char *script)
{
	const char *line = script, *found, *newline;

	while ((found = strstr(line, "default/grub.d/"))) {
		while ((newline = strchr(line, '\n')) && newline < found)
			line = newline + 1;
		if (line[strspn(line, " \t")] != '#')
			return true;
		line = found + strcspn(found, "\n");
	}
	return false;
}

static int read_mkconfig(int root_fd, struct grub_setup *s)
{
	static const char *const paths[] = { "usr/sbin/grub-mkconfig",  "usr/sbin/grub2-mkconfig", "usr/bin/grub-mkconfig",
					     "usr/bin/grub2-mkconfig", "sbin/grub-mkconfig",	  "sbin/grub2-mkconfig" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *script = NULL;
		int r = fs_read(root_fd, &script, NULL, "%s", paths[i]);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			continue;
		s->mkconfig = strdup(paths[i]);
		s->has_dropins = reads_dropins(script);
		return s->mkconfig ? 0 : -ENOMEM;
	}
	return 0;
}

/* 1: it is the menu; 0: it is not there, or none; what cannot be read is remembered. Owns `path`. */
static int try_cfg(int root_fd, char *path, struct grub_setup *s, char **ret_cfg)
{
	_cleanup_free_ char *owned = path, *text = NULL;
	int r;

	if (!owned)
		return -ENOMEM;
	r = fs_read(root_fd, &text, NULL, "%s", owned);
	if (r == -ENOENT || r == -ENOTDIR || (r >= 0 && !is_menu(text)))
		return 0;
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		if (!s->reason)
			s->reason = text_format("/%s cannot be read: %s", owned, strerror(-r));
		return s->reason ? 0 : -ENOMEM;
	}
	s->cfg = TAKE(owned);
	*ret_cfg = TAKE(text);
	return 1;
}

/* GRUB started from the EFI system partition reads the grub.cfg beside itself: "\EFI\fedora\shimx64.efi". */
static int try_started(int root_fd, const struct boot *boot, const char *esp, struct grub_setup *s, char **ret_cfg)
{
	const struct boot_entry *current = boot ? boot_current(boot) : NULL;
	_cleanup_free_ char *path = NULL;
	char *end;

	if (!current || !current->option.file)
		return 0;
	path = text_format("%s%s", esp, current->option.file);
	if (!path)
		return -ENOMEM;
	for (char *c = path; *c; c++)
		if (*c == '\\')
			*c = '/';
	end = strrchr(path, '/');
	if (end)
		*end = '\0';
	return end ? try_cfg(root_fd, text_format("%s/grub.cfg", path), s, ret_cfg) : 0;
}

/* Fedora and its kin leave links that name the menu of either firmware: ../boot/efi/EFI/fedora/grub.cfg. */
static int try_link(int root_fd, bool is_uefi, struct grub_setup *s, char **ret_cfg)
{
	_cleanup_free_ char *target = NULL;
	const char *start;

	if (fs_read_link(root_fd, &target, "etc/%s", is_uefi ? "grub2-efi.cfg" : "grub2.cfg") < 0)
		return 0;
	start = strstr(target, "boot/");
	return start ? try_cfg(root_fd, strdup(start), s, ret_cfg) : 0;
}

static int try_usual(int root_fd, struct grub_setup *s, char **ret_cfg)
{
	static const char *const folders[] = { "boot/grub", "boot/grub2", "efi/grub", "boot/efi/grub" };
	bool is_grub2 = s->mkconfig && str_eq(str_base(s->mkconfig), "grub2-mkconfig");
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && r == 0; i++)
		r = try_cfg(root_fd, text_format("%s/grub.cfg", folders[i < 2 && is_grub2 ? 1 - i : i]), s, ret_cfg);
	return r;
}

/* The menu of the one vendor's folder that has one; of two, nothing tells which is this system's. */
static int try_vendors(int root_fd, const char *esp, struct grub_setup *s, char **ret_cfg)
{
	_cleanup_(grub_setup_done) struct grub_setup other = {};
	_cleanup_(strv_freep) char **vendors = NULL;
	_cleanup_free_ char *text = NULL;
	int r = 0;

	if (dir_list(root_fd, &vendors, "%s/EFI", esp) < 0)
		return 0;
	for (char **v = vendors; v && *v && r >= 0; v++) {
		bool is_first = !s->cfg;

		r = try_cfg(root_fd, text_format("%s/EFI/%s/grub.cfg", esp, *v), is_first ? s : &other, is_first ? ret_cfg : &text);
		if (r <= 0 || is_first)
			continue;
		s->reason = text_format("/%s and /%s are both menus of GRUB, and nothing tells which one is this system's", s->cfg, other.cfg);
		free(TAKE(s->cfg));
		free(TAKE(*ret_cfg));
		return s->reason ? 0 : -ENOMEM;
	}
	return r < 0 ? r : s->cfg != NULL;
}

static int find_cfg(int root_fd, const struct boot *boot, struct grub_setup *s, char **ret_cfg)
{
	static const char *const esps[] = { "boot/efi", "efi", "boot" };
	bool is_uefi = fs_exists(root_fd, "sys/firmware/efi");
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(esps) && r == 0; i++)
		r = try_started(root_fd, boot, esps[i], s, ret_cfg);
	if (r == 0)
		r = try_link(root_fd, is_uefi, s, ret_cfg);
	if (r == 0)
		r = try_usual(root_fd, s, ret_cfg);
	for (size_t i = 0; i < ARRAY_SIZE(esps) && r == 0 && !s->reason; i++)
		r = try_vendors(root_fd, esps[i], s, ret_cfg);
	return r;
}

/* The environment block lies where $prefix is: beside the menu, or where the distribution keeps GRUB's files. */
static int find_env(int root_fd, struct grub_setup *s)
{
	_cleanup_free_ char *beside = s->cfg ? text_format("%.*senv", (int)(strlen(s->cfg) - strlen(".cfg")), s->cfg) : strdup("boot/grub/grubenv");
	const char *const paths[] = { beside, "boot/grub2/grubenv", "boot/grub/grubenv" };

	if (!beside)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(paths) && !s->env; i++)
		if (fs_exists(root_fd, "%s", paths[i]) && !(s->env = strdup(paths[i])))
			return -ENOMEM;
	return 0;
}

/* An image without a menu yet: Fedora's and RHEL's script will write one with blscfg if the settings say so. */
static int will_use_bls(int root_fd, bool *ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = fs_read(root_fd, &text, NULL, "etc/default/grub");
	if (r == -ENOMEM)
		return r;
	*ret = r >= 0 && (has_command(text, "GRUB_ENABLE_BLSCFG=true") || has_command(text, "GRUB_ENABLE_BLSCFG=\"true\""));
	return 0;
}

int grub_setup_read(int root_fd, const struct boot *boot, struct grub_setup *ret, char **ret_cfg)
{
	_cleanup_(grub_setup_done) struct grub_setup s = {};
	_cleanup_free_ char *cfg = NULL;
	int r;

	r = read_mkconfig(root_fd, &s);
	if (r >= 0)
		r = find_cfg(root_fd, boot, &s, &cfg);
	if (r >= 0)
		r = find_env(root_fd, &s);
	if (r >= 0 && !cfg)
		r = will_use_bls(root_fd, &s.uses_bls);
	if (r < 0)
		return r;
	s.uses_bls = s.uses_bls || (cfg && has_command(cfg, "blscfg"));
	if (s.cfg)
		free(TAKE(s.reason)); /* of a file that turned out not to count */
	*ret = TAKE(s);
	*ret_cfg = TAKE(cfg);
	return 0;
}
