/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rpm-ostree says that the next deployment's kernel arguments are. */
#pragma once

/*
 * 1 if "rpm-ostree kargs" names all of them, else 0 after it was said which one is missing. A deployment that waits to be
 * staged at shutdown has no boot entry yet: nothing but rpm-ostree can tell.
 */
int ostree_has_arguments(int root_fd, char *const *arguments);
