/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A settings file that a shell sources, read without running it: its commands, one by one. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/shell.h"

struct script_reader {
	struct shell_reader r;
	unsigned depth;      /* of if, while, for and braces */
	bool is_conditional; /* behind && or || */
	bool has_command;    /* since the last separator */
	bool is_open;        /* directly behind them: the list goes on in the next line */
};

void shell_script_done(struct shell_script *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].name);
		shell_value_done(&s->list[i].value);
	}
	free(s->list);
	*s = (struct shell_script){};
}

static struct shell_variable *find(const struct shell_script *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->list[i].name, name))
			return &s->list[i];
	return NULL;
}

const struct shell_value *shell_find(const struct shell_script *s, const char *name)
{
	const struct shell_variable *v = find(s, name);

	return v ? &v->value : NULL;
}

/* A variable of this name, new and empty where there was none. */
static struct shell_variable *variable(struct shell_script *s, const char *name)
{
	struct shell_variable *found = find(s, name), *grown;
	char *copy;

	if (found)
		return found;
	copy = strdup(name);
	grown = copy ? realloc(s->list, (s->n + 1) * sizeof(*grown)) : NULL;
	if (!grown) {
		free(copy);
		return NULL;
	}
	s->list = grown;
	grown[s->n] = (struct shell_variable){ .name = copy };
	return &grown[s->n++];
}

static int assign(struct script_reader *s, const char *name, bool appends, struct shell_value *value)
{
	struct shell_variable *v = variable(s->r.script, name);
	_cleanup_(shell_value_done) struct shell_value old = {};
	int r;

	if (!v)
		return -ENOMEM;
	old = TAKE(v->value);
	r = appends ? shell_value_add(&v->value, &old) : 0;
	if (r >= 0)
		r = shell_value_add(&v->value, value);
	v->value.start = value->start;
	v->value.end = value->end;
	v->value.end_quote = value->end_quote;
	if ((s->depth || s->is_conditional) && !v->value.unknown) {
		v->value.unknown = "the value is set under a condition";
		v->value.unknown_at = value->start;
	}
	return r;
}

static void skip_blanks(struct shell_reader *r)
{
	for (;;) {
		r->at += strspn(r->text + r->at, " \t");
		if (!str_starts(r->text + r->at, "\\\n"))
			break;
		r->at += 2;
	}
}

/* The length of "NAME=" or "NAME+=" at this place, or 0. */
static size_t assignment_length(const char *s, size_t *ret_name)
{
	size_t n = 0;

	if (!isalpha((unsigned char)*s) && *s != '_')
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	*ret_name = n;
	return s[n] == '=' ? n + 1 : s[n] == '+' && s[n + 1] == '=' ? n + 2 : 0;
}

/* 1: there was one; 0: there is none here. */
static int read_assignment(struct script_reader *s)
{
	_cleanup_(shell_value_done) struct shell_value value = {};
	const char *start = s->r.text + s->r.at;
	_cleanup_free_ char *name = NULL;
	size_t length, name_length = 0;
	int r;

	length = assignment_length(start, &name_length);
	if (!length && name_length && start[name_length] == '[')
		return shell_fail(&s->r, s->r.at, "arrays are not understood");
	if (!length)
		return 0;
	if (length == name_length + 2 && !s->r.is_bash)
		return shell_fail(&s->r, s->r.at + name_length, "this system's /bin/sh has no '+=' and stops here");
	name = strndup(start, name_length);
	if (!name)
		return -ENOMEM;
	s->r.at += length;
	if (s->r.text[s->r.at] == '(')
		return shell_fail(&s->r, s->r.at, "arrays are not understood");
	r = shell_read_word(&s->r, &value);
	if (r >= 0)
		r = assign(s, name, length == name_length + 2, &value);
	return r < 0 ? r : 1;
}

static bool is_listed(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(word, *list))
			return true;
	return false;
}

/* Redirections of a command: "> file", "2>&1". */
static int skip_redirection(struct shell_reader *r)
{
	_cleanup_(shell_value_done) struct shell_value file = {};

	if (str_starts(r->text + r->at, "<<"))
		return shell_fail(r, r->at, "here-documents are not understood");
	r->at += strspn(r->text + r->at, "<>&");
	skip_blanks(r);
	return shell_read_word(r, &file);
}

static bool ends_command(const char *s)
{
	return !*s || strchr("\n;&|)", *s) || *s == '#';
}

static int skip_arguments(struct script_reader *s)
{
	int r = 0;

	for (skip_blanks(&s->r); r >= 0 && !ends_command(s->r.text + s->r.at); skip_blanks(&s->r)) {
		_cleanup_(shell_value_done) struct shell_value word = {};

		if (s->r.text[s->r.at] == '(')
			return shell_fail(&s->r, s->r.at, "functions are not understood");
		r = strchr("<>", s->r.text[s->r.at]) ? skip_redirection(&s->r) : shell_read_word(&s->r, &word);
	}
	return r;
}

/* "NAME\", and "=value" in the next line: the shell joins the two. */
static bool hides_assignment(const struct shell_reader *r, size_t start)
{
	const char *continued = strstr(r->text + start, "\\\n");

	return continued && continued < r->text + r->at;
}

