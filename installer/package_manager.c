/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Package managers: how a distribution's packages come and go, and which are there. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/strv.h"
#include "common/text.h"
#include "installer/package_manager.h"

#define DPKG_STATUS "var/lib/dpkg/status"
#define PACMAN_LOCAL "var/lib/pacman/local"
#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }

/* What is recommended only is left out: a server needs no desktop. A lock that an automatic update holds is waited for. */
static const struct package_manager managers[] = {
	{ PACKAGES_APT, "usr/bin/apt-get",
	  WORDS("apt-get", "--yes", "--quiet", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confold", "install"),
	  WORDS("apt-get", "--yes", "--quiet", "-o", "DPkg::Lock::Timeout=120", "remove") },
	{ PACKAGES_ZYPPER, "usr/bin/zypper", WORDS("zypper", "--non-interactive", "install", "--no-recommends"),
	  WORDS("zypper", "--non-interactive", "remove", "--clean-deps") },
	{ PACKAGES_DNF, "usr/bin/dnf", WORDS("dnf", "--assumeyes", "--setopt=install_weak_deps=False", "install"), WORDS("dnf", "--assumeyes", "remove") },
	{ PACKAGES_PACMAN, "usr/bin/pacman", WORDS("pacman", "--noconfirm", "--needed", "-S"), WORDS("pacman", "--noconfirm", "-Rs") },
};

/* os-release(5): ID and ID_LIKE. Programs of another family may be installed as guests are. */
static bool is_like(const char *release, const char *word)
{
	for (const char *line = release; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *found = str_starts(line, "ID=") || str_starts(line, "ID_LIKE=") ? strstr(line, word) : NULL;

		if (found && found < line + strcspn(line, "\n"))
			return true;
	}
	return false;
}

const struct package_manager *package_manager_find(int root_fd)
{
	static const char *const likes[PACKAGE_FAMILIES][4] = {
		[PACKAGES_APT] = { "debian", "ubuntu" },
		[PACKAGES_DNF] = { "fedora", "rhel", "centos" },
		[PACKAGES_ZYPPER] = { "suse" },
		[PACKAGES_PACMAN] = { "arch" },
	};
	_cleanup_free_ char *release = NULL;

	if (fs_read(root_fd, &release, NULL, "etc/os-release") < 0 && fs_read(root_fd, &release, NULL, "usr/lib/os-release") < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		for (const char *const *like = likes[managers[i].family]; *like; like++)
			if (is_like(release, *like) && fs_exists(root_fd, "%s", managers[i].path))
				return &managers[i];
	return NULL;
}

const struct package_manager *package_manager_of(char *const *argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		if (str_eq(managers[i].install[0], argv[0]))
			return &managers[i];
	return NULL;
}

/* "a (= 1), b:any": does the list name it? */
static bool provides(const char *list, size_t n, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at < list + n; at += strcspn(at, ",\n") + 1) {
		at += strspn(at, " ");
		if (strncmp(at, name, length) == 0 && strchr(" ,:\n", at[length]))
			return true;
	}
	return false;
}

static bool line_ends(const char *line, size_t n, const char *end)
{
	return n >= strlen(end) && strncmp(line + n - strlen(end), end, strlen(end)) == 0;
}

/* Paragraphs of fields, one for each package, with an empty line between (deb-control(5)). `partly`: one that was cut off while it came counts, too. */
static bool dpkg_has(const char *status, const char *name, bool partly)
{
	bool named = false, installed = false;

	for (const char *line = status; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
		size_t n = strcspn(line, "\n");

		if (!n || str_starts(line, "Package: "))
			named = installed = false;
		if (str_starts(line, "Package: "))
			named = strlen(name) == n - 9 && strncmp(line + 9, name, n - 9) == 0;
		else if (str_starts(line, "Status: "))
			installed = partly ? !line_ends(line, n, " not-installed") && !line_ends(line, n, " config-files") :
					     line_ends(line, n, " installed");
		else if (str_starts(line, "Provides: "))
			named = named || provides(line + 10, n - 10, name);
		if (named && installed)
			return true;
	}
	return false;
}

/* A folder for each: NAME-VERSION-RELEASE. */
static bool pacman_has(char *const *folders, const char *name)
{
	for (; folders && *folders; folders++) {
		size_t n = strlen(*folders);

		for (int dashes = 0; n && dashes < 2;)
			dashes += (*folders)[--n] == '-';
		if (n == strlen(name) && strncmp(*folders, name, n) == 0)
			return true;
	}
	return false;
}

int package_list_read(int root_fd, const struct package_manager *m, struct package_list *ret)
{
	int r = 0;

	*ret = (struct package_list){};
	if (m->family == PACKAGES_APT)
		r = fs_read(root_fd, &ret->status, NULL, DPKG_STATUS);
	else if (m->family == PACKAGES_PACMAN)
		r = dir_list(root_fd, &ret->folders, PACMAN_LOCAL);
	return r < 0 && r != -ENOENT ? log_errno(r, "cannot read /%s", m->family == PACKAGES_APT ? DPKG_STATUS : PACMAN_LOCAL) : 0;
}

void package_list_done(struct package_list *l)
{
	free(l->status);
	strv_free(l->folders);
	*l = (struct package_list){};
}

bool package_list_has(const struct package_list *l, const char *name)
{
	return (l->status && dpkg_has(l->status, name, false)) || pacman_has(l->folders, name);
}

char **package_command(const char *const *words, char *const *names)
{
	char **argv = NULL;

	for (; *words; words++)
		if (strv_add(&argv, *words) < 0)
			return strv_free(argv), NULL;
	for (; names && *names; names++)
		if (strv_add(&argv, *names) < 0)
			return strv_free(argv), NULL;
	return argv;
}

static int is_there(const struct package_manager *m, const struct package_list *list, const char *name)
{
	_cleanup_free_ char *output = NULL;
	char *argv[] = { (char *)"rpm", (char *)"-q", (char *)name, NULL };
	int r;

	if (m->family == PACKAGES_APT)
		return list->status && dpkg_has(list->status, name, true);
	if (m->family == PACKAGES_PACMAN)
		return package_list_has(list, name);
	r = process_run(argv, &output);
	return r < 0 ? log_errno(r, "cannot run rpm -q %s", name) : r == 0;
}

int package_removal_narrow(int root_fd, char *const *argv, char ***ret)
{
	const struct package_manager *m = package_manager_of(argv);
	_cleanup_(package_list_done) struct package_list list = {};
	_cleanup_(strv_freep) char **names = NULL;
	size_t n = 0;

	*ret = NULL;
	if (package_list_read(root_fd, m, &list) < 0)
		return -EIO;
	while (m->remove[n] && str_eq(m->remove[n], argv[n]))
		n++;
	if (m->remove[n])
		return log_error("'%s' is no removal of packages", argv[0]), -EINVAL;
	for (; argv[n]; n++) {
		int r = is_there(m, &list, argv[n]);

		if (r < 0)
			return r;
		if (r && strv_add(&names, argv[n]) < 0)
			return log_oom();
	}
	if (!names)
		return 0;
	*ret = package_command(m->remove, names);
	return *ret ? 0 : log_oom();
}

int packages_are_there(int root_fd, char *const *expects)
{
	const struct package_manager *m = package_manager_find(root_fd);
	_cleanup_(package_list_done) struct package_list list = {};

	if (m && package_list_read(root_fd, m, &list) < 0)
		return -EIO;
	for (; expects && *expects; expects++)
		if (strchr(*expects, '/') ? !fs_exists(root_fd, "%s", *expects) : !package_list_has(&list, *expects))
			return log_error("%s is not there", *expects), 0;
	return 1;
}
