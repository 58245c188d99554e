/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest test harness: a test is a function whose name is a sentence, and a failed check ends it. What is said on
 * stderr is caught: a test that has not fetched all of it with stderr_caught() fails.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check_test {
	const char *name;
	void (*run)(void);
	struct check_test *next;
};

static struct check_test *check_tests, **check_tail = &check_tests;
static bool check_failed;
static const char *check_skipped;
static int check_stderr_saved = -1, check_stderr_file = -1;

#define TEST(test_name)                                                                  \
	static void test_name(void);                                                     \
	static struct check_test check_##test_name = { #test_name, test_name, NULL };    \
	__attribute__((constructor)) static void check_register_##test_name(void)        \
	{                                                                                \
		*check_tail = &check_##test_name;                                        \
		check_tail = &check_##test_name.next;                                    \
	}                                                                                \
	static void test_name(void)

#define CHECK(expression)                                                                \
	do {                                                                             \
		if (!(expression)) {                                                     \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #expression);        \
			check_failed = true;                                             \
			return;                                                          \
		}                                                                        \
	} while (0)

/* Ends a test that cannot be made here, and says so. */
#define CHECK_SKIP(reason)                                                               \
	do {                                                                             \
		check_skipped = (reason);                                                \
		return;                                                                  \
	} while (0)

/* In a table: the row is named, too. */
#define CHECK_ROW(row, expression)                                                       \
	do {                                                                             \
		if (!(expression)) {                                                     \
			printf("# %s:%d: row '%s': %s\n", __FILE__, __LINE__, row, #expression); \
			check_failed = true;                                             \
			return;                                                          \
		}                                                                        \
	} while (0)

#define CHECK_STR(got, wanted)                                                           \
	do {                                                                             \
		const char *got_ = (got), *wanted_ = (wanted);                           \
		if ((!got_ || !wanted_) ? got_ != wanted_ : strcmp(got_, wanted_) != 0) { \
			printf("# %s:%d: %s is\n#   %s\n# and not\n#   %s\n", __FILE__, __LINE__, #got, \
			       got_ ? got_ : "(null)", wanted_ ? wanted_ : "(null)");    \
			check_failed = true;                                             \
			return;                                                          \
		}                                                                        \
	} while (0)

#define CHECK_HAS(text, part)                                                            \
	do {                                                                             \
		const char *text_ = (text), *part_ = (part);                             \
		if (!text_ || !strstr(text_, part_)) {                                   \
			printf("# %s:%d: %s is\n#   %s\n# without\n#   %s\n", __FILE__, __LINE__, #text, \
			       text_ ? text_ : "(null)", part_);                         \
			check_failed = true;                                             \
			return;                                                          \
		}                                                                        \
	} while (0)

/* Forgets what was said until now. */
static inline void stderr_catch(void)
{
	fflush(stderr);
	if (ftruncate(check_stderr_file, 0) == 0)
		lseek(check_stderr_file, 0, SEEK_SET);
}

/* What was said since the last call: a new string. */
static inline char *stderr_caught(void)
{
	char *text = calloc(1, 65536);

	fflush(stderr);
	if (!text || pread(check_stderr_file, text, 65535, 0) < 0)
		abort();
	stderr_catch();
	return text;
}

/* A sanitizer that ends the program has written its report into the file, too. */
static inline void check_death(void)
{
	char buffer[4096];
	ssize_t n;

	lseek(check_stderr_file, 0, SEEK_SET);
	while ((n = read(check_stderr_file, buffer, sizeof(buffer))) > 0 && write(check_stderr_saved, buffer, (size_t)n) > 0)
		;
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static inline void check_open_stderr(void)
{
	char name[] = "/tmp/slipway-stderr-XXXXXX";

	check_stderr_file = mkstemp(name);
	check_stderr_saved = dup(STDERR_FILENO);
	if (check_stderr_file < 0 || check_stderr_saved < 0)
		abort();
	unlink(name);
	dup2(check_stderr_file, STDERR_FILENO);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(check_death);
}

/* Prints the Test Anything Protocol; the exit status says whether all passed. */
static inline int check_main(void)
{
	unsigned n = 0, failed = 0;

	check_open_stderr();
	for (struct check_test *t = check_tests; t; t = t->next) {
		char *said;

		check_failed = false;
		check_skipped = NULL;
		stderr_catch();
		t->run();
		said = stderr_caught();
		if (*said) {
			printf("# not expected on stderr:\n# %s", said);
			check_failed = true;
		}
		free(said);
		failed += check_failed;
		printf("%s %u - %s%s%s\n", check_failed ? "not ok" : "ok", ++n, t->name, check_skipped ? " # SKIP " : "",
		       check_skipped ? check_skipped : "");
		fflush(stdout);
	}
	printf("1..%u\n", n);
	/* The leak checker speaks when main() has ended. */
	dup2(check_stderr_saved, STDERR_FILENO);
	return failed || !n;
}

#define TEST_MAIN()            \
	int main(void)         \
	{                      \
		return check_main(); \
	}
