/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of verbs. */

#include "cli/cli.h"

#define PLAN_OPTIONS                                                                                                             \
	{ "--file", 'f', "SPEC", "read the wishes from SPEC (default: /etc/slipway/host.yaml, where it exists)", false },       \
	{ "--passthrough", 0, "SELECTOR", "set these devices aside for guests, from the next boot on", true },                  \
	{ "--kernel-arg", 0, "ARG", "have this kernel argument, owned by slipway", true },                                      \
	{ "--bind", 0, "auto|ids|address", "how devices are bound at boot: by vfio-pci.ids=, or by address and identity", false }, \
	{ "--allow", 0, "ADDRESS=REASON", "take a device although it is in use for this reason", true }

#define AS_OPTION { "--as", 0, "hostdev|disk|block", "how the guest has an NVMe drive: the controller, a disk of QEMU's own driver, or a disk of the host's", false }
#define AT_OPTION { "--at", 0, "SLOT", "the slot in the guest, bus and slot such as 07:00", false }

const struct option_spec global_options[] = {
	{ "--root", 0, "DIR", "take every path below DIR: a captured host, or an image being built", false },
	{ "--json", 0, NULL, "one JSON document on standard output", false },
	{ "--wait", 0, "SECONDS", "wait so long for another slipway to end, instead of giving up at once", false },
	{ "--no-color", 0, NULL, "no colour, on a terminal either", false },
	{ "--help", 'h', NULL, "this help; behind a verb, the verb's", false },
	{ "--version", 0, NULL, "the version", false },
	{},
};

