/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that a device or a user gives: escaped for the terminal, for a record, for JSON and for XML. */

#include <errno.h>
#include <libxml/parser.h>

#include "common/json.h"
#include "common/json_writer.h"
#include "common/record.h"
#include "common/text.h"
#include "profiles/domain_xml.h"
#include "tests/fuzz/fuzz.h"

static void terminal(const char *s)
{
	_cleanup_free_ char *text = text_escape_terminal(s), *field = text_escape_field(s);

	CHECK(text && field);
	CHECK(fuzz_is_printable(text, true) && fuzz_is_printable(field, false));
	CHECK(strlen(text) >= strlen(s) && strlen(field) >= strlen(text));
	/* Escaping again changes nothing. */
	_cleanup_free_ char *again = text_escape_field(field);
	CHECK(str_eq(again, field));
}

static void word(const char *s)
{
	_cleanup_free_ char *escaped = text_escape_word(s), *line = NULL;
	struct record record;

	CHECK(escaped && !strpbrk(escaped, " \t\n\"") && fuzz_is_printable(escaped, false));
	line = text_format("name key=%s", escaped);
	CHECK(record_parse(line, &record) == 1 && str_eq(record_find(&record, "key"), s));
}

static void json(const char *s)
{
	_cleanup_json_ struct json_object *o = json_object_new_object(), *again = NULL;
	_cleanup_free_ char *shown = text_escape_terminal(s);
	const char *text;

	json_add_string(o, "key", s);
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	CHECK(fuzz_is_printable(text, false));
	CHECK(json_parse(text, strlen(text), &again) == 0);
	CHECK(str_eq(json_get_string(again, "key"), shown));
}

/* The writer makes no tree, and says the same. */
static void written(const char *s)
{
	_cleanup_json_ struct json_object *o = json_object_new_object(), *again = NULL;
	struct json_writer w = {};
	_cleanup_free_ char *text = NULL;

	json_write_object(&w, NULL);
	json_write_string(&w, "key", s);
	json_write_close(&w);
	text = text_take(&w.text);
	json_add_string(o, "key", s);
	CHECK(text && fuzz_is_printable(text, true));
	CHECK(json_parse(text, strlen(text), &again) == 0 && json_object_equal(o, again));
}

static void xml(const char *s)
{
	_cleanup_(domain_xml_done) struct domain_xml x = {};
	xmlNode *root = domain_xml_add(&x, NULL, "domain", "name", s, NULL);
	_cleanup_free_ char *text = NULL;
	xmlDoc *doc;
	xmlChar *value;
	int r;

	domain_xml_add_text(&x, root, "title", s);
	r = domain_xml_format(&x, &text);
	CHECK((r == 0) == domain_xml_is_text(s));
	if (r < 0)
		return;
	doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
	CHECK(doc);
	value = xmlGetNoNsProp(xmlDocGetRootElement(doc), (const xmlChar *)"name");
	CHECK(str_eq((const char *)value, s));
	xmlFree(value);
	xmlFreeDoc(doc);
}

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);

	terminal(text);
	word(text);
	json(text);
	written(text);
	xml(text);
	return 0;
}
