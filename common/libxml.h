/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxml2, loaded when the first document is read or made. */
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "common/library.h"

/* The functions in use, with the types of the headers. xmlFree is a variable: (*libxml()->xmlFree)(s). */
#define LIBXML_FUNCTIONS(X)      \
	X(xmlAddChild)           \
	X(xmlBufferContent)      \
	X(xmlBufferCreate)       \
	X(xmlBufferFree)         \
	X(xmlDocGetRootElement)  \
	X(xmlDocSetRootElement)  \
	X(xmlFree)               \
	X(xmlFreeDoc)            \
	X(xmlFreeNode)           \
	X(xmlGetNoNsProp)        \
	X(xmlNewChild)           \
	X(xmlNewDoc)             \
	X(xmlNewDocNode)         \
	X(xmlNewDocText)         \
	X(xmlNewNs)              \
	X(xmlNewProp)            \
	X(xmlNodeDump)           \
	X(xmlReadMemory)         \
	X(xmlSetNs)              \
	X(xmlUnlinkNode)

struct libxml {
	LIBXML_FUNCTIONS(LIBRARY_POINTER)
};

/* -ELIBACC where it is not installed or too old; silent. Calls after the first cost nothing. */
int libxml_load(void);
/* The functions; only after libxml_load() has said 0. */
const struct libxml *libxml(void);
