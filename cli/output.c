/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON document that a verb answers with. */

#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "common/text.h"

struct json_object *output_document(const char *verb)
{
	struct json_object *document = json_object_new_object();
	_cleanup_free_ char *schema = text_format("slipway.%s/1", verb);

	json_add_string(document, "schema", schema);
	return document;
}

int output_json(struct json_object *document)
{
	puts(json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	return EXIT_DONE;
}
