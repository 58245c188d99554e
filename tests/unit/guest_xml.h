/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains in XML, for the tests of guests. */
#pragma once

#define DRIVE "0000:05:00.0"

#define GUEST_XML(type, name, devices)                                                                              \
	"<domain type='" type "'><name>" name "</name><memory unit='MiB'>64</memory><os><type>hvm</type></os>"       \
	"<devices>" devices "</devices></domain>"
#define SOURCE(bus) "<source><address domain='0x0000' bus='" bus "' slot='0x00' function='0x0'/></source>"
#define HOSTDEV(bus) "<hostdev mode='subsystem' type='pci' managed='yes'>" SOURCE(bus) "</hostdev>"
