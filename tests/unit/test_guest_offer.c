/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt offers, and what is refused because it does not. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/qemu_host.h"

/* In the form of libvirt 9.0's answer for q35. */
#define HEAD "<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain><machine>pc-q35-7.2</machine><arch>x86_64</arch>"
#define ENUM(name, values) "<enum name='" name "'>" values "</enum>"
#define VALUE(v) "<value>" v "</value>"
#define LOADER(secure) "<os supported='yes'><loader supported='yes'>" ENUM("type", VALUE("rom") VALUE("pflash")) ENUM("secure", secure) "</loader></os>"
#define CPU(passthrough) \
	"<cpu><mode name='host-passthrough' supported='" passthrough "'/><mode name='custom' supported='yes'><model usable='yes'>qemu64</model></mode></cpu>"
#define TPM(backend) "<tpm supported='yes'>" ENUM("model", VALUE("tpm-tis") VALUE("tpm-crb")) ENUM("backendModel", backend) ENUM("backendVersion", VALUE("2.0")) "</tpm>"
#define DEVICES(bus, tpm, rest) \
	"<devices><disk supported='yes'>" ENUM("bus", bus) "</disk><graphics supported='yes'>" ENUM("type", VALUE("spice")) "</graphics>" tpm rest "</devices>"
#define GOOD DEVICES(VALUE("virtio") VALUE("sata"), TPM(VALUE("passthrough") VALUE("emulator")), "")
#define TAIL "</domainCapabilities>"
#define ALL HEAD "<vcpu max='288'/><iothreads supported='yes'/>" LOADER(VALUE("yes") VALUE("no")) CPU("yes") GOOD TAIL

/* A guest of everything, built with this answer of libvirt's. */
static int build_offered(const char *profile, const char *option, const char *value, const char *capabilities, char **ret_xml, char **ret_said)
{
	_cleanup_(guest_offer_done) struct guest_offer offer = {};
	_cleanup_(choices_done) struct choices choices = {};
	struct guest_wish wish = { .profile = profile_find(profile), .offer = &offer };
	struct guest_options o;
	_cleanup_tree_ struct tree t;

	o = start(&t);
	tree_put(&t, LOW "/40-s.json", "%s", SECURE);
	qemu_host_read(&t);
	o = wish.profile->defaults;
	o.name = "guest";
	o.disk = "/dev/vg/guest";
	o.bridge = "br0";
	wish.options = &o;
	if (option && guest_option_set(&o, option, value) < 0)
		return -ENOENT;
	if (guest_offer_parse(capabilities, &offer) < 0)
		return -EBADMSG;
	return build_wish(&t, &wish, &choices, ret_xml, ret_said);
}

TEST(what_is_offered_is_taken_and_the_version_of_the_machine_named)
{
	static const char *const names[] = { "uefi", "uefi-secure", "ceph-osd", "gpu", "hotplug", "bios" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL;

		CHECK_ROW(names[i], build_offered(names[i], NULL, NULL, ALL, &xml, &said) == 0);
		CHECK_STR(said, "");
		CHECK_XML(xml, "/domain/os/type/@machine", "pc-q35-7.2");
	}
}

TEST(what_is_not_offered_is_refused_by_name)
{
	static const struct {
		const char *profile, *option, *value, *capabilities, *said;
	} rows[] = {
		{ "uefi", NULL, NULL, HEAD CPU("no") GOOD TAIL, "no host-passthrough CPUs here (domain capabilities, cpu/mode:host-passthrough): look at" },
		{ "uefi-secure", NULL, NULL, HEAD LOADER(VALUE("no")) GOOD TAIL, "no firmware with Secure Boot" },
		{ "uefi-secure", NULL, NULL, HEAD DEVICES(VALUE("virtio"), TPM(VALUE("passthrough")), "") TAIL, "install the packages swtpm and swtpm-tools" },
		{ "uefi", "tpm", "2.0", HEAD DEVICES(VALUE("virtio"), "<tpm supported='no'/>", "") TAIL, "no TPM (tpm-crb)" },
		{ "uefi", NULL, NULL, HEAD DEVICES(VALUE("sata"), "", "") TAIL, "no virtio disks" },
		{ "uefi", "graphics", "vnc", HEAD GOOD TAIL, "no VNC here (domain capabilities, devices/graphics/type): use --graphics none" },
		{ "ceph-osd", NULL, NULL, HEAD "<iothreads supported='no'/>" GOOD TAIL, "no IO threads" },
		{ "uefi", "max-vcpus", "200", HEAD "<vcpu max='128'/>" GOOD TAIL, "at most 128 virtual CPUs (domain capabilities, vcpu), and 200 are wanted" },
		{ "uefi", NULL, NULL, HEAD DEVICES(VALUE("virtio"), "", "<rng supported='yes'>" ENUM("backendModel", VALUE("egd")) "</rng>") TAIL, "no virtio-rng" },
		{ "uefi", "type", "qemu", HEAD "<cpu><mode name='custom' supported='yes'><model usable='no'>qemu64</model></mode></cpu>" TAIL, "no CPU model qemu64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL;

		CHECK_ROW(rows[i].said, build_offered(rows[i].profile, rows[i].option, rows[i].value, rows[i].capabilities, &xml, &said) == -EOPNOTSUPP);
		CHECK(!xml);
		CHECK_HAS(said, rows[i].said);
	}
}

TEST(what_the_answer_does_not_speak_of_is_unknown_and_no_refusal)
{
	_cleanup_free_ char *xml = NULL, *said = NULL;

	CHECK(build_offered("uefi-secure", NULL, NULL, HEAD TAIL, &xml, &said) == 0);
	CHECK_STR(said, "");
}

TEST(an_answer_that_is_none_is_said_to_be_none)
{
	static const char *const bad[] = { "", "<", "<domain/>", "<domainCapabilities>" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct guest_offer offer = {};

		CHECK_ROW(bad[i], guest_offer_parse(bad[i], &offer) == -EINVAL && !offer.doc);
	}
}

TEST(what_a_machine_cannot_be_is_refused_whatever_the_host)
{
	static const struct {
		const char *profile, *option, *value, *said;
	} rows[] = {
		{ "bios", "secure-boot", "on", "secure-boot needs UEFI firmware" },
		{ "s390x", "secure-boot", "on", "secure-boot needs UEFI firmware" },
		{ "s390x", "tpm", "2.0", "tpm 2.0 is for x86-64 guests" },
		{ "s390x", "graphics", "vnc", "graphics are for x86-64 guests" },
		{ "s390x", "kvm-hidden", "on", "kvm-hidden is for x86-64 guests" },
		{ "s390x", "usb", "on", "usb is for x86-64 guests" },
		{ "s390x", "max-memory", "64G", "max-memory is for x86-64 guests" },
		{ "uefi", "secure-execution", "on", "secure-execution is for s390x guests" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL;

		CHECK_ROW(rows[i].said, build_offered(rows[i].profile, rows[i].option, rows[i].value, ALL, &xml, &said) == -EOPNOTSUPP);
		CHECK_HAS(said, rows[i].said);
	}
}

TEST_MAIN()
