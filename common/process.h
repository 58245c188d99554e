/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a program: an argument vector, never a shell. */
#pragma once

#include <stddef.h>

/*
 * Runs argv[0] (looked up in $PATH) with standard input empty, waits, and returns its exit status (128 + N after signal
 * N), or a negative errno when it could not be started. With ret_output not NULL, standard output and error are
 * gathered there (at most the last 4 MiB are kept), and it has a session of its own: a Ctrl-C, or the loss of the terminal,
 * is the caller's to answer, and does not end the program half-way. Else both go to our standard error.
 */
int process_run(char *const *argv, char **ret_output);
/*
 * The same for a program that leaves others running (ifup, and its dhclient): they inherit no descriptor of ours, such as the
 * lock's, and their output is not waited for. The first 4 MiB are kept.
 */
int process_run_apart(char *const *argv, char **ret_output);
/* As process_run(); of what is gathered each line is told as it comes, for programs that take minutes. */
int process_run_told(char *const *argv, void (*tell)(const char *line), char **ret_output);
/* How a person would type it: words joined by blanks, quoted where a shell would see anything in them. */
char *process_format(char *const *argv);
