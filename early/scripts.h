/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shell files that slipway installs for the early binder, as text; embed.py makes them from the files in this folder. */
#pragma once

#define INITRAMFS_HOOK "etc/initramfs-tools/hooks/slipway"             /* mode 0755 */
#define INITRAMFS_SCRIPT "etc/initramfs-tools/scripts/init-top/slipway" /* mode 0755 */
#define DRACUT_MODULE "usr/lib/dracut/modules.d/90slipway"             /* installed with slipway */

extern const char initramfs_hook[];
extern const char initramfs_script[];
extern const char mkinitcpio_config[];
extern const char mkinitcpio_hook[];
extern const char mkinitcpio_install[];
