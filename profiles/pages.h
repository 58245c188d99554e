/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory pages: which of the host's huge pages a guest is made of (Documentation/admin-guide/mm/hugetlbpage.rst). */
#pragma once

#include "detect/host.h"
#include "profiles/choice.h"
#include "profiles/options.h"

struct pages_wish {
	enum hugepages pages;    /* as asked for */
	int node;                /* -1: any */
	unsigned memory;         /* MiB */
	bool is_s390x, is_kvm;
};

/*
 * The page size, or HUGEPAGES_OFF: with HUGEPAGES_AUTO the largest of which enough are free. -EOPNOTSUPP where a size was asked for that cannot be had,
 * after saying what is missing and how to get it.
 */
int pages_decide(const struct host *host, const struct pages_wish *wish, struct choices *choices, enum hugepages *ret);
