/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of strings, NULL behind the last one; the empty list is NULL. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

void strv_free(char **v);
void strv_freep(char ***v);
size_t strv_length(char *const *v);
bool strv_contains(char *const *v, const char *s);
int strv_add(char ***v, const char *s);      /* copies s: 0 or -ENOMEM */
int strv_add_new(char ***v, const char *s);  /* the same, unless it is there */
int strv_consume(char ***v, char *s);        /* owns s, also on failure; NULL is -ENOMEM */
int strv_copy(char *const *v, char ***ret);
char *strv_join(char *const *v, const char *separator);
/* Splits at any character of `separators`; empty fields are dropped. */
int strv_split(const char *s, const char *separators, char ***ret);
void strv_sort(char **v);
bool strv_eq(char *const *a, char *const *b);
