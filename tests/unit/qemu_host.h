/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host with QEMU and guest firmware, and the domains that are built there. */
#pragma once

#include "profiles/profile.h"
#include "tests/unit/descriptor.h"
#include "tests/unit/tree.h"

#define HIGH "etc/qemu/firmware"
#define LOW "usr/share/qemu/firmware"

/* A host with QEMU, the two images of a plain OVMF, and no descriptor. */
void qemu_host_new(struct tree *t);
/* Looks at the host's software again. */
void qemu_host_read(struct tree *t);
/* The same host with a descriptor, and the options of a guest with a name. */
struct guest_options start(struct tree *t);
/* Does libvirt's schema take it? */
bool is_valid(const char *xml);
/* The text at an XPath expression: a new string. */
char *look(const char *xml, const char *expression);

#define CHECK_XML(xml, expression, wanted)                                 \
	do {                                                               \
		_cleanup_free_ char *found_ = look(xml, expression);       \
		CHECK_STR(found_, wanted);                                 \
	} while (0)

#ifdef CHECK /* in a test, which has the story on stderr in its hands */
/* Builds a domain; both strings are new. */
static inline int build_wish(struct tree *t, const struct guest_wish *wish, struct choices *choices, char **ret_xml, char **ret_said)
{
	int r;

	stderr_catch();
	r = profile_build(&t->host, wish, choices, ret_xml);
	*ret_said = stderr_caught();
	return r;
}

/* The same of the profile "uefi". */
static inline int build(struct tree *t, const struct guest_options *o, char **ret_xml, char **ret_said)
{
	const struct guest_wish wish = { .profile = profile_find("uefi"), .options = o };
	struct choices choices = {};
	int r = build_wish(t, &wish, &choices, ret_xml, ret_said);

	choices_done(&choices);
	return r;
}
#endif
