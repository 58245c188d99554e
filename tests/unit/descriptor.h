/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's firmware descriptors (docs/interop/firmware.json). */
#pragma once

#define FILES "usr/share/OVMF"

/* A descriptor in the form of Debian's ovmf package. */
#define DESCRIPTOR(interface, device, mode, code, format, architecture, machine, features)                       \
	"{ \"interface-types\": [\"" interface "\"],"                                                            \
	"  \"mapping\": { \"device\": \"" device "\"," mode                                                      \
	"    \"executable\": { \"filename\": \"" code "\", \"format\": \"" format "\" },"                        \
	"    \"nvram-template\": { \"filename\": \"/" FILES "/vars.fd\", \"format\": \"raw\" } },"               \
	"  \"targets\": [ { \"architecture\": \"" architecture "\", \"machines\": [\"" machine "\"] } ],"        \
	"  \"features\": [" features "], \"tags\": [] }"
#define WITH_FEATURES(features) DESCRIPTOR("uefi", "flash", "", "/" FILES "/code.fd", "raw", "x86_64", "pc-q35-*", features)
#define PLAIN WITH_FEATURES("\"acpi-s3\"")
#define SECURE WITH_FEATURES("\"enrolled-keys\", \"requires-smm\", \"secure-boot\"")