const struct verb verbs[] = {
	{ "audit", "[--require ID]... [--device SELECTOR] [--policy FILE] [--html FILE] [--prometheus FILE]", "is this host passthrough-ready? Each layer in order, the first broken one named",
	  { { "--require", 0, "ID", "the check ID must pass, too", true },
	    { "--device", 0, "SELECTOR", "are these devices ready to be given away?", false },
	    { "--policy", 0, "FILE", "what must hold on this host: checks, and verdicts of devices", false },
	    { "--html", 0, "FILE", "write the report as one page for a browser, with a drawing of the machine", false },
	    { "--prometheus", 0, "FILE", "write metrics for node_exporter's textfile collector", false } }, 0, 0, verb_audit },
	{ "list", "[--wide] [SELECTOR]", "the devices: what each is, driver, group, who uses it, verdict",
	  { { "--wide", 'w', NULL, "every column, uncut, one line for each device", false } }, 0, 1, verb_list },
	{ "show", "SELECTOR", "everything about one device, with the evidence", {}, 1, 1, verb_show },
	{ "plan", "[-f SPEC] [--passthrough SELECTOR]... [--kernel-arg ARG]... [OPTION]...", "the changes that apply would make, as a diff",
	  { PLAN_OPTIONS }, 0, 0, verb_plan },
	{ "apply", "[-f SPEC] [--passthrough SELECTOR]... [--kernel-arg ARG]... [--yes] [--trial] [--reboot] [OPTION]...",
	  "make the changes, through the journal",
	  { PLAN_OPTIONS, { "--yes", 'y', NULL, "do not ask", false }, { "--reboot", 0, NULL, "reboot when a change needs it", false },
	    { "--trial", 0, NULL, "try it for one boot", false },
	    { "--health", 0, "COMMAND", "a program whose success says that a trial went well", false } },
	  0, 0, verb_apply },
	{ "verify", "[--reboot]", "do the changes hold, is the host ready? Ends a trial: commits it, or takes it back",
	  { { "--reboot", 0, NULL, "reboot where a trial was taken back, or a first boot needs it", false } }, 0, 0, verb_verify },
	{ "rollback", "[ID]", "undo the last apply, or the transaction named", {}, 0, 1, verb_rollback },
	{ "status", "", "the last transaction, a pending reboot, drift of owned files", {}, 0, 0, verb_status },
	{ "bind", "SELECTOR [--allow ADDRESS=REASON]...", "give the devices to vfio-pci now, until the next boot",
	  { { "--allow", 0, "ADDRESS=REASON", "take a device although it is in use for this reason", true } }, 1, 1, verb_bind },
	{ "release", "SELECTOR", "give the devices back to the host's drivers now", {}, 1, 1, verb_release },
	{ "profile", "list | show NAME [--explain] | define NAME --name GUEST [OPTION]...", "guest profiles, as libvirt XML",
	  {
		  { "--name", 0, "GUEST", "the guest's name", false },
		  { "--memory", 0, "SIZE", "memory in MiB, or with M, G or T behind it", false },
		  { "--max-memory", 0, "SIZE", "so much can be plugged into the running guest", false },
		  { "--vcpus", 0, "COUNT", "virtual CPUs, 1 to 255", false },
		  { "--max-vcpus", 0, "COUNT", "so many can be plugged into the running guest", false },
		  { "--hugepages", 0, "SIZE", "memory in pages of 2M or 1G (1M on s390x); auto: the largest that enough are free of; off", false },
		  { "--numa-node", 0, "NODE", "keep the guest on this NUMA node; auto: that of its devices; none", false },
		  { "--disk", 0, "PATH", "image file or block device with the guest's system, or POOL/VOLUME of libvirt", false },
		  { "--format", 0, "FORMAT", "raw, qcow2, or auto: look into the image", false },
		  { "--disk-io", 0, "WAY", "native, or io_uring", false },
		  { "--iothreads", 0, "COUNT", "threads for the disk beside QEMU's own, 0 to 16", false },
		  { "--bridge", 0, "NAME", "put the guest's network port on this bridge of the host; auto: the only one with a port of the host", false },
		  { "--macvtap", 0, "NAME", "or on this port of the host, by macvtap; guest and host do not reach each other there", false },
		  { "--network", 0, "NAME", "or into this libvirt network; 'none' for no port", false },
		  { "--queues", 0, "COUNT", "queues of the network port; auto: one for each virtual CPU, up to 16", false },
		  { "--type", 0, "TYPE", "kvm, or qemu: emulation, where KVM cannot be used", false },
		  { "--emulator", 0, "PATH", "the QEMU program", false },
		  { "--machine", 0, "NAME", "a version of the machine, such as pc-q35-7.2", false },
		  { "--secure-boot", 0, "on|off", "firmware that starts only what is signed", false },
		  { "--tpm", 0, "VERSION", "a TPM in software: 2.0, or none", false },
		  { "--secure-execution", 0, "on|off", "s390x: memory that the host cannot read", false },
		  { "--kvm-hidden", 0, "on|off", "do not tell the guest that it is one, for drivers that refuse to work there", false },
		  { "--graphics", 0, "KIND", "none, or vnc on this host's loopback address", false },
		  { "--spare-ports", 0, "COUNT", "free PCIe root ports for hotplug, 0 to 32", false },
		  { "--console-log", 0, "PATH", "file that gets what the serial console prints", false },
		  { "--autostart", 0, "on|off", "start the guest with the host", false },
		  { "--device", 0, "SELECTOR", "make the guest for these devices, on their node and with room for them; attach gives them", true },
		  { "--file", 'f', "FILE", "read options from FILE, in YAML; those of the command line go before", false },
		  { "--explain", 0, NULL, "say what was chosen for this host, and why", false },
		  { "--print", 0, NULL, "print the XML instead of defining the guest", false },
		  { "--connect", 0, "URI", "libvirt to talk to (default: qemu:///system)", false },
	  },
	  1, 2, verb_profile },
	{ "attach", "GUEST SELECTOR... [OPTION]...", "give devices to a guest, running and saved definition",
	  {
		  { "--allow", 0, "ADDRESS=REASON", "take a device although it is in use for this reason", true },
		  AS_OPTION,
		  AT_OPTION,
		  { "--apart", 0, NULL, "functions of one slot of the host each get a slot of their own in the guest", false },
		  { "--no-live", 0, NULL, "the saved definition only", false },
		  { "--no-saved", 0, NULL, "the running guest only", false },
		  { "--connect", 0, "URI", "libvirt to talk to (default: qemu:///system)", false },
	  },
	  2, 64, verb_attach },
	{ "detach", "GUEST SELECTOR... [OPTION]...", "take devices back from a guest, to the host's drivers",
	  {
		  { "--no-live", 0, NULL, "the saved definition only", false },
		  { "--no-saved", 0, NULL, "the running guest only", false },
		  { "--connect", 0, "URI", "libvirt to talk to (default: qemu:///system)", false },
	  },
	  2, 64, verb_detach },
	{ "move", "SELECTOR GUEST-A GUEST-B [OPTION]...", "devices go from one guest to another, or stay where they are",
	  {
		  { "--allow", 0, "ADDRESS=REASON", "take a device although it is in use for this reason", true },
		  AS_OPTION,
		  AT_OPTION,
		  { "--apart", 0, NULL, "functions of one slot of the host each get a slot of their own in the guest", false },
		  { "--connect", 0, "URI", "libvirt to talk to (default: qemu:///system)", false },
	  },
	  3, 3, verb_move },
	{ "vfs", "SELECTOR --count N [--mac VF=MAC]... [--vlan [VF=]ID]... [OPTION]... | --boot", "give a device virtual functions, now and at every boot",
	  {
		  { "--count", 0, "N", "how many virtual functions it is to have; 0: none", false },
		  { "--mac", 0, "VF=MAC", "the MAC address of a virtual function, which are numbered from 0", true },
		  { "--vlan", 0, "VF=ID", "the VLAN of a virtual function, or with ID alone of each of them", true },
		  { "--no-live", 0, NULL, "at the next boot only, before the network is set up", false },
		  { "--allow", 0, "ADDRESS=REASON", "go ahead although a device is in use for this reason", true },
		  { "--yes", 'y', NULL, "do not ask", false },
		  { "--boot", 0, NULL, "make those that are kept, as slipway-vfs.service does at each boot", false },
	  },
	  0, 1, verb_vfs },
	{ "check-spec", "FILE...", "what is wrong in a spec, all at once, with file, line and column", {}, 1, 4096, verb_check_spec },
	{ "init", "[--output FILE]", "a spec for this very host, with comments, to be edited",
	  { { "--output", 0, "FILE", "write it to FILE, which must not exist yet", false } }, 0, 0, verb_init },
	{ "capture", "DIR", "copy the files that detection reads into DIR, for a bug report", {}, 1, 1, verb_capture },
	{},
};
