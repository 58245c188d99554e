/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/kernel/cmdline: the whole file is one command line; kernel-install and proxmox-boot-tool take a newline for a space.
 * Lines that begin with '#' are comments (ukify(1), kernel-install(8) from systemd 256 on), and no place for arguments.
 */

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "installer/cmdline_file.h"

static bool is_comment(const char *line)
{
	return line[strspn(line, " \t")] == '#';
}

static int get(const char *text, char ***ret, char **ret_why)
{
	struct text t = {};
	bool found = false;

	(void)ret_why;
	text_append(&t, "");
	for (const char *line = text;;) {
		size_t n = strcspn(line, "\n");

		if (!is_comment(line)) {
			text_append(&t, found ? "\n" : "");
			text_append_bytes(&t, line, n);
			found = true;
		}
		if (!line[n])
			break;
		line += n + 1;
	}
	return strv_consume(ret, text_take(&t));
}

/* Behind the last line of a file that ends in a comment. */
static void append_rest(struct text *t, const char *rest)
{
	if (*rest)
		text_printf(t, "\n%s", rest);
}

static int set(const char *text, char *const *lines, char **ret, char **ret_why)
{
	const char *rest = lines[0];
	struct text t = {};
	bool found = false;

	(void)ret_why;
	text_append(&t, "");
	for (const char *line = text;;) {
		size_t n = strcspn(line, "\n");

		if (is_comment(line)) {
			text_append_bytes(&t, line, n);
		} else {
			size_t length = strcspn(rest, "\n");

			text_append_bytes(&t, rest, length);
			rest += length + (rest[length] == '\n');
			found = true;
		}
		if (!line[n])
			break;
		text_append(&t, "\n");
		line += n + 1;
	}
	if (!found || *rest)
		append_rest(&t, rest);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

const struct cmdline_format cmdline_format_plain = { "plain", get, set };
