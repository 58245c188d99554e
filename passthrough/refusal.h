/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusals: why a device is not taken from the host. The decision of every verb that takes one stands here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "passthrough/closure.h"
#include "passthrough/uses.h"

struct refusal {
	char *address;     /* of the PCI function, or a USB port */
	const char *rule;  /* static: "in-use", "closure", "bridge", "reserved-region", "controller", "iommu", "identity", "override", "sr-iov",
			    * and of guests "guest-slot", "multifunction", "no-disk"; of USB "hub", "usb-ids" */
	const char *kind;  /* static: the kind of use, for in-use; else "" */
	char *text;        /* with the chain of evidence and the way out */
};

struct refusals {
	struct refusal *list;
	size_t n;
};

/* "--allow 0000:05:00.0=data": one reason of one device that the user takes on himself. */
struct allowance {
	char *address;
	const char *kind; /* static: use_kind_name() */
};

struct allowances {
	struct allowance *list;
	size_t n;
};

/*
 * What the devices are wanted for: setting up the next boot does not need an IOMMU that is on now. Nor does a drive that the host's driver keeps,
 * and whose blocks alone are given away: nothing moves with it either.
 */
enum request_when { REQUEST_NOW, REQUEST_NEXT_BOOT, REQUEST_BLOCK };

/* ADDRESS=KIND; -EINVAL after the error has been said. */
int allowances_add(struct allowances *a, const char *text);
void allowances_done(struct allowances *a);
/* Has the user taken this reason of the device on himself? */
bool allowances_has(const struct host *host, const struct allowances *allowed, const struct device *d, const char *kind);
/* One that fits no device is -EINVAL, after it was said; one that has no say is a refusal. */
int allowances_check(const struct host *host, const struct uses *uses, const struct allowances *allowed, struct refusals *refusals);

void refusals_done(struct refusals *r);
int refusals_add(struct refusals *r, const char *address, const char *rule, const char *kind, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Moves all of `more` to the end. -ENOMEM. */
int refusals_join(struct refusals *r, struct refusals *more);
/* Each use of the device that is not allowed becomes a refusal, with its evidence. -ENOMEM. */
int refuse_uses(const struct host *host, const struct uses *uses, const struct device *d, const struct allowances *allowed,
		enum request_when when, struct refusals *refusals);

/*
 * Everything that speaks against taking these devices; an empty list means that they can be taken. -ENOMEM, or -EINVAL
 * for an allowance that names no device of the host.
 */
int request_check(const struct host *host, const struct uses *uses, struct device *const *requested, size_t n,
		  const struct allowances *allowed, enum request_when when, struct refusals *ret);
