/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of slipway's drop-in for grub-mkconfig.
 *
 * It is sourced by a shell under "set -e", in the order of the names of all drop-ins: only then is it known what
 * /etc/default/grub and the others have made of the variables (Ubuntu's cloud image sets one anew in a drop-in). So the
 * work is done there, in the shell's own words alone, and every name it uses is gone afterwards.
 */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/grub_dropin.h"

#define WANTED "slipway_wanted='"

/*
 * GRUB_CMDLINE_LINUX_DEFAULT gets what is new, not GRUB_CMDLINE_LINUX: the recovery entries stay free of it. Only where
 * GRUB_CMDLINE_LINUX holds "--" it must stand there: behind that word everything is init's.
 */
static const char edit[] =
	"# The next word of $slipway_rest, with its quotes.\n"
	"slipway_next() {\n"
	"	slipway_word='' slipway_quote=''\n"
	"	while [ -n \"$slipway_rest\" ]; do\n"
	"		slipway_char=${slipway_rest%\"${slipway_rest#?}\"}\n"
	"		case $slipway_quote$slipway_char in\n"
	"		' ' | '	') break ;;\n"
	"		'\"') slipway_quote=q ;;\n"
	"		'q\"') slipway_quote='' ;;\n"
	"		esac\n"
	"		slipway_word=$slipway_word$slipway_char slipway_rest=${slipway_rest#?}\n"
	"	done\n"
	"}\n"
	"# Behind \"--\" everything is init's.\n"
	"slipway_edit() {\n"
	"	slipway_rest=$1 slipway_line='' slipway_blank=''\n"
	"	while [ -n \"$slipway_rest\" ]; do\n"
	"		case $slipway_rest in\n"
	"		' '* | '	'*)\n"
	"			slipway_blank=$slipway_blank${slipway_rest%\"${slipway_rest#?}\"} slipway_rest=${slipway_rest#?}\n"
	"			continue ;;\n"
	"		esac\n"
	"		slipway_next\n"
	"		if [ \"$slipway_word\" = -- ]; then\n"
	"			slipway_line=$slipway_line${slipway_blank:-${slipway_line:+ }}${slipway_wanted:+$slipway_wanted }--$slipway_rest\n"
	"			slipway_wanted='' slipway_ended=yes\n"
	"			return\n"
	"		fi\n"
	"		slipway_unwanted || slipway_line=$slipway_line$slipway_blank$slipway_word\n"
	"		slipway_blank=''\n"
	"	done\n"
	"	slipway_line=$slipway_line$slipway_blank\n"
	"}\n"
	"slipway_ended=''\n"
	"slipway_edit \"${GRUB_CMDLINE_LINUX-}\"\n"
	"GRUB_CMDLINE_LINUX=$slipway_line\n"
	"if [ -z \"$slipway_ended\" ]; then\n"
	"	slipway_edit \"${GRUB_CMDLINE_LINUX_DEFAULT-}\"\n"
	"	GRUB_CMDLINE_LINUX_DEFAULT=$slipway_line${slipway_wanted:+${slipway_line:+ }$slipway_wanted}\n"
	"fi\n"
	"unset -f slipway_unwanted slipway_next slipway_edit\n"
	"unset slipway_wanted slipway_word slipway_quote slipway_char slipway_rest slipway_line slipway_blank slipway_ended\n";

/* Between single quotes. */
static void append_quoted(struct text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			text_append(t, "'\\''");
		else
			text_append_bytes(t, s, 1);
	}
}

char *grub_edit_text(const struct argument_wish *wish)
{
	struct text t = {};

	text_append(&t, WANTED);
	for (char **w = wish->wanted; w && *w; w++) {
		text_append(&t, w == wish->wanted ? "" : " ");
		append_quoted(&t, *w);
	}
	text_append(&t, "'\nslipway_unwanted() {\n");
	for (char **u = wish->unwanted; u && *u; u++) {
		text_append(&t, "	[ \"$slipway_word\" = '");
		append_quoted(&t, *u);
		text_append(&t, "' ] ||\n");
	}
	text_append(&t, "	false\n}\n");
	text_append(&t, edit);
	return text_take(&t);
}

char *grub_dropin_text(const struct argument_wish *wish)
{
	_cleanup_free_ char *text = grub_edit_text(wish);

	return text ? text_format("# Written by slipway; 'slipway rollback' takes it away.\n"
				  "SLIPWAY_CMDLINE_BEFORE=\"${GRUB_CMDLINE_LINUX_DEFAULT-}\"\n"
				  "SLIPWAY_CMDLINE_LINUX_BEFORE=\"${GRUB_CMDLINE_LINUX-}\"\n"
				  "export SLIPWAY_CMDLINE_BEFORE SLIPWAY_CMDLINE_LINUX_BEFORE\n%s", text) : NULL;
}

char *grub_dropin_words(const char *text)
{
	const char *start = strstr(text, "\n" WANTED);

	if (!start)
		return NULL;
	start += strlen("\n" WANTED);
	return strndup(start, strcspn(start, "'\n"));
}