static int read_export(struct script_reader *s)
{
	int r = 0;

	s->r.splits = true;
	for (skip_blanks(&s->r); r >= 0 && !ends_command(s->r.text + s->r.at); skip_blanks(&s->r)) {
		_cleanup_(shell_value_done) struct shell_value word = {};
		size_t start = s->r.at;

		if (s->r.text[start] == '-')
			return shell_fail(&s->r, start, "export with an option is not understood");
		if (shell_ends_word(s->r.text[start]))
			return shell_fail(&s->r, start, "this cannot be understood");
		r = read_assignment(s);
		if (r == 0)
			r = shell_read_word(&s->r, &word);
		if (r >= 0 && (word.unknown || hides_assignment(&s->r, start)))
			return shell_fail(&s->r, start, "what is exported here is not known");
	}
	s->r.splits = false;
	return r;
}

/* The variable of a loop has another value in each round. */
static int read_for(struct script_reader *s)
{
	_cleanup_(shell_value_done) struct shell_value name = {};
	_cleanup_free_ char *text = NULL;
	int r;

	skip_blanks(&s->r);
	r = shell_read_word(&s->r, &name);
	if (r < 0)
		return r;
	text = shell_value_string(&name);
	name.unknown = "the value is that of a loop";
	name.unknown_at = name.start;
	r = text ? assign(s, text, false, &name) : -ENOMEM;
	return r < 0 ? r : skip_arguments(s);
}

/* The word at the beginning of a command. */
static int read_command_word(struct script_reader *s, const char *word, size_t start)
{
	static const char *const opening[] = { "if", "while", "until", "{", NULL }, *const closing[] = { "fi", "done", "}", NULL };
	static const char *const between[] = { "then", "else", "elif", "do", "!", NULL };
	static const char *const unknown[] = { "case", "esac", "function", "select", "coproc", "time", "[[", NULL };
	/* Built in, and able to set variables or to end the file early. */
	static const char *const powers[] = { "eval", ".", "source", "exec", "exit", "return", "trap", "alias", "set", "shopt", "builtin",
					      "command", "enable", "declare", "typeset", "readonly", "local", "let", "read", "mapfile",
					      "readarray", "getopts", "unset", "printf", "break", "continue", NULL };

	if (is_listed(word, opening))
		return s->depth++, 0;
	if (is_listed(word, closing))
		return s->depth ? s->depth--, 0 : shell_fail(&s->r, start, "this ends what never began");
	if (is_listed(word, between))
		return 0;
	if (str_eq(word, "for"))
		return s->depth++, read_for(s);
	if (str_eq(word, "export"))
		return read_export(s);
	if (str_eq(word, ".") || str_eq(word, "source"))
		return shell_fail(&s->r, start, "another file is read here, which may set anything");
	if (is_listed(word, powers))
		return shell_fail(&s->r, start, "this command may set variables, or end the file");
	if (is_listed(word, unknown))
		return shell_fail(&s->r, start, "this part of the shell's language is not understood");
	return skip_arguments(s);
}

static int read_command(struct script_reader *s)
{
	_cleanup_(shell_value_done) struct shell_value word = {};
	_cleanup_free_ char *text = NULL;
	bool has_assignment = false;
	size_t start;
	int r;

	s->is_open = false;
	s->has_command = true;
	while ((r = read_assignment(s)) > 0) {
		has_assignment = true;
		skip_blanks(&s->r);
		if (ends_command(s->r.text + s->r.at))
			return 0;
	}
	start = s->r.at;
	if (r >= 0 && has_assignment)
		r = shell_fail(&s->r, start, "a command begins here: quotes are missing, and the value in front of it is for that command alone");
	if (r >= 0 && shell_ends_word(s->r.text[start]))
		r = shell_fail(&s->r, start, "this cannot be understood");
	if (r >= 0)
		r = shell_read_word(&s->r, &word);
	if (r >= 0 && (word.unknown || hides_assignment(&s->r, start)))
		r = shell_fail(&s->r, start, "which command runs here is not known");
	if (r < 0)
		return r;
	text = shell_value_string(&word);
	return text ? read_command_word(s, text, start) : -ENOMEM;
}

static int read_operator(struct script_reader *s)
{
	struct shell_reader *r = &s->r;
	const char *here = r->text + r->at;
	bool is_separator = *here == ';' || *here == '&' || *here == '|';

	if (is_separator && !s->has_command)
		return shell_fail(r, r->at, "there is no command in front of this");
	s->has_command = s->has_command && !is_separator && *here != '\n';
	if (str_starts(here, "&&") || str_starts(here, "||")) {
		s->is_conditional = s->is_open = true;
		return r->at += 2, 0;
	}
	if (*here == '\n' || (*here == ';' && here[1] != ';')) {
		s->is_conditional = s->is_open;
		return r->at++, 0;
	}
	if (*here == '<' || *here == '>')
		return skip_redirection(r);
	return shell_fail(r, r->at, *here == '|' ? "pipes are not understood" : *here == '&' ? "background commands are not understood" :
			  "this part of the shell's language is not understood");
}

int shell_read(const char *text, bool is_bash, struct shell_script *ret)
{
	_cleanup_(shell_script_done) struct shell_script script = {};
	struct script_reader s = { .r = { .text = text, .is_bash = is_bash, .script = &script } };
	int r = 0;

	for (skip_blanks(&s.r); r >= 0 && text[s.r.at]; skip_blanks(&s.r)) {
		if (text[s.r.at] == '#')
			s.r.at += strcspn(text + s.r.at, "\n");
		else if (strchr("\n;&|<>()", text[s.r.at]))
			r = read_operator(&s);
		else
			r = read_command(&s);
	}
	if (r >= 0 && s.depth)
		r = shell_fail(&s.r, s.r.at, "the file ends within a command");
	if (r == -ENOMEM)
		return r;
	*ret = TAKE(script);
	return 0;
}
