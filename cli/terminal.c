/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text on a screen: how wide it is, cut to fit, wrapped at words. Data comes out escaped. */

#include <stdio.h>
#include <string.h>

#include "cli/terminal.h"
#include "common/cleanup.h"
#include "common/text.h"

size_t screen_width(const struct cli *cli)
{
	return cli->width ? cli->width : 80;
}

size_t columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void print_cut(const char *s, size_t room)
{
	_cleanup_free_ char *safe = text_escape_field(s);
	size_t shown = 0;
	const char *end;

	if (!safe)
		return;
	if (columns(safe) <= room) {
		fputs(safe, stdout);
		return;
	}
	for (end = safe; *end; end++) {
		if (((unsigned char)*end & 0xc0) != 0x80 && ++shown == room)
			break;
	}
	printf("%.*s…", (int)(end - safe), safe);
}

void print_blanks(size_t used, size_t width)
{
	if (used < width)
		printf("%*s", (int)(width - used), "");
}

void print_wrapped(const char *text, size_t at, size_t indent, size_t width)
{
	_cleanup_free_ char *safe = text_escape_field(text);
	bool is_first = true;
	char *save = NULL;

	for (char *word = safe ? strtok_r(safe, " ", &save) : NULL; word; word = strtok_r(NULL, " ", &save)) {
		size_t n = columns(word);

		if (!is_first && width && at + 1 + n > width) {
			printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (!is_first) {
			putchar(' ');
			at++;
		}
		fputs(word, stdout);
		at += n;
		is_first = false;
	}
	putchar('\n');
}
