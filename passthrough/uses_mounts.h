/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts and swap as uses, in our own mount namespace and in the others. */
#pragma once

#include "passthrough/storage.h"

/* 0 or -ENOMEM. */
int uses_find_mounts(struct storage *s);
