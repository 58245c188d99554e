/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of virt-install's command line (virt-install(1)): its options, and the sub-options in the value of one. What is data is
 * written so that virt-install reads it as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"

struct virt_option {
	const char *name;  /* static: "--disk" */
	char *value;       /* NULL: a switch */
};

/* Zero-initialised is empty. */
struct virt_install {
	struct virt_option *list; /* in the order in which they are printed */
	size_t n;
	char **unsaid;            /* what is in the domain and cannot be said, a sentence each */
	bool failed;              /* memory ran out */
};

void virt_install_done(struct virt_install *v);

/* Add an option: with a value of this format; a value that is taken over, or NULL for a switch; or sub-options, which are taken. */
void virt_say(struct virt_install *v, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void virt_say_word(struct virt_install *v, const char *name, char *value);
void virt_say_text(struct virt_install *v, const char *name, struct text *t);
void virt_leave_unsaid(struct virt_install *v, const char *sentence);

/* Add to the sub-options of a value: one that needs no care, such as "cache=none"; one whose value is data. */
void virt_sub(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void virt_sub_data(struct text *t, const char *key, const char *value);
/* The same of what becomes an attribute in the domain: what cannot be said as it is, is noted among the unsaid. */
void virt_sub_attribute(struct virt_install *v, struct text *t, const char *key, const char *value);

/* The words, for execve(2): a new list. -ENOMEM. */
int virt_install_words(const struct virt_install *v, char ***ret);
/* For a shell: an option a line, every hostile word quoted; a new string, or NULL when memory runs out. */
char *virt_install_format(const struct virt_install *v);
