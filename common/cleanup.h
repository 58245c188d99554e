/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleanup attributes: what a function owns is released where it ends. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <dirent.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)

/* Hands a value to its new owner and leaves an empty one behind, so that the cleanup finds nothing. */
#define TAKE(x)                                 \
	({                                      \
		__typeof__(x) *taken_ = &(x);   \
		__typeof__(x) value_ = *taken_; \
		*taken_ = (__typeof__(x)){ 0 }; \
		value_;                         \
	})

/* The same for a file descriptor, whose empty value is -1. */
#define TAKE_FD(fd)             \
	({                      \
		int *taken_ = &(fd); \
		int value_ = *taken_; \
		*taken_ = -1;   \
		value_;         \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
