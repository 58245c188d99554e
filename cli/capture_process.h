/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a capture takes of the processes: one mount table per namespace, and the device nodes that are open. */
#pragma once

#include <stddef.h>

/*
 * Copies proc/PID/{ns/mnt,root,mountinfo,comm,fd} as far as detection asks for them. What may not be read is an empty
 * file, so that the replay knows. A negative errno where `to` cannot be written.
 */
int capture_processes(int from, int to);
/* Copies the first `n` words of each line: behind them fstab has options, and crypttab key files, which may hold secrets. */
int capture_words(int from, int to, const char *path, size_t n);
