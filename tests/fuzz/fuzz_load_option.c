/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Boot#### variable. */

#include <errno.h>
#include <libxml/xmlstring.h>

#include "common/text.h"
#include "detect/load_option.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *bytes = fuzz_text(data, size), *text = NULL;
	_cleanup_(load_option_done) struct load_option o = {};
	int r = load_option_parse(bytes, size, &o);

	text = utf16_to_utf8(bytes, size / 2);
	CHECK(text && xmlCheckUTF8((const xmlChar *)text));
	CHECK(r == 0 || r == -EINVAL);
	if (r < 0) {
		CHECK(!o.label && !o.file && !o.pci_path);
		return 0;
	}
	CHECK(o.label && xmlCheckUTF8((const xmlChar *)o.label));
	CHECK(!o.file || xmlCheckUTF8((const xmlChar *)o.file));
	CHECK(o.has_pci == (o.pci_path != NULL));
	CHECK(!o.pci_path || strspn(o.pci_path, "0123456789abcdef./") == strlen(o.pci_path));
	CHECK(!o.partition_uuid || strspn(o.partition_uuid, "0123456789abcdef-") == strlen(o.partition_uuid));
	return 0;
}
