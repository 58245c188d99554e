/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors: naming devices by what they are, "0000:05:00.0" or "class=nvme,serial=S4EV*". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/device.h"

#define SELECTOR_TERMS 16

struct selector {
	char *text; /* as given */
	struct {
		int key;     /* index into the table of keys */
		char *value; /* may hold * and ? */
	} terms[SELECTOR_TERMS];
	size_t n_terms;
};

/* -EINVAL, after the error has been said, with the keys there are. */
int selector_parse(const char *text, struct selector *ret);
/* The same silently: -EINVAL with the sentence in *ret_fault, which is NULL before and then the caller's; -ENOMEM. */
int selector_read(const char *text, struct selector *ret, char **ret_fault);
void selector_done(struct selector *s);
bool selector_matches(const struct selector *s, const struct device *d);
/* The narrowest word of the key "class" that fits the device: "nvme", "net", ...; NULL: none does. */
const char *device_class_word(const struct device *d);
/* True if it names devices by serial or model, which a device on vfio-pci does not show by itself. */
bool selector_has_serial(const struct selector *s);
/* True if it names devices by address, which an added card may give to others. */
bool selector_has_address(const struct selector *s);
/*
 * All devices that it matches, in the host's order: *ret is a new array of pointers borrowed from `devices`.
 * None is -ENOENT, after it has been said.
 */
int selector_find(const char *text, const struct devices *devices, struct device ***ret, size_t *ret_n);
