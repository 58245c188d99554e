/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures: what is written on a disk or partition, mounted or not. */
#pragma once

#include "detect/block.h"

/*
 * Fills in signature, part_type, part_uuid and is_looked_at of every disk and partition. `probe` opens the devices read-only with
 * libblkid; else udev's database is read (run/udev/data/bMAJOR:MINOR, its "E:" lines are the properties). What cannot
 * be read stays not looked at.
 */
void signatures_read(int root_fd, bool probe, struct blocks *blocks);
/* What the text of an entry of udev's database, which it overwrites, says of the device. */
void signature_parse_udev(char *text, struct block *b);
