/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window: the room above 4 GiB that a guest's UEFI firmware keeps for the BARs of its devices. */
#pragma once

#include "detect/device.h"
#include "profiles/choice.h"

/*
 * The size in MiB that OVMF must be told, or 0: its own 32 GiB do. OVMF before edk2-stable202502 keeps that much however
 * large the BARs are, and a card whose BARs find no room does not work (OvmfPkg: opt/ovmf/X-PciMmio64Mb).
 */
unsigned window_decide(struct device *const *devices, size_t n, struct choices *choices);
