/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments edited in a command line or a file of them: the wanted in the first line, the unwanted in the second. */

#include <ctype.h>
#include <errno.h>

#include "common/text.h"
#include "detect/cmdline.h"
#include "installer/cmdline_file.h"
#include "tests/fuzz/fuzz.h"

/* The words of a line that can be asked for: with no space, which the split has taken, and no quote that stays open. */
static char **wishes(const char *line)
{
	_cleanup_(strv_freep) char **words = NULL;
	char **wanted = NULL;

	CHECK(strv_split(line, " \t\r\v\f", &words) >= 0);
	for (char **w = words; w && *w; w++)
		if (!strchr(*w, '"') && **w != '=' && !str_eq(*w, "--"))
			CHECK(strv_add(&wanted, *w) >= 0);
	return wanted;
}

static void same_words(const char *a, const char *b)
{
	for (;;) {
		while (isspace((unsigned char)*a))
			a++;
		while (isspace((unsigned char)*b))
			b++;
		CHECK(*a == *b);
		if (!*a)
			return;
		a++;
		b++;
	}
}

static void line(const char *text, const struct argument_wish *wish)
{
	_cleanup_(argument_edits_done) struct argument_edits edits = {}, none = {}, copy = {};
	_cleanup_free_ char *edited = NULL, *again = NULL, *back = NULL;
	_cleanup_(strv_freep) char **words = NULL;

	CHECK(kernel_arguments_edit(text, wish, &edits, &edited) == 0);
	CHECK(kernel_arguments_has(edited, wish->wanted, NULL));
	CHECK(kernel_arguments_edit(edited, wish, &none, &again) == 0);
	CHECK(none.n == 0 && str_eq(again, edited));
	CHECK(argument_edits_to_words(&edits, &words) == 0 && argument_edits_from_words(words, &copy) == 0 && copy.n == edits.n);
	CHECK(kernel_arguments_take_back(edited, &copy, &back) == 0);
	if (!wish->unwanted)
		same_words(back, text);
}

static void file(const char *name, const char *text, const struct argument_wish *wish)
{
	const struct cmdline_format *format = cmdline_format_find(name);
	_cleanup_(argument_edits_done) struct argument_edits edits = {}, none = {};
	_cleanup_free_ char *edited = NULL, *again = NULL, *back = NULL, *why = NULL, *why_again = NULL, *why_back = NULL;
	int r;

	CHECK(format);
	r = cmdline_file_edit(format, text, wish, &edits, &edited, &why);
	CHECK(r == 0 || (r == -EINVAL && why));
	if (r < 0)
		return;
	CHECK(!why && cmdline_file_has(format, edited, wish->wanted, &why) == 1);
	CHECK(cmdline_file_edit(format, edited, wish, &none, &again, &why_again) == 0 && none.n == 0 && str_eq(again, edited));
	CHECK(cmdline_file_take_back(format, edited, &edits, &back, &why_back) == 0);
}

FUZZ(data, size)
{
	static const char *const formats[] = { "plain", "bls", "grub-default", "grub-default-bash", "grubenv", "zipl" };
	struct argument_wish wish = {};
	char *parts[3];

	fuzz_split(data, size, parts, ARRAY_SIZE(parts));
	wish.wanted = wishes(parts[0]);
	wish.unwanted = wishes(parts[1]);
	for (char **w = wish.wanted; w && *w && wish.unwanted; w++)
		if (strv_contains(wish.unwanted, *w)) {
			strv_free(wish.unwanted);
			wish.unwanted = NULL;
		}
	line(parts[2], &wish);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		file(formats[i], parts[2], &wish);
	argument_wish_done(&wish);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		free(parts[i]);
	return 0;
}
