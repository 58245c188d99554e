/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments edited and taken back, alone and in the files that hold them. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/cmdline_file.h"
#include "tests/unit/check.h"

/* Words of both lists are divided by '|', since an argument may hold spaces. */
static const struct {
	const char *name, *before, *wanted, *unwanted, *after, *back; /* back: NULL as before */
} edits[] = {
	{ "into an empty line", "", "a=1", "", "a=1" },
	{ "at the end", "ro quiet", "a=1|b", "", "ro quiet a=1 b" },
	{ "what is there is not added", "ro a=1 quiet", "a=1|b", "", "ro a=1 quiet b" },
	{ "dash and underscore are one in a name", "vfio_pci.ids=1:2", "vfio-pci.ids=1:2", "", "vfio_pci.ids=1:2" },
	{ "another value is another argument", "a=2", "a=1", "", "a=2 a=1" },
	{ "before the double dash", "ro -- single", "a=1", "", "ro a=1 -- single" },
	{ "before a double dash that begins the line", "-- quiet splash", "a=1", "", "a=1 -- quiet splash" },
	{ "before a quote that stays open", "ro x=\"a b", "a=1", "", "ro a=1 x=\"a b" },
	{ "before an open quote that begins the line", "\"a -- b", "a=1|c", "", "a=1 c \"a -- b" },
	{ "what stands behind the double dash is init's", "ro -- a=1", "a=1", "", "ro a=1 -- a=1" },
	{ "spaces and quotes stay", "ro  dyndbg=\"file x +p\"\tquiet ", "a=1", "", "ro  dyndbg=\"file x +p\"\tquiet a=1 " },
	{ "a quoted value is one argument", "x=\"a=1 b\"", "a=1", "", "x=\"a=1 b\" a=1" },
	{ "replaced in place", "ro intel_iommu=off quiet", "intel_iommu=on", "intel_iommu=off", "ro intel_iommu=on quiet" },
	{ "replaced once, taken out twice", "x=0 ro x=0", "x=1", "x=0", "x=1 ro" },
	{ "taken out of the middle", "ro amd_iommu=off quiet", "", "amd_iommu=off", "ro quiet", "ro quiet amd_iommu=off" },
	{ "taken out of the beginning", "amd_iommu=off quiet", "", "amd_iommu=off", "quiet", "quiet amd_iommu=off" },
	{ "taken out of the end", "quiet amd_iommu=off", "", "amd_iommu=off", "quiet" },
	{ "the only one taken out", "amd_iommu=off", "", "amd_iommu=off", "" },
	{ "a part of a word is not the word", "xamd_iommu=off amd_iommu=offx", "", "amd_iommu=off", "xamd_iommu=off amd_iommu=offx" },
	{ "behind the double dash nothing is taken out", "-- amd_iommu=off", "", "amd_iommu=off", "-- amd_iommu=off" },
	{ "a list grows where it stands", "vfio-pci.ids=1:2 quiet", "vfio-pci.ids=1:2,3:4", "vfio-pci.ids=1:2", "vfio-pci.ids=1:2,3:4 quiet" },
};

/* Of a table row. */
static void split(const char *words, char ***ret)
{
	if (strv_split(words, "|", ret) < 0)
		abort();
}

/* "was>is" and ';' as words. */
static void split_edits(const char *text, char ***ret)
{
	_cleanup_(strv_freep) char **pairs = NULL;

	if (strv_split(text, " ", &pairs) < 0)
		abort();
	for (char **pair = pairs; pair && *pair; pair++) {
		char *arrow = strchr(*pair, '>');

		if (arrow)
			*arrow = '\0';
		if (strv_add(ret, arrow ? *pair : "") < 0 || strv_add(ret, arrow ? arrow + 1 : "") < 0)
			abort();
	}
}

static void parse_edits(const char *text, struct argument_edits *ret)
{
	_cleanup_(strv_freep) char **words = NULL;

	split_edits(text, &words);
	if (argument_edits_from_words(words, ret) < 0)
		abort();
}

TEST(a_line_is_edited_once_and_taken_back)
{
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_(argument_edits_done) struct argument_edits done = {}, again = {}, loaded = {};
		_cleanup_(argument_wish_done) struct argument_wish wish = {};
		_cleanup_free_ char *after = NULL, *twice = NULL, *back = NULL;
		_cleanup_(strv_freep) char **words = NULL;

		split(edits[i].wanted, &wish.wanted);
		split(edits[i].unwanted, &wish.unwanted);
		CHECK(kernel_arguments_edit(edits[i].before, &wish, &done, &after) == 0);
		CHECK_ROW(edits[i].name, str_eq(after, edits[i].after));
		CHECK(kernel_arguments_edit(after, &wish, &again, &twice) == 0);
		CHECK_ROW(edits[i].name, str_eq(twice, after) && again.n == 0);
		CHECK_ROW(edits[i].name, kernel_arguments_has(after, wish.wanted, NULL));
		/* Through the form that a change keeps on disk. */
		CHECK(argument_edits_to_words(&done, &words) == 0 && argument_edits_from_words(words, &loaded) == 0);
		CHECK(kernel_arguments_take_back(after, &loaded, &back) == 0);
		CHECK_ROW(edits[i].name, str_eq(back, edits[i].back ? edits[i].back : edits[i].before));
	}
}

