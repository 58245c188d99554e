/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of a device on a screen: a name, and a text that is wrapped beside it. */

#include <stdarg.h>
#include <stdio.h>

#include "cli/terminal.h"
#include "cli/text_field.h"
#include "common/cleanup.h"
#include "common/text.h"

#define VALUE_COLUMN 19
#define ITEM_COLUMN 4

static void print_from(const struct cli *cli, size_t column, size_t indent, const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL;

	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	print_wrapped(text ? text : "", column, indent, screen_width(cli));
}

void field_print(const struct cli *cli, const char *name, const char *format, ...)
{
	va_list ap;

	printf("  %-16s ", name);
	va_start(ap, format);
	print_from(cli, VALUE_COLUMN, VALUE_COLUMN, format, ap);
	va_end(ap);
}

void item_print(const struct cli *cli, const char *head, const char *format, ...)
{
	size_t column = ITEM_COLUMN + columns(head) + 2;
	va_list ap;

	printf("%*s%s  ", ITEM_COLUMN, "", head);
	va_start(ap, format);
	print_from(cli, column, column, format, ap);
	va_end(ap);
}

char *size_format(uint64_t bytes, char *out, size_t size)
{
	static const char *const binary[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
	static const char *const decimal[] = { "bytes", "kB", "MB", "GB", "TB", "PB" };
	uint64_t exact = bytes;
	double rounded = (double)bytes;
	size_t unit = 0;

	for (; exact >= 1024 && exact % 1024 == 0 && unit + 1 < ARRAY_SIZE(binary); unit++)
		exact /= 1024;
	if (exact < 1024) {
		snprintf(out, size, "%llu %s", (unsigned long long)exact, binary[unit]);
		return out;
	}
	for (unit = 0; rounded >= 1000 && unit + 1 < ARRAY_SIZE(decimal); unit++)
		rounded /= 1000;
	snprintf(out, size, "%.2f %s", rounded, decimal[unit]);
	return out;
}
