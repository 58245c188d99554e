/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACPI table: the header that all have, the structures behind it, and what is wrong with its bytes (ACPI 6.5, 5.2.6). */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/acpi.h"

#define STRUCTURE_HEADER 4 /* type (and flags), then the length */

void acpi_table_done(struct acpi_table *t)
{
	for (size_t i = 0; i < t->n_problems; i++)
		free(t->problems[i].text);
	free(t->problems);
	free(t->bytes);
	*t = (struct acpi_table){};
}

static uint64_t number(const struct acpi_table *t, size_t offset, size_t size)
{
	uint64_t value = 0;

	if (offset > t->size || t->size - offset < size)
		return 0;
	for (size_t i = size; i > 0; i--)
		value = value << 8 | t->bytes[offset + i - 1];
	return value;
}

uint8_t acpi_u8(const struct acpi_table *t, size_t offset)
{
	return (uint8_t)number(t, offset, 1);
}

uint16_t acpi_u16(const struct acpi_table *t, size_t offset)
{
	return (uint16_t)number(t, offset, 2);
}

uint32_t acpi_u32(const struct acpi_table *t, size_t offset)
{
	return (uint32_t)number(t, offset, 4);
}

uint64_t acpi_u64(const struct acpi_table *t, size_t offset)
{
	return number(t, offset, 8);
}

void acpi_problem(struct acpi_table *t, size_t offset, bool is_fatal, const char *format, ...)
{
	struct acpi_problem problem = { .offset = offset, .is_fatal = is_fatal };
	va_list ap;
	int n;

	t->is_broken = t->is_broken || is_fatal;
	/* A broken table can be wrong in every line: nobody reads more than the first ones. */
	if (t->n_problems == ACPI_PROBLEMS_MAX)
		return;
	va_start(ap, format);
	n = vasprintf(&problem.text, format, ap);
	va_end(ap);
	if (n >= 0 && !t->problems)
		t->problems = calloc(ACPI_PROBLEMS_MAX, sizeof(*t->problems));
	if (n < 0 || !t->problems) {
		if (n >= 0)
			free(problem.text);
		t->failed = true;
		return;
	}
	t->problems[t->n_problems++] = problem;
}

/* All bytes of a table add up to zero. */
static void check_sum(struct acpi_table *t)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < t->size; i++)
		sum = (uint8_t)(sum + t->bytes[i]);
	if (sum)
		acpi_problem(t, 9, false, "the checksum is wrong: 0x%02x stands there, and 0x%02x would be right", t->bytes[9],
			     (uint8_t)(t->bytes[9] - sum));
}

/* Names are filled up with blanks. */
static void copy_name(char *to, const uint8_t *from, size_t size)
{
	memcpy(to, from, size);
	for (size_t i = size; i > 0 && to[i - 1] == ' '; i--)
		to[i - 1] = '\0';
}

static void read_header(struct acpi_table *t, const char *signature)
{
	size_t there = t->size;

	/* Nothing of a table is trusted that does not have its name and its length. */
	t->size = 0;
	if (there < ACPI_HEADER) {
		acpi_problem(t, there, true, "the table ends after %zu bytes, within its header", there);
		return;
	}
	if (memcmp(t->bytes, signature, 4) != 0) {
		acpi_problem(t, 0, true, "the signature is not %s", signature);
		return;
	}
	t->size = there;
	t->length = acpi_u32(t, 4);
	t->revision = acpi_u8(t, 8);
	copy_name(t->oem_id, t->bytes + 10, 6);
	copy_name(t->oem_table_id, t->bytes + 16, 8);
	if (t->length < ACPI_HEADER) {
		acpi_problem(t, 4, true, "the length is %u bytes, less than the header of %d", t->length, ACPI_HEADER);
		t->size = ACPI_HEADER;
	} else if (t->length > there) {
		acpi_problem(t, there, true, "the table ends after %zu of its %u bytes", there, t->length);
	} else {
		t->size = t->length;
		check_sum(t);
	}
}

int acpi_table_parse(const void *bytes, size_t size, const char *signature, struct acpi_table *ret)
{
	_cleanup_(acpi_table_done) struct acpi_table t = { .size = size < ACPI_TABLE_MAX ? size : ACPI_TABLE_MAX };

	size = t.size;
	t.bytes = malloc(size + 1);
	if (!t.bytes)
		return -ENOMEM;
	if (size)
		memcpy(t.bytes, bytes, size);
	read_header(&t, signature);
	if (t.failed)
		return -ENOMEM;
	*ret = TAKE(t);
	return 0;
}

int acpi_table_read(int root_fd, const char *signature, struct acpi_table *ret)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0;
	int r;

	r = fs_read(root_fd, &bytes, &size, "sys/firmware/acpi/tables/%s", signature);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return *ret = (struct acpi_table){ .error = r }, 0;
	return acpi_table_parse(bytes, size, signature, ret);
}

bool acpi_structure(struct acpi_table *t, size_t offset, size_t *ret_length)
{
	size_t length, left = offset < t->size ? t->size - offset : 0;

	if (!left)
		return false;
	if (left < STRUCTURE_HEADER) {
		acpi_problem(t, offset, true, "%zu bytes are left, too few for a structure", left);
		return false;
	}
	length = acpi_u16(t, offset + 2);
	if (length < STRUCTURE_HEADER || length > left) {
		acpi_problem(t, offset, true, "a structure of %zu bytes, with %zu left in the table", length, left);
		return false;
	}
	*ret_length = length;
	return true;
}

void *acpi_room(void *list, size_t n, size_t size)
{
	return n & (n - 1) ? list : realloc(list, (n ? 2 * n : 1) * size);
}
