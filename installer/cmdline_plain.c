/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/kernel/cmdline: the whole file is one command line; kernel-install takes a newline for a space. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/cmdline_file.h"

static int get(const char *text, char ***ret, char **ret_why)
{
	(void)ret_why;
	return strv_add(ret, text);
}

static int set(const char *text, char *const *lines, char **ret, char **ret_why)
{
	(void)text;
	(void)ret_why;
	*ret = strdup(lines[0]);
	return *ret ? 0 : -ENOMEM;
}

const struct cmdline_format cmdline_format_plain = { "plain", get, set };
