/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host devices in domain XML. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/process.h"
#include "common/text.h"
#include "passthrough/hostdev.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_xml.h"

TEST(a_host_device_comes_back_from_its_xml)
{
	static const char *const addresses[] = { "0000:05:00.0", "0000:ff:1f.7", "10000:01:00.0", "ffffffff:00:00.1" };

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		for (int managed = 0; managed < 2; managed++) {
			_cleanup_(hostdevs_done) struct hostdevs h = {};
			_cleanup_free_ char *xml = NULL, *domain = NULL, *again = NULL;

			CHECK(hostdev_format(addresses[i], managed, &xml) == 0);
			domain = text_format("<domain><devices>%s</devices></domain>", xml);
			CHECK(hostdevs_parse(domain, &h) == 0);
			CHECK(h.n == 1);
			CHECK_STR(h.list[0].address, addresses[i]);
			CHECK(h.list[0].managed == managed && h.list[0].kind == HOSTDEV_PLAIN);
			CHECK(hostdev_extract(domain, addresses[i], &again) == 0);
			CHECK_STR(again, xml);
		}
}

TEST(a_host_device_needs_an_address)
{
	static const char *const bad[] = { "", "05:00", "0000:05:20.0", "0000:05:00.8", "0000:05:00.0'/>", "nvme0" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *xml = NULL;

		CHECK(hostdev_format(bad[i], true, &xml) == -EINVAL);
		CHECK(!xml);
	}
}

TEST(the_host_device_validates_inside_a_domain)
{
	_cleanup_free_ char *device = NULL, *xml = NULL, *output = NULL;
	char name[] = "/tmp/slipway-xml-XXXXXX";
	char *argv[] = { "virt-xml-validate", name, "domain", NULL };
	int fd = mkstemp(name), r;

	CHECK(hostdev_format(DRIVE, false, &device) == 0);
	xml = text_format(GUEST_XML("kvm", "guest", "%s"), device);
	CHECK(write(fd, xml, strlen(xml)) == (ssize_t)strlen(xml));
	close(fd);
	r = process_run(argv, &output);
	unlink(name);
	CHECK(r == 0);
}

TEST(every_way_to_have_a_pci_function_is_seen)
{
	static const char xml[] =
		"<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><devices>"
		HOSTDEV("0x05")
		"<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>"
		"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
		"<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>"
		"<interface type='hostdev' managed='no'><mac address='52:54:00:6d:90:02'/>"
		"<source><address type='pci' domain='0' bus='6' slot='7' function='1'/></source>"
		"<address type='pci' domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></interface>"
		"<interface type='hostdev'><source><address type='usb' bus='3' device='4'/></source></interface>"
		"<interface type='network'><source network='default'/><address type='pci' bus='0x01'/></interface>"
		"<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'>"
		"<address domain='0x0001' bus='0x0a' slot='0x00' function='0x0'/></source><target dev='vdb'/></disk>"
		"<disk type='file'><source file='/a'/><address type='pci' bus='0x02'/></disk>"
		"</devices></domain>";
	_cleanup_(hostdevs_done) struct hostdevs h = {};

	CHECK(hostdevs_parse(xml, &h) == 0);
	CHECK(h.n == 3);
	CHECK_STR(h.list[0].address, DRIVE);
	CHECK_STR(h.list[1].address, "0000:06:07.1");
	CHECK(h.list[1].kind == HOSTDEV_INTERFACE && !h.list[1].managed);
	CHECK_STR(h.list[2].address, "0001:0a:00.0");
	CHECK(h.list[2].kind == HOSTDEV_DISK && h.list[2].managed);
	CHECK(hostdevs_find(&h, "05:00.0") == &h.list[0]);
	CHECK(!hostdevs_find(&h, "0000:09:00.0") && !hostdevs_find(&h, "0000:02:00.0") && !hostdevs_find(&h, "nonsense"));
}

TEST(what_is_no_domain_is_an_error_and_loads_nothing)
{
	static const char *const bad[] = {
		"", "<domain", "<network/>", "text",
		"<domain><devices>" HOSTDEV("0x100") "</devices></domain>", "<domain><devices>" HOSTDEV("five") "</devices></domain>",
		"<domain><devices>" HOSTDEV("-1") "</devices></domain>",
		"<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><devices>&e;</devices>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct hostdevs h = {};

		CHECK(hostdevs_parse(bad[i], &h) == -EINVAL);
		CHECK(!h.n && !h.list);
	}
}

TEST(the_extracted_element_keeps_all_it_had)
{
	static const char device[] =
		"<hostdev mode='subsystem' type='pci' managed='no'>" SOURCE("0x05") "<boot order='2'/><rom bar='off'/>"
		"<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/></hostdev>";
	_cleanup_free_ char *domain = text_format("<domain><devices>%s%s</devices></domain>", HOSTDEV("0x04"), device), *got = NULL;

	CHECK(hostdev_extract(domain, DRIVE, &got) == 0);
	CHECK(strstr(got, "managed=\"no\"") && strstr(got, "<boot order=\"2\"/>") && strstr(got, "<rom bar=\"off\"/>"));
	CHECK(strstr(got, "bus=\"0x07\"") && !strstr(got, "0x04"));
	CHECK(hostdev_extract(domain, "0000:07:00.0", &got) == -ENOENT);
}

TEST_MAIN()
