/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of a device on a screen: a name, and a text that is wrapped beside it. */
#pragma once

#include "cli/view_device.h"

/* An empty name goes on with the field above. Data comes out escaped. */
void field_print(const struct cli *cli, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for an item of a list below a field; the text is hung below itself where it is wrapped. */
void item_print(const struct cli *cli, const char *head, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "512 KiB", "1.92 TB": in powers of 1024 where that leaves nothing over, else of 1000, as drives are sold. */
char *size_format(uint64_t bytes, char *out, size_t size);

/* The groups of fields. */
void fields_identity(const struct cli *cli, const struct host *host, const struct device *d);
void fields_hardware(const struct cli *cli, const struct host *host, const struct device *d);
void fields_place(const struct cli *cli, const struct host *host, const struct device *d);
