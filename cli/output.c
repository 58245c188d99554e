/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON document that a verb answers with. */

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/view_device.h"
#include "common/log.h"
#include "common/text.h"

#define OUTPUT_CHUNK 32768

struct json_object *output_document(const char *verb)
{
	struct json_object *document = json_object_new_object();
	_cleanup_free_ char *schema = text_format("slipway.%s/1", verb);

	json_add_string(document, "schema", schema);
	return document;
}

static const char *text_of(struct json_object *document)
{
	return json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
}

int output_json(struct json_object *document)
{
	puts(text_of(document));
	return EXIT_DONE;
}

/* The text goes out device by device, so what is held in memory does not grow with their number. */
static void pass_on(struct json_writer *w)
{
	fwrite(w->text.data, 1, w->text.size, stdout);
	w->text.size = 0;
}

int output_devices(struct json_object *document, const struct scene *scene, struct device *const *devices, size_t n)
{
	const char *head = text_of(document);
	struct json_writer w = {};
	int r = 0;

	/* All of the document but its end, "\n}". */
	fwrite(head, 1, strlen(head) - 2, stdout);
	json_write_inside(&w);
	json_write_array(&w, "devices");
	for (size_t i = 0; i < n && r >= 0; i++) {
		r = device_to_json(&scene->host, &scene->uses, devices ? devices[i] : &scene->host.devices.list[i], &w);
		if (r >= 0 && w.text.size > OUTPUT_CHUNK)
			pass_on(&w);
	}
	json_write_close(&w);
	json_write_close(&w);
	text_append(&w.text, "\n");
	if (r >= 0 && !w.text.failed)
		pass_on(&w);
	else
		log_oom();
	r = r < 0 || w.text.failed ? EXIT_UNDONE : EXIT_DONE;
	text_done(&w.text);
	return r;
}

int output_flush(void)
{
	int r = fflush(stdout) != 0 ? -errno : ferror(stdout) ? -EIO : 0;

	return r < 0 ? log_errno(r, "cannot write to standard output; nothing was changed") : 0;
}

int output_after_change(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	log_errno(-errno, "cannot write to standard output; 'slipway status' tells what was done");
	__fpurge(stdout);
	clearerr(stdout);
	return status;
}
