/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each generator of initramfs images puts the image of a kernel. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/initramfs_images.h"

/* Takes over the path, which may be NULL when memory ran out. */
static int add(struct initramfs *to, char *path, const char *release)
{
	struct initramfs_image *grown;

	if (!path)
		return -ENOMEM;
	grown = realloc(to->images, (to->n + 1) * sizeof(*grown));
	if (grown) {
		to->images = grown;
		grown[to->n] = (struct initramfs_image){ .path = path, .release = strdup(release) };
		return grown[to->n++].release ? 0 : -ENOMEM;
	}
	free(path);
	return -ENOMEM;
}

static int add_if_there(int root_fd, struct initramfs *to, char *path, const char *release)
{
	if (path && !fs_exists(root_fd, "%s", path)) {
		free(path);
		return 0;
	}
	return add(to, path, release);
}

int images_of_initramfs_tools(int root_fd, char *const *releases, struct initramfs *to)
{
	int r = 0;

	for (char *const *release = releases; release && *release && r >= 0; release++)
		if (fs_exists(root_fd, "boot/vmlinuz-%s", *release) || fs_exists(root_fd, "boot/vmlinux-%s", *release))
			r = add_if_there(root_fd, to, text_format("boot/initrd.img-%s", *release), *release);
	return r;
}

/* With a folder of this machine's own, from the boot loader specification's type 1. */
static int add_of_machine(int root_fd, struct initramfs *to, const char *machine, const char *release)
{
	static const char *const places[] = { "efi", "boot", "boot/efi" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places) && r >= 0; i++)
		r = add_if_there(root_fd, to, text_format("%s/%s/%s/initrd", places[i], machine, release), release);
	return r;
}

int images_of_dracut(int root_fd, char *const *releases, struct initramfs *to)
{
	/* Fedora and its kin; SUSE; Debian and Ubuntu. */
	static const char *const names[] = { "boot/initramfs-%s.img", "boot/initrd-%s", "boot/initrd.img-%s" };
	_cleanup_free_ char *machine = NULL;
	int r = 0;

	if (fs_read_line(root_fd, &machine, "etc/machine-id") < 0 || strchr(machine, '/'))
		machine = NULL;
	for (char *const *release = releases; release && *release && r >= 0; release++) {
		/* As --regenerate-all does it: a folder without a list of dependencies is a leftover. */
		if (!fs_exists(root_fd, "lib/modules/%s/modules.dep", *release))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(names) && r >= 0; i++)
			r = add_if_there(root_fd, to, text_format(names[i], *release), *release);
		if (r >= 0 && machine && *machine)
			r = add_of_machine(root_fd, to, machine, *release);
		if (r >= 0)
			r = add_of_machine(root_fd, to, "Default", *release);
	}
	return r;
}

char *preset_value(const char *text, const char *name)
{
	size_t n = strlen(name), length;
	const char *found = NULL;

	/* A shell file, of which only plain assignments are understood; the last one counts. */
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, n) == 0 && line[n] == '=')
			found = line + n + 1;
		if (!*line)
			break;
	}
	if (!found)
		return NULL;
	if (*found == '"' || *found == '\'') {
		length = strcspn(found + 1, "\"'$`\\\n");
		return found[length + 1] == *found ? strndup(found + 1, length) : NULL;
	}
	length = strcspn(found, " \t\n\"'$`\\;#()");
	return found[length] == '\0' || strchr(" \t\n#", found[length]) ? strndup(found, length) : NULL;
}

/* PRESETS=('default' 'fallback'): the words between the brackets. */
static int preset_names(const char *text, char ***ret)
{
	const char *start = strstr(text, "\nPRESETS=("), *end;
	_cleanup_free_ char *words = NULL;

	*ret = NULL;
	if (!start && str_starts(text, "PRESETS=("))
		start = text - 1;
	if (!start)
		return 0;
	start += strlen("\nPRESETS=(");
	end = strchr(start, ')');
	words = end ? strndup(start, (size_t)(end - start)) : strdup("");
	return words ? strv_split(words, " \t\n'\"", ret) : -ENOMEM;
}

static int add_preset(int root_fd, struct initramfs *to, const char *text, const char *release)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = preset_names(text, &names);
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *variable = text_format("%s_image", *name), *image = variable ? preset_value(text, variable) : NULL;

		if (!variable)
			return -ENOMEM;
		if (image && *image == '/')
			r = add_if_there(root_fd, to, strdup(image + 1), release);
	}
	return r;
}

int images_of_mkinitcpio(int root_fd, char *const *releases, struct initramfs *to)
{
	int r = 0;

	for (char *const *release = releases; release && *release && r >= 0; release++) {
		_cleanup_free_ char *package = NULL, *text = NULL;

		if (fs_read_line(root_fd, &package, "lib/modules/%s/pkgbase", *release) < 0 || strchr(package, '/'))
			continue;
		if (fs_read(root_fd, &text, NULL, "etc/mkinitcpio.d/%s.preset", package) >= 0)
			r = add_preset(root_fd, to, text, *release);
	}
	return r;
}
