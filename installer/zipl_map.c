/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zipl's boot map: what a mainframe really boots, kernel arguments and all. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/zipl_map.h"

#define CONFIG "etc/zipl.conf"
#define USUAL_TARGET "boot"
#define WINDOW (1u << 20)
/* Longer than any command line (COMMAND_LINE_SIZE in arch/s390/include/uapi/asm/setup.h): none is missed between two windows. */
#define OVERLAP 8192u

/* The value of a line "target = /boot", without quotes, or NULL: a new string. */
static char *target_of(char *line)
{
	char *s = str_trim(line), *end;

	if (!str_starts(s, "target"))
		return NULL;
	s = str_trim(s + strlen("target"));
	if (*s != '=')
		return NULL;
	s = str_trim(s + 1);
	end = strchr("\"'", *s) && *s ? strchr(s + 1, *s) : NULL;
	return end ? strndup(s + 1, (size_t)(end - s - 1)) : strdup(s);
}

static int find_folders(int root_fd, char ***ret)
{
	_cleanup_(strv_freep) char **folders = NULL, **lines = NULL;
	_cleanup_free_ char *text = NULL;
	int r = strv_add(&folders, USUAL_TARGET);

	if (r >= 0 && fs_read(root_fd, &text, NULL, CONFIG) >= 0)
		r = strv_split(text, "\n", &lines);
	for (char **line = lines; line && *line && r >= 0; line++) {
		_cleanup_free_ char *target = target_of(*line);

		if (target)
			r = strv_add_new(&folders, target + (*target == '/'));
	}
	if (r >= 0)
		*ret = TAKE(folders);
	return r;
}

static bool ends_word(char c)
{
	return !c || isspace((unsigned char)c);
}

/* As a word: a longer argument that begins or ends the same is another one. */
static bool window_has(const char *window, size_t size, const char *argument)
{
	size_t n = strlen(argument);

	for (const char *at = window, *end = window + size; (at = memmem(at, (size_t)(end - at), argument, n)); at++)
		if ((at == window || ends_word(at[-1])) && (at + n == end || ends_word(at[n])))
			return true;
	return false;
}

static void look(const char *window, size_t size, char *const *arguments, bool *found)
{
	for (size_t i = 0; arguments[i]; i++)
		found[i] = found[i] || window_has(window, size, arguments[i]);
}

/* With the kernel and its initramfs in it (zipl --add-files) a map is large, and little of it wanted. */
static int search(int fd, char *const *arguments, bool *found)
{
	_cleanup_free_ char *window = malloc(WINDOW);
	size_t kept = 0;
	ssize_t n;

	if (!window)
		return log_oom();
	while ((n = read(fd, window + kept, WINDOW - kept)) > 0) {
		size_t size = kept + (size_t)n;

		look(window, size, arguments, found);
		kept = size < OVERLAP ? size : OVERLAP;
		memmove(window, window + size - kept, kept);
	}
	return n < 0 ? -errno : 0;
}

/* The first argument that this map lacks, or NULL; -ENOENT: no map is there. */
static int map_lacks(int root_fd, const char *folder, char *const *arguments, const char **ret)
{
	_cleanup_free_ bool *found = calloc(strv_length(arguments) + 1, sizeof(*found));
	_cleanup_close_ int fd = fs_open(root_fd, O_RDONLY | O_NONBLOCK, "%s/bootmap", folder);
	int r = fd;

	if (!found)
		return log_oom();
	if (fd >= 0)
		r = search(fd, arguments, found);
	if (r < 0)
		return r == -ENOENT ? r : log_errno(r, "cannot read /%s/bootmap", folder);
	*ret = NULL;
	for (size_t i = 0; arguments[i] && !*ret; i++)
		*ret = found[i] ? NULL : arguments[i];
	return 0;
}

int zipl_has_arguments(int root_fd, char *const *arguments)
{
	const char *missing = NULL, *where = NULL;
	_cleanup_(strv_freep) char **folders = NULL;

	if (!arguments || !*arguments)
		return 1;
	if (find_folders(root_fd, &folders) < 0)
		return log_oom(), 0;
	/* Sections that are not installed may name other folders, with maps of long ago in them. */
	for (char **folder = folders; folder && *folder; folder++) {
		int r = map_lacks(root_fd, *folder, arguments, &missing);

		if (r >= 0 && !missing)
			return 1;
		if (r >= 0)
			where = *folder;
		else if (r != -ENOENT)
			return 0;
	}
	if (where)
		log_error("/%s/bootmap, which zipl writes, lacks %s", where, missing);
	else
		log_error("zipl has left no boot map in /" USUAL_TARGET ", nor where /" CONFIG " says (target=)");
	return 0;
}
