/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs image, read back: does it hold what was asked for? */
#pragma once

/*
 * Expectations are words: "a/path" (an image holds a file whose path is that, or ends so), "!a/path" (it holds none),
 * "module NAME" (it holds that module, if its kernel has it as a file).
 *
 * 1 if every image of an installed kernel meets all of them, else 0, after saying which lacks what.
 */
int initramfs_has_files(int root_fd, char *const *expects);

/* The first expectation that the listing of an image does not meet; NULL: it meets all. */
const char *listing_misses(const char *listing, char *const *expects);