TEST(what_others_wrote_since_stays_when_it_is_taken_back)
{
	char *words[] = { (char *)"", (char *)"a=1", (char *)"x=0", (char *)"x=1", NULL };
	_cleanup_(argument_edits_done) struct argument_edits edits_done = {};
	_cleanup_free_ char *back = NULL, *gone = NULL;

	CHECK(argument_edits_from_words(words, &edits_done) == 0);
	CHECK(kernel_arguments_take_back("new ro x=1 a=1 \"a=1 b\" more -- a=1", &edits_done, &back) == 0);
	CHECK_STR(back, "new ro x=0 \"a=1 b\" more -- a=1");
	/* What is no longer there has been taken out by somebody else. */
	CHECK(kernel_arguments_take_back("ro", &edits_done, &gone) == 0);
	CHECK_STR(gone, "ro");
}

TEST(a_list_of_odd_length_is_no_list_of_pairs)
{
	char *words[] = { (char *)"", (char *)"a=1", (char *)"x", NULL };
	struct argument_edits none = {};

	CHECK(argument_edits_from_words(words, &none) == -EINVAL);
}

TEST(a_missing_argument_is_named)
{
	char *wanted[] = { (char *)"a=1", (char *)"b=2", NULL };
	const char *missing = NULL;

	CHECK(!kernel_arguments_has("a=1 -- b=2", wanted, &missing));
	CHECK_STR(missing, "b=2");
}

/* Whole files: with a=1 added and x=0 replaced by x=1. */
static const struct {
	const char *name, *format, *before, *after;
} texts[] = {
	{ "one line", "plain", "root=/dev/sda x=0\n", "root=/dev/sda x=1 a=1\n" },
	{ "one line without a newline", "plain", "root=/dev/sda x=0", "root=/dev/sda x=1 a=1" },
	{ "an empty file", "plain", "", "x=1 a=1" },
	{ "comments stay", "plain", "# x=0\n #\n\nroot=/dev/sda x=0\n", "# x=0\n #\n\nroot=/dev/sda x=1 a=1\n" },
	{ "nothing but a comment", "plain", "# none", "# none\nx=1 a=1" },
	{ "parameters in quotes", "zipl", "[a]\n parameters = \"root=x x=0\" \n", "[a]\n parameters = \"root=x x=1 a=1\" \n" },
	{ "parameters without quotes", "zipl", "[a]\nparameters=root=x x=0  \n", "[a]\nparameters=root=x x=1 a=1  \n" },
	{ "what dumps is left alone", "zipl", "[a]\nparameters=x=0\nimage=/b\n[b]\nparameters=x=0\ndumptofs=/b\n[c]\nkdump=auto\nparameters=\"x=0\"\n[d]\nparameters='x=0'",
	  "[a]\nparameters=x=1 a=1\nimage=/b\n[b]\nparameters=x=0\ndumptofs=/b\n[c]\nkdump=auto\nparameters=\"x=0\"\n[d]\nparameters='x=1 a=1'" },
	{ "sections and comments", "zipl", "#parameters=b\nparameters='x=0'\nimage=/b\nparameters=\"\"", "#parameters=b\nparameters='x=1 a=1'\nimage=/b\nparameters=\"x=1 a=1\"" },
	{ "an environment block", "grubenv", "# GRUB\nb=1\nkernelopts=r x=0\nc=2\n##########", "# GRUB\nb=1\nkernelopts=r x=1 a=1\nc=2\n######" },
	{ "a backslash in a block", "grubenv", "#\nkernelopts=b=\\\\040 x=0\n####", "#\nkernelopts=b=\\\\040 x=1 a=1\n" },
	{ "an entry", "bls", "title A\noptions root=/dev/sda x=0\nlinux /v\n", "title A\noptions root=/dev/sda x=1 a=1\nlinux /v\n" },
	{ "an entry with blanks", "bls", "options \t root=/dev/sda x=0  \n", "options \t root=/dev/sda x=1 a=1  \n" },
	{ "options without a newline", "bls", "options x=0", "options x=1 a=1" },
	{ "options twice", "bls", "options x=0\ntitle\noptions b\n", "options x=1\ntitle\noptions b a=1\n" },
	{ "options with nothing", "bls", "options\ntitle\n", "options x=1 a=1\ntitle\n" },
	{ "not options", "bls", "options-x b\noptions x=0\n", "options-x b\noptions x=1 a=1\n" },
	{ "variables of others", "bls", "options $kernelopts x=0 $tuned_params\n", "options $kernelopts x=1 $tuned_params a=1\n" },
};

