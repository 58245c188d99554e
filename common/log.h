/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story on stderr: what failed, why, and what to do. */
#pragma once

#include <errno.h>

/* Control characters in a message (from a model name, a file name) are shown escaped, so a device cannot write to the terminal. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "error: MESSAGE: reason of r" and returns r, a negative errno. */
int log_errno(int r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints "error: MESSAGE" and returns -EINVAL: what somebody wrote is not what is understood here. */
int log_invalid(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline int log_oom(void)
{
	log_errno(-ENOMEM, "out of memory");
	return -ENOMEM;
}

/* The first line, or two where it ends in a colon, of the last error that was said, and forgets it; NULL where none was. A new string. */
char *log_take_error(void);

/* Colour is off until the caller has looked at the terminal. */
void log_set_color(int on);
