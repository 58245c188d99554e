/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACPI table: the header that all have, the structures behind it, and what is wrong with its bytes (ACPI 6.5, 5.2.6). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_HEADER 36

struct acpi_problem {
	size_t offset;       /* in the table, in bytes */
	bool is_fatal;       /* a part of the table could not be read; else the firmware's word is odd, and readable */
	char *text;
};

struct acpi_table {
	int error;           /* 0: it was read; -ENOENT: there is none; -EACCES: only root can read it; ... */
	uint8_t *bytes;
	size_t size;         /* of what can be read: the header's length, or less where the table is cut off */
	uint32_t length;     /* what the header says */
	uint8_t revision;
	char oem_id[7], oem_table_id[9]; /* from the firmware: data, escaped on output */
	struct acpi_problem *problems;   /* in the order of their finding; at most ACPI_PROBLEMS_MAX */
	size_t n_problems;
	bool is_broken;      /* one of them is fatal */
	bool failed;         /* memory ran out on the way */
};

#define ACPI_PROBLEMS_MAX 64
#define ACPI_TABLE_MAX ((size_t)256 * 1024) /* a machine with hundreds of units fills a tenth of that */

/* Copies the bytes and reads the header. What is wrong becomes a problem of the table; -ENOMEM is the only failure. */
int acpi_table_parse(const void *bytes, size_t size, const char *signature, struct acpi_table *ret);
/* sys/firmware/acpi/tables/SIGNATURE; what cannot be read stands in `error`. -ENOMEM. */
int acpi_table_read(int root_fd, const char *signature, struct acpi_table *ret);
void acpi_table_done(struct acpi_table *t);

/* Little-endian, as ACPI is; 0 behind the end, so that no offset can do harm. */
uint8_t acpi_u8(const struct acpi_table *t, size_t offset);
uint16_t acpi_u16(const struct acpi_table *t, size_t offset);
uint32_t acpi_u32(const struct acpi_table *t, size_t offset);
uint64_t acpi_u64(const struct acpi_table *t, size_t offset);

void acpi_problem(struct acpi_table *t, size_t offset, bool is_fatal, const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Walks structures whose length is the 16-bit number at byte 2, as in DMAR and IVRS: is there one at `offset`? A length
 * that is too small or leads out of the table is a problem, and the end of the walk.
 */
bool acpi_structure(struct acpi_table *t, size_t offset, size_t *ret_length);

/* Room for one more behind the n elements of a list, which doubles when it is full; NULL when memory runs out. */
void *acpi_room(void *list, size_t n, size_t size);
