/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest test harness: a test is a function whose name is a sentence, and a failed check ends it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_test {
	const char *name;
	void (*run)(void);
	struct check_test *next;
};

static struct check_test *check_tests, **check_tail = &check_tests;
static bool check_failed;

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

/* Prints the Test Anything Protocol; the exit status says whether all passed. */
static inline int check_main(void)
{
	unsigned n = 0, failed = 0;

	for (struct check_test *t = check_tests; t; t = t->next) {
		check_failed = false;
		t->run();
		failed += check_failed;
		printf("%s %u - %s\n", check_failed ? "not ok" : "ok", ++n, t->name);
		fflush(stdout);
	}
	printf("1..%u\n", n);
	return failed || !n;
}

#define TEST_MAIN()            \
	int main(void)         \
	{                      \
		return check_main(); \
	}
