/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story on stderr: what failed, why, and what to do. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"

static int use_color;
static char *last_error;

void log_set_color(int on)
{
	use_color = on;
}

static void remember(const char *message, int error)
{
	size_t n, more;

	free(last_error);
	last_error = NULL;
	if (!message)
		return;
	n = strcspn(message, "\n");
	/* What a command said comes behind a colon. */
	more = n && message[n - 1] == ':' && message[n] ? strcspn(message + n + 1, "\n") : 0;
	last_error = text_format("%.*s%s%.*s%s%s", (int)n, message, more ? " " : "", (int)more, message + n + (more ? 1 : 0), error ? ": " : "",
				 error ? strerror(error) : "");
}

char *log_take_error(void)
{
	return TAKE(last_error);
}

static void emit(const char *prefix, const char *color, const char *format, va_list ap, int error)
{
	_cleanup_free_ char *message = NULL, *safe = NULL, *line = NULL;

	if (vasprintf(&message, format, ap) < 0)
		return;
	safe = text_escape_terminal(message);
	if (str_eq(prefix, "error: "))
		remember(safe, error);
	line = text_format("%s%s%s%s%s%s\n", use_color ? color : "", prefix, use_color && *color ? "\033[0m" : "", safe ? safe : "out of memory",
			   error ? ": " : "", error ? strerror(error) : "");
	/* In one write: others may be on the same terminal. */
	fputs(line ? line : "out of memory\n", stderr);
}

#define DEFINE_LOG(name, prefix, color)                \
	void name(const char *format, ...)             \
	{                                              \
		va_list ap;                            \
		va_start(ap, format);                  \
		emit(prefix, color, format, ap, 0);    \
		va_end(ap);                            \
	}

DEFINE_LOG(log_error, "error: ", "\033[1;31m")
DEFINE_LOG(log_warning, "warning: ", "\033[33m")
DEFINE_LOG(log_info, "", "")

int log_errno(int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	emit("error: ", "\033[1;31m", format, ap, -r);
	va_end(ap);
	return r;
}

int log_invalid(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	emit("error: ", "\033[1;31m", format, ap, 0);
	va_end(ap);
	return -EINVAL;
}
