/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of virt-install's command line: its options, and the sub-options in the value of one. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "profiles/virt_words.h"

void virt_install_done(struct virt_install *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->list[i].value);
	free(v->list);
	strv_free(v->unsaid);
	*v = (struct virt_install){};
}

void virt_say_word(struct virt_install *v, const char *name, char *value)
{
	struct virt_option *list = reallocarray(v->list, v->n + 1, sizeof(*list));

	if (!list) {
		free(value);
		v->failed = true;
		return;
	}
	v->list = list;
	list[v->n++] = (struct virt_option){ .name = name, .value = value };
}

void virt_say(struct virt_install *v, const char *name, const char *format, ...)
{
	char *value = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&value, format, ap) < 0)
		v->failed = true;
	else
		virt_say_word(v, name, value);
	va_end(ap);
}

void virt_say_text(struct virt_install *v, const char *name, struct text *t)
{
	char *value = text_take(t);

	if (value)
		virt_say_word(v, name, value);
	else
		v->failed = true;
}

void virt_leave_unsaid(struct virt_install *v, const char *sentence)
{
	if (strv_add(&v->unsaid, sentence) < 0)
		v->failed = true;
}

void virt_sub(struct text *t, const char *format, ...)
{
	va_list ap;
	_cleanup_free_ char *word = NULL;

	va_start(ap, format);
	if (vasprintf(&word, format, ap) < 0) {
		word = NULL;
		t->failed = true;
	}
	va_end(ap);
	if (word) {
		text_append(t, t->size ? "," : "");
		text_append(t, word);
	}
}

/* virt-install cuts at commas with Python's shlex, where quotes and a backslash inside double ones count. */
void virt_sub_data(struct text *t, const char *key, const char *value)
{
	_cleanup_(text_done) struct text quoted = {};
	bool needs = strpbrk(value, ",\"'\\") != NULL;

	text_append(&quoted, needs ? "\"" : "");
	for (const char *s = value; *s; s++) {
		if (needs && (*s == '"' || *s == '\\'))
			text_append(&quoted, "\\");
		text_append_bytes(&quoted, s, 1);
	}
	text_append(&quoted, needs ? "\"" : "");
	if (quoted.failed)
		t->failed = true;
	else
		virt_sub(t, "%s=%s", key, quoted.data ? quoted.data : "");
}

/* virt-install 4 escapes the text itself (virtinst/xmlbuilder.py), and libxml2 escapes that again when it sets an attribute. */
void virt_sub_attribute(struct virt_install *v, struct text *t, const char *key, const char *value)
{
	_cleanup_free_ char *sentence = NULL;

	virt_sub_data(t, key, value);
	if (!strpbrk(value, "&<>\"'"))
		return;
	sentence = text_format("%s as it is, since it writes & < > \" and ' wrong there: %s; correct it by 'virsh edit', or take another name", key, value);
	if (sentence)
		virt_leave_unsaid(v, sentence);
	else
		v->failed = true;
}

/* The words of one option: a value that begins with '-' would be taken for another option. */
static int option_words(const struct virt_option *o, char ***words)
{
	if (o->value && *o->value == '-')
		return strv_consume(words, text_format("%s=%s", o->name, o->value));
	if (strv_add(words, o->name) < 0)
		return -ENOMEM;
	return o->value ? strv_add(words, o->value) : 0;
}

int virt_install_words(const struct virt_install *v, char ***ret)
{
	_cleanup_(strv_freep) char **words = NULL;

	if (strv_add(&words, "virt-install") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < v->n; i++)
		if (option_words(&v->list[i], &words) < 0)
			return -ENOMEM;
	*ret = TAKE(words);
	return 0;
}

char *virt_install_format(const struct virt_install *v)
{
	_cleanup_(text_done) struct text t = {};

	text_append(&t, "virt-install");
	for (size_t i = 0; i < v->n; i++) {
		_cleanup_(strv_freep) char **words = NULL;
		_cleanup_free_ char *line = NULL;

		if (option_words(&v->list[i], &words) < 0)
			return NULL;
		line = process_format(words);
		if (!line)
			return NULL;
		text_append(&t, " \\\n    ");
		text_append(&t, line);
	}
	text_append(&t, "\n");
	return text_take(&t);
}
