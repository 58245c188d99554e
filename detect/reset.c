/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reset: how a function is brought back to its state at power-on between two guests. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/attribute.h"
#include "detect/reset.h"

/*
 * reset_method and reset exist only where a method works, and kernels before 5.15 have the second alone. So the absence
 * of both is a fact, if the folder is a whole one: every function has "remove", while a sparse capture of it may not.
 */
int reset_read(int fd, struct device *d)
{
	_cleanup_free_ char *line = attribute_text(fd, "reset_method");

	if (line) {
		d->reset_methods_known = true;
		d->resets = *line ? TRUTH_YES : TRUTH_NO;
		return strv_split(line, " ", &d->reset_methods);
	}
	if (fs_exists(fd, "reset")) {
		d->resets = TRUTH_YES;
	} else if (fs_exists(fd, "remove")) {
		d->reset_methods_known = true;
		d->resets = TRUTH_NO;
	}
	return 0;
}
