/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for udev: after a driver has changed, its device nodes and links are there when udev is done. */
#pragma once

/* Waits until udev's queue is empty, at most 30 s; 0 in any case but lack of memory: a host without udev has nothing to wait for. */
int settle(void);
