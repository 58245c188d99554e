/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rebooting this host. */
#pragma once

/* 0, or a negative errno after it was said. */
int reboot_now(void);
