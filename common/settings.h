/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings: a file of keys and values, as YAML, where every error has its file, line and column. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* What is wrong in a file, and where: lines and columns from 1 on; line 0 where it is wrong as a whole. */
struct complaint {
	size_t line, column;
	char *message;
};

struct complaints {
	struct complaint *list; /* in the file's order */
	size_t n;
};

struct settings {
	yaml_document_t *document;
	void *target;      /* what the whole file fills in */
	const char *key;   /* of the value that a reader has just been given */
	struct complaints complaints;
	bool is_short;     /* of memory: not all that is wrong could be told */
};

/* One key of a mapping, and who reads its value. The context is what this mapping fills in. The last one has no name. */
struct setting {
	const char *name;
	void (*read)(struct settings *s, yaml_node_t *value, void *context);
};

/*
 * Parses the text and has `read` read its root. -EINVAL with all that is wrong (`empty` of a file without content), silently; -ENOMEM.
 */
int settings_check(const char *text, const char *empty, void (*read)(struct settings *s, yaml_node_t *root), void *target, struct complaints *ret);
/* The same, and each is said: "FILE:LINE:COLUMN: message". */
int settings_parse(const char *text, const char *file, const char *empty, void (*read)(struct settings *s, yaml_node_t *root), void *target);
void complaints_say(const struct complaints *c, const char *file);
void complaints_done(struct complaints *c);
/* The parse fails, and goes on to find the other errors. */
void settings_complain(struct settings *s, const yaml_node_t *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A mapping lacks what this key should have brought. Where the key stands there, its reader has said what is wrong with it. */
void settings_lacks(struct settings *s, const yaml_node_t *mapping, const char *key, const char *message);
/* The text of a value, or NULL where it is a list or a mapping. */
const char *settings_text(const yaml_node_t *node);
/* Reads each key by its reader. Unknown ones (with the nearest that there is) and repeated ones are errors. `where` stands in messages. */
void settings_mapping(struct settings *s, yaml_node_t *node, const struct setting *keys, const char *where, void *context);
/* Reads each item of a list; `message` is said of what is none. */
void settings_list(struct settings *s, yaml_node_t *node, const char *message, void (*read)(struct settings *s, yaml_node_t *item, void *context),
		   void *context);