TEST(every_format_is_edited_in_place_and_taken_back)
{
	char *wanted[] = { (char *)"x=1", (char *)"a=1", NULL }, *unwanted[] = { (char *)"x=0", NULL };
	const struct argument_wish wish = { wanted, unwanted };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct cmdline_format *format = cmdline_format_find(texts[i].format);
		_cleanup_(argument_edits_done) struct argument_edits done = {};
		_cleanup_free_ char *after = NULL, *back = NULL, *why = NULL;

		CHECK(format);
		CHECK_ROW(texts[i].name, cmdline_file_has(format, texts[i].before, wanted, &why) == 0);
		CHECK(cmdline_file_edit(format, texts[i].before, &wish, &done, &after, &why) == 0);
		CHECK_ROW(texts[i].name, str_eq(after, texts[i].after));
		CHECK_ROW(texts[i].name, cmdline_file_has(format, after, wanted, &why) == 1);
		CHECK(cmdline_file_take_back(format, after, &done, &back, &why) == 0);
		/* A line that was empty keeps the blank behind its key; a rollback writes the old bytes. */
		if (!str_eq(texts[i].before, "options\ntitle\n") && !str_eq(texts[i].before, "# none"))
			CHECK_ROW(texts[i].name, str_eq(back, texts[i].before));
	}
}

TEST(the_difference_of_two_edits_is_made_line_by_line)
{
	static const struct {
		const char *name, *done, *wanted, *delta; /* pairs "was>is", a line ends with ';' */
	} rows[] = {
		{ "from nothing", "", ">a >b", ">a >b" },
		{ "to nothing", ">a x>y", "", "a> y>x" },
		{ "the same", ">a x>y", ">a x>y", "" },
		{ "one goes, one comes", ">a >b", ">b >c", "a> >c" },
		{ "by line", ">a ; x>y", ">a ; x>z", "; y>x x>z" },
		{ "the same in lines", ">a ; x>y", ">a ; x>y", "" },
		{ "a line more", ">a", ">a ; >a >b", "; >b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(argument_edits_done) struct argument_edits done = {}, wanted = {};
		_cleanup_(strv_freep) char **got = NULL, **expected = NULL;

		parse_edits(rows[i].done, &done);
		parse_edits(rows[i].wanted, &wanted);
		split_edits(rows[i].delta, &expected);
		CHECK(argument_edits_delta(&done, &wanted, &got) == 0);
		CHECK_ROW(rows[i].name, strv_eq(got, expected));
	}
}

TEST(what_cannot_be_known_or_written_is_said)
{
	static const struct {
		const char *format, *text, *why;
	} rows[] = {
		{ "zipl", "[a]\nimage=/b\n", "no section has parameters" },
		{ "zipl", "[a]\ndumpto=/b\nparameters=\"c\"\n", "no section has parameters" },
		{ "zipl", "[a]\nparameters=\"b\n", "line 2: the quote is not closed" },
		{ "zipl", "parameters=\"c='d'\"\n", "line 1: zipl has no way to write a value that holds both kinds of quotes" },
		{ "grubenv", "# GRUB\nb=kernelopts=\n#", "the environment block has no kernelopts" },
		{ "grubenv", "# GRUB\nkernelopts=r####", "in the environment block, the line of kernelopts has no end" },
		{ "grubenv", "# GRUB\nkernelopts=\n###", "the environment block is full: 26 bytes are needed, and it has 22" },
	};
	char *wanted[] = { (char *)"a=\"b c\"", NULL };
	const struct argument_wish wish = { wanted, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(argument_edits_done) struct argument_edits done = {};
		_cleanup_free_ char *after = NULL, *why = NULL;

		CHECK_ROW(rows[i].text, cmdline_file_edit(cmdline_format_find(rows[i].format), rows[i].text, &wish, &done, &after, &why) == -EINVAL);
		CHECK_STR(why, rows[i].why);
	}
}

TEST(what_would_make_a_comment_of_the_line_is_refused)
{
	/* In the second, "--" would go with the comment, and what is init's would be the kernel's. */
	static const char *const files[] = { "-- x\n", "\n-- #b x\n" };
	char *wanted[] = { (char *)"#b", NULL };
	const struct argument_wish wish = { wanted, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(argument_edits_done) struct argument_edits done = {};
		_cleanup_free_ char *after = NULL, *why = NULL;

		CHECK_ROW(files[i], cmdline_file_edit(&cmdline_format_plain, files[i], &wish, &done, &after, &why) == -EINVAL && !after);
		CHECK_STR(why, "the wanted arguments would not be read as arguments in this file");
	}
}

TEST(a_value_in_zipl_conf_takes_the_quotes_that_it_does_not_hold)
{
	char *wanted[] = { (char *)"a=\"b c\"", NULL };
	const struct argument_wish wish = { wanted, NULL };
	_cleanup_(argument_edits_done) struct argument_edits done = {};
	_cleanup_free_ char *after = NULL, *why = NULL;

	CHECK(cmdline_file_edit(&cmdline_format_zipl, "parameters = \"ro\" \n", &wish, &done, &after, &why) == 0);
	CHECK_STR(after, "parameters = 'ro a=\"b c\"' \n");
}

TEST(a_format_that_is_not_known_is_none)
{
	CHECK(!cmdline_format_find("of the future"));
}

TEST_MAIN()
