/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of slipway's drop-in for grub-mkconfig. */
#pragma once

#include "installer/kernel_arguments.h"

/*
 * Shell that edits GRUB's two variables when it is sourced, whatever they hold by then: the unwanted words out, the wanted
 * ones in, before "--" if there is one, and what was there before kept for the entries without slipway. NULL: out of memory.
 */
char *grub_dropin_text(const struct argument_wish *wish);
/* The same without the head, the keeping and the name: for a script that edits the two variables for itself. */
char *grub_edit_text(const struct argument_wish *wish);
/* The wanted words of such a text, in one string (new; NULL: none). */
char *grub_dropin_words(const char *text);
