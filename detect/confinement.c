/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confinement: SELinux or AppArmor. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/confinement.h"

void confinement_done(struct confinement *c)
{
	free(c->policy);
	free(c->next_boot);
	*c = (struct confinement){};
}

const char *confinement_name(enum confinement_kind kind)
{
	static const char *const names[] = {
		[CONFINEMENT_NONE] = "none", [CONFINEMENT_SELINUX] = "selinux-enforcing", [CONFINEMENT_SELINUX_PERMISSIVE] = "selinux-permissive",
		[CONFINEMENT_SELINUX_DISABLED] = "selinux-disabled", [CONFINEMENT_APPARMOR] = "apparmor",
		[CONFINEMENT_APPARMOR_BARE] = "apparmor-without-libvirt",
	};

	return names[kind];
}

bool confinement_is_selinux(const struct confinement *c)
{
	return c->kind == CONFINEMENT_SELINUX || c->kind == CONFINEMENT_SELINUX_PERMISSIVE;
}

/* The last line that says KEY=value, with blanks and quotes around it gone. */
char *libvirt_setting(const char *text, const char *key)
{
	size_t n = strlen(key);
	char *found = NULL;

	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *p = line + strspn(line, " \t"), *end;

		if (!str_starts(p, key))
			continue;
		p += n;
		p += strspn(p, " \t");
		if (*p != '=')
			continue;
		p++;
		p += strspn(p, " \t\"'");
		end = p + strcspn(p, "\"'#\n");
		while (end > p && strchr(" \t", end[-1]))
			end--;
		free(found);
		found = strndup(p, (size_t)(end - p));
	}
	return found;
}

static void read_config(int root_fd, struct confinement *c)
{
	_cleanup_free_ char *text = NULL;

	if (fs_read(root_fd, &text, NULL, "etc/selinux/config") < 0)
		return;
	c->next_boot = libvirt_setting(text, "SELINUX");
	c->policy = libvirt_setting(text, "SELINUXTYPE");
	/* It becomes a part of paths. */
	if (c->policy && (strchr(c->policy, '/') || !*c->policy)) {
		free(c->policy);
		c->policy = NULL;
	}
}

static enum confinement_kind selinux_kind(int root_fd, bool is_live, const struct confinement *c)
{
	_cleanup_free_ char *enforce = NULL;

	if (fs_read_line(root_fd, &enforce, "sys/fs/selinux/enforce") >= 0)
		return str_eq(enforce, "1") ? CONFINEMENT_SELINUX : CONFINEMENT_SELINUX_PERMISSIVE;
	if (!c->next_boot || !c->policy)
		return CONFINEMENT_NONE;
	if (!is_live && str_eq(c->next_boot, "enforcing"))
		return CONFINEMENT_SELINUX;
	if (!is_live && str_eq(c->next_boot, "permissive"))
		return CONFINEMENT_SELINUX_PERMISSIVE;
	return CONFINEMENT_SELINUX_DISABLED;
}

/* libvirt's driver wants its own profile of the helper (virSecurityManager's AppArmorSecurityManagerProbe). */
static enum confinement_kind apparmor_kind(int root_fd, bool is_live)
{
	_cleanup_free_ char *enabled = NULL;

	if (is_live && (fs_read_line(root_fd, &enabled, "sys/module/apparmor/parameters/enabled") < 0 || !str_eq(enabled, "Y")))
		return CONFINEMENT_NONE;
	if (!is_live && !fs_exists(root_fd, "etc/apparmor.d"))
		return CONFINEMENT_NONE;
	return fs_exists(root_fd, "etc/apparmor.d/abstractions/libvirt-qemu") ? CONFINEMENT_APPARMOR : CONFINEMENT_APPARMOR_BARE;
}

int confinement_read(int root_fd, bool is_live, struct confinement *ret)
{
	_cleanup_(confinement_done) struct confinement c = {};
	_cleanup_free_ char *nfs = NULL, *conf = NULL, *driver = NULL;
	enum confinement_kind selinux;

	read_config(root_fd, &c);
	selinux = selinux_kind(root_fd, is_live, &c);
	c.kind = selinux;
	if (selinux == CONFINEMENT_NONE || selinux == CONFINEMENT_SELINUX_DISABLED) {
		enum confinement_kind apparmor = apparmor_kind(root_fd, is_live);

		c.kind = apparmor == CONFINEMENT_NONE ? selinux : apparmor;
	}
	/* Now, and what waits for a commit: "1 1". */
	if (fs_read_line(root_fd, &nfs, "sys/fs/selinux/booleans/virt_use_nfs") >= 0)
		c.use_nfs = *nfs == '1' ? TRUTH_YES : TRUTH_NO;
	if (fs_read(root_fd, &conf, NULL, "etc/libvirt/qemu.conf") >= 0)
		driver = libvirt_setting(conf, "security_driver");
	c.security_off = str_eq(driver, "none");
	*ret = TAKE(c);
	return 0;
}
