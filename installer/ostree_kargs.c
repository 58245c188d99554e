/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rpm-ostree says that the next deployment's kernel arguments are. */

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "installer/kernel_arguments.h"
#include "installer/ostree_kargs.h"

int ostree_has_arguments(int root_fd, char *const *arguments)
{
	static char *const show[] = { (char *)"rpm-ostree", (char *)"kargs", NULL };
	_cleanup_free_ char *said = NULL;
	const char *missing = NULL;
	int r;

	(void)root_fd;
	if (!arguments || !*arguments)
		return 1;
	r = process_run(show, &said);
	if (r != 0)
		return log_error("the next deployment's arguments cannot be told: rpm-ostree kargs failed%s%s", said ? ": " : "", said ? said : ""), 0;
	if (kernel_arguments_has(said, arguments, &missing))
		return 1;
	log_error("the next deployment lacks %s, as rpm-ostree kargs tells", missing ? missing : arguments[0]);
	return 0;
}
