/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/zipl.conf of s390x: sections, menus, and which of them zipl puts into its boot record (zipl.conf(5)). A value in quotes goes to the next
 * such quote, without any escapes; one without goes to the end of its line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* "key = value", "1 = value", or a key alone; all borrowed from the text. */
struct zipl_line {
	size_t section;            /* of the list; what stands before the first heading belongs to number 0 */
	const char *key;
	size_t key_size;
	const char *start, *end;   /* of the value, without quotes; NULL: the key stands alone */
	char quote;                /* '\0': none */
	bool is_open;              /* a quote that does not close */
	unsigned number;
};

struct zipl_section {
	const char *name;          /* borrowed from the text */
	size_t name_size;
	bool is_menu;
	bool is_aside;             /* a dump, a kernel for dumps or a segment: not this system, started as another one */
};

struct zipl_conf {
	struct zipl_section *sections; /* the first has no name */
	size_t n_sections;
	struct zipl_line *lines;
	size_t n_lines;
};

#define ZIPL_CONF "etc/zipl.conf"

/* `text` stays the caller's. What is no line of a configuration is passed over: zipl says what is wrong with that. -ENOMEM. */
int zipl_conf_parse(const char *text, struct zipl_conf *ret);
void zipl_conf_done(struct zipl_conf *c);
bool zipl_line_is(const struct zipl_line *l, const char *key);
/*
 * The file that a value names, below the root and without the address in memory that may stand behind it ("/boot/parmfile,0x1000"): a new
 * string, or NULL when memory runs out. The line must have a value.
 */
char *zipl_line_path(const struct zipl_line *l);
/* The value of that key in a section; NULL: it has none. */
const struct zipl_line *zipl_conf_find(const struct zipl_conf *c, size_t section, const char *key);
/* The section (the menu) of this name; 0: there is none. */
size_t zipl_conf_section(const struct zipl_conf *c, const char *name, size_t size, bool is_menu);
/* Does zipl make its boot record of all sections, and boot loader entries, with a menu of its own? */
bool zipl_conf_is_automatic(const struct zipl_conf *c);
/* What [defaultboot] names: a section's name, borrowed, where it is not automatic, or where it is and one is named. NULL: none. */
const struct zipl_line *zipl_conf_default(const struct zipl_conf *c);
/* The folder, below the root, in which zipl makes the map when this section (0: an entry) boots by default; a new string. NULL when memory runs out. */
char *zipl_conf_target(const struct zipl_conf *c, size_t section);
/* Does zipl put this section into its boot record? */
bool zipl_conf_installs(const struct zipl_conf *c, size_t section);
