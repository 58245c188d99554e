/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest profiles: which firmware is chosen, and what domain comes out. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/process.h"
#include "common/text.h"
#include "profiles/profile.h"
#include "tests/unit/check.h"

#define FILES "usr/share/OVMF"
#define HIGH "etc/qemu/firmware"
#define LOW "usr/share/qemu/firmware"

/* A host with QEMU, the two images of a plain OVMF, and no descriptor. */
struct tree {
	char folder[32];
	int fd;
	struct host host;
};

static int remove_one(const char *path, const struct stat *unused_st, int unused_type, struct FTW *unused_ftw)
{
	(void)unused_st;
	(void)unused_type;
	(void)unused_ftw;
	return remove(path);
}

static void tree_done(struct tree *t)
{
	software_done(&t->host.software);
	closep(&t->fd);
	nftw(t->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(struct tree *t, const char *path, const char *text, size_t size)
{
	_cleanup_free_ char *folder = strndup(path, (size_t)(str_base(path) - path));

	if (fs_mkdir_all(t->fd, folder) < 0 || fs_write(t->fd, path, text, size, 0755, true) < 0)
		abort();
}

static void tree_new(struct tree *ret)
{
	*ret = (struct tree){ .folder = "/tmp/slipway-test-XXXXXX" };
	if (!mkdtemp(ret->folder))
		abort();
	ret->fd = root_open(ret->folder);
	ret->host.root_fd = ret->fd;
	put(ret, "usr/bin/qemu-system-x86_64", "", 0);
	put(ret, FILES "/code.fd", "c", 1);
	put(ret, FILES "/vars.fd", "v", 1);
}

#define _cleanup_tree_ _cleanup_(tree_done)

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

static void put_text(struct tree *t, const char *path, const char *text)
{
	put(t, path, text, strlen(text));
}

static int choose(struct tree *t, struct guest_firmware *ret, char **ret_said)
{
	int r;

	software_done(&t->host.software);
	if (software_read(t->fd, "x86_64", &t->host.software) < 0)
		abort();
	stderr_catch();
	r = guest_firmware_choose(&t->host, profile_find("uefi")->firmware, ret);
	*ret_said = stderr_caught();
	return r;
}

TEST(plain_firmware_is_preferred_to_secure_boot_of_an_earlier_name)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {};
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	tree_new(&t);
	put_text(&t, LOW "/40-a.json", WITH_FEATURES("\"enrolled-keys\", \"requires-smm\", \"secure-boot\""));
	put_text(&t, LOW "/50-b.json", WITH_FEATURES("\"secure-boot\""));
	put_text(&t, LOW "/60-c.json", PLAIN);
	CHECK(choose(&t, &f, &said) == 0);
	CHECK_STR(f.descriptor, "/" LOW "/60-c.json");
	CHECK_STR(f.code, "/" FILES "/code.fd");
	CHECK_STR(f.code_format, "raw");
	CHECK_STR(f.nvram, "/" FILES "/vars.fd");
	CHECK_STR(f.nvram_format, "raw");
	CHECK_STR(said, "");
}

TEST(a_descriptor_in_etc_hides_the_one_of_the_same_name)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {};
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	tree_new(&t);
	put_text(&t, LOW "/60-c.json", PLAIN);
	put_text(&t, HIGH "/60-c.json", PLAIN);
	CHECK(choose(&t, &f, &said) == 0);
	CHECK_STR(f.descriptor, "/" HIGH "/60-c.json");
}

TEST(descriptors_are_ordered_by_file_name_whatever_the_folder)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {};
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	tree_new(&t);
	put_text(&t, HIGH "/70-mine.json", PLAIN);
	put_text(&t, LOW "/60-c.json", PLAIN);
	CHECK(choose(&t, &f, &said) == 0);
	CHECK_STR(f.descriptor, "/" LOW "/60-c.json");
}

TEST(an_empty_file_in_etc_hides_a_descriptor)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {};
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	tree_new(&t);
	put_text(&t, LOW "/60-c.json", PLAIN);
	put_text(&t, LOW "/70-d.json", PLAIN);
	put_text(&t, HIGH "/60-c.json", "");
	CHECK(choose(&t, &f, &said) == 0);
	CHECK_STR(f.descriptor, "/" LOW "/70-d.json");
	CHECK_STR(said, "");
}

TEST(a_link_to_dev_null_in_etc_hides_a_descriptor)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {};
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	tree_new(&t);
	put_text(&t, LOW "/60-c.json", PLAIN);
	put_text(&t, LOW "/70-d.json", PLAIN);
	CHECK(fs_mkdir_all(t.fd, HIGH) == 0 && symlinkat("/dev/null", t.fd, HIGH "/60-c.json") == 0);
	CHECK(choose(&t, &f, &said) == 0);
	CHECK_STR(f.descriptor, "/" LOW "/70-d.json");
	CHECK_STR(said, "");
}

TEST(a_malformed_descriptor_is_named_with_its_reason_and_passed_over)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "{ \"interface-types\": [\"uefi\"", "it is no JSON document" },
		{ "\xff\xfe", "it is no JSON document" },
		{ "[]", "it is no JSON object" },
		{ "null", "it is no JSON " },
		{ "{}", "'interface-types' is no list of strings" },
		{ "{ \"interface-types\": [1], \"features\": [] }", "'interface-types' is no list of strings" },
		{ "{ \"interface-types\": [\"uefi\"] }", "'features' is no list of strings" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [null] }", "'features' is no list of strings" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [\"x86_64\"] }", "'targets' is no list of objects" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [{}] }", "a target has no 'architecture'" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [] }", "'mapping' is no object" },
		{ "{ \"interface-types\": [\"uefi\"], \"features\": [], \"targets\": [], \"mapping\": { \"device\": \"flash\" } }",
		  "no absolute 'filename'" },
		{ DESCRIPTOR("uefi", "flash", "", "OVMF/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no absolute 'filename'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(guest_firmware_done) struct guest_firmware f = {};
		_cleanup_tree_ struct tree t;
		_cleanup_free_ char *said = NULL;

		tree_new(&t);
		put_text(&t, LOW "/10-bad.json", cases[i].text);
		put_text(&t, LOW "/60-c.json", PLAIN);
		CHECK(choose(&t, &f, &said) == 0);
		CHECK_STR(f.descriptor, "/" LOW "/60-c.json");
		CHECK(strstr(said, "/" LOW "/10-bad.json: "));
		if (!strstr(said, cases[i].reason))
			CHECK_STR(said, cases[i].reason);
	}
}

TEST(firmware_that_does_not_fit_is_passed_over)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ DESCRIPTOR("bios", "flash", "", "/" FILES "/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no UEFI" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/code.fd", "raw", "aarch64", "pc-q35-*", ""), "not for x86_64" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/code.fd", "raw", "x86_64", "pc-i440fx-*", ""), "not for x86_64" },
		{ DESCRIPTOR("uefi", "memory", "", "/" FILES "/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no pair of flash" },
		{ DESCRIPTOR("uefi", "flash", "\"mode\": \"stateless\",", "/" FILES "/code.fd", "raw", "x86_64", "pc-q35-*", ""), "no pair" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/code.fd", "qcow2", "x86_64", "pc-q35-*", ""), "not raw" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES "/gone.fd", "raw", "x86_64", "pc-q35-*", ""), "/gone.fd is missing" },
		{ DESCRIPTOR("uefi", "flash", "", "/" FILES, "raw", "x86_64", "pc-q35-*", ""), "/" FILES " is missing" },
		{ WITH_FEATURES("\"requires-smm\""), "has requires-smm" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(guest_firmware_done) struct guest_firmware f = {};
		_cleanup_tree_ struct tree t;
		_cleanup_free_ char *said = NULL, *alone = NULL;

		tree_new(&t);
		put_text(&t, LOW "/10-odd.json", cases[i].text);
		CHECK(choose(&t, &f, &alone) == -ENOENT);
		if (!strstr(alone, cases[i].reason))
			CHECK_STR(alone, cases[i].reason);
		put_text(&t, LOW "/60-c.json", PLAIN);
		CHECK(choose(&t, &f, &said) == 0);
		CHECK_STR(f.descriptor, "/" LOW "/60-c.json");
		CHECK_STR(said, "");
	}
}

TEST(a_host_without_firmware_is_told_what_to_install)
{
	_cleanup_(guest_firmware_done) struct guest_firmware f = {};
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	tree_new(&t);
	CHECK(choose(&t, &f, &said) == -ENOENT);
	CHECK(!f.code);
	CHECK_STR(said, "error: no UEFI firmware for x86_64 guests (pc-q35-*) in /etc/qemu/firmware or /usr/share/qemu/firmware: "
			"install the package ovmf\n");
}

/* The text at an XPath expression. */
static char *look(const char *xml, const char *expression)
{
	xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
	xmlXPathContext *context = doc ? xmlXPathNewContext(doc) : NULL;
	xmlXPathObject *object = context ? xmlXPathEvalExpression((const xmlChar *)expression, context) : NULL;
	xmlChar *text = object ? xmlXPathCastToString(object) : NULL;
	char *copy = text ? strdup((char *)text) : NULL;

	xmlFree(text);
	xmlXPathFreeObject(object);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
	return copy;
}

#define CHECK_XML(xml, expression, wanted)                                 \
	do {                                                               \
		_cleanup_free_ char *found_ = look(xml, expression);       \
		CHECK_STR(found_, wanted);                                 \
	} while (0)

/* A host with everything, and options with a name. */
static struct guest_options start(struct tree *t)
{
	struct guest_options o = profile_find("uefi")->defaults;

	tree_new(t);
	put_text(t, LOW "/60-c.json", PLAIN);
	if (software_read(t->fd, "x86_64", &t->host.software) < 0)
		abort();
	o.name = "guest";
	return o;
}

static int build(struct tree *t, const struct guest_options *o, char **ret_xml, char **ret_said)
{
	int r;

	stderr_catch();
	r = profile_build(&t->host, profile_find("uefi"), o, ret_xml);
	*ret_said = stderr_caught();
	return r;
}

/* Does libvirt's schema take it? */
static bool is_valid(const char *xml)
{
	_cleanup_free_ char *output = NULL;
	char name[] = "/tmp/slipway-xml-XXXXXX";
	char *argv[] = { "virt-xml-validate", name, "domain", NULL };
	int fd = mkstemp(name), r;
	bool written = write(fd, xml, strlen(xml)) == (ssize_t)strlen(xml);

	close(fd);
	r = process_run(argv, &output);
	if (r != 0)
		printf("# virt-xml-validate: %d %s\n", r, output ? output : "");
	unlink(name);
	return written && r == 0;
}

TEST(the_default_guest_validates_and_names_its_firmware)
{
	_cleanup_free_ char *xml = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK_STR(said, "");
	CHECK(is_valid(xml));
	CHECK_XML(xml, "/domain/@type", "kvm");
	CHECK_XML(xml, "/domain/cpu/@mode", "host-passthrough");
	CHECK_XML(xml, "/domain/cpu/@check", "none");
	CHECK_XML(xml, "/domain/cpu/@migratable", "on");
	CHECK_XML(xml, "/domain/os/loader", "/" FILES "/code.fd");
	CHECK_XML(xml, "/domain/os/loader/@secure", "no");
	CHECK_XML(xml, "/domain/os/nvram/@template", "/" FILES "/vars.fd");
	CHECK_XML(xml, "/domain/os/type/@machine", "q35");
	CHECK_XML(xml, "//*[local-name()='guest']/@firmware", "/" LOW "/60-c.json");
	CHECK_XML(xml, "//emulator", "/usr/bin/qemu-system-x86_64");
	CHECK_XML(xml, "//interface/source/@network", "default");
	CHECK_XML(xml, "count(//disk)", "0");
	CHECK_XML(xml, "count(//serial/log)", "0");
	CHECK_XML(xml, "count(//graphics | //video)", "0");
	CHECK_XML(xml, "/domain/on_crash", "destroy");
}

TEST(an_emulated_guest_validates_and_has_a_cpu_that_needs_no_kvm)
{
	_cleanup_free_ char *xml = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.type = GUEST_QEMU;
	o.network = NULL;
	o.disk = "/var/lib/libvirt/images/guest.raw";
	o.format = DISK_RAW;
	o.console_log = "/var/log/guest.log";
	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK(is_valid(xml));
	CHECK_XML(xml, "/domain/@type", "qemu");
	CHECK_XML(xml, "/domain/cpu/@mode", "custom");
	CHECK_XML(xml, "/domain/cpu/model", "qemu64");
	CHECK_XML(xml, "count(/domain/cpu/@migratable)", "0");
	CHECK_XML(xml, "//disk/source/@file", "/var/lib/libvirt/images/guest.raw");
	CHECK_XML(xml, "//disk/driver/@type", "raw");
	CHECK_XML(xml, "//disk/driver/@cache", "none");
	CHECK_XML(xml, "//disk/driver/@discard", "unmap");
	CHECK_XML(xml, "//serial/log/@file", "/var/log/guest.log");
	CHECK_XML(xml, "count(//interface)", "0");
}

TEST(a_bridge_takes_the_place_of_the_network)
{
	_cleanup_free_ char *xml = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.bridge = "br0";
	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK(is_valid(xml));
	CHECK_XML(xml, "//interface/@type", "bridge");
	CHECK_XML(xml, "//interface/source/@bridge", "br0");
	CHECK_XML(xml, "count(//interface/source/@network)", "0");
}

TEST(there_is_a_root_port_for_each_device_and_the_spare_ones)
{
	_cleanup_free_ char *xml = NULL, *none = NULL, *said = NULL, *said_none = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.disk = "/dev/vg/guest";
	CHECK(build(&t, &o, &xml, &said) == 0);
	CHECK(is_valid(xml));
	/* Disk, network, guest agent, random numbers; and four. */
	CHECK_XML(xml, "count(//controller[@model='pcie-root-port'])", "8");
	CHECK_XML(xml, "//controller[@model='pcie-root-port'][8]/@index", "8");
	CHECK_XML(xml, "//disk/@type", "block");
	CHECK_XML(xml, "//disk/source/@dev", "/dev/vg/guest");
	o.disk = NULL;
	o.network = NULL;
	o.spare_ports = 0;
	CHECK(build(&t, &o, &none, &said_none) == 0);
	CHECK(is_valid(none));
	CHECK_XML(none, "count(//controller[@model='pcie-root-port'])", "2");
}

TEST(two_builds_give_the_same_bytes)
{
	_cleanup_free_ char *one = NULL, *two = NULL, *said_one = NULL, *said_two = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	CHECK(build(&t, &o, &one, &said_one) == 0);
	CHECK(build(&t, &o, &two, &said_two) == 0);
	CHECK_STR(one, two);
	CHECK(str_ends(one, "</domain>\n"));
}

TEST(hostile_names_come_back_as_they_were)
{
	static const char *const names[] = {
		"<domain type='kvm'>", "a&b", "&amp;", "&#10;", "quote\"s'", "]]>", "<!-- -->", "$(reboot)", "-rf", "%s%n", "..a", "näme 日本",
		"</name><devices/><name>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL, *path = text_format("/%s", names[i]);
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);

		o.name = strchr(names[i], '/') ? "guest" : names[i];
		o.disk = path;
		o.format = DISK_RAW;
		o.console_log = path;
		CHECK(build(&t, &o, &xml, &said) == 0);
		CHECK(is_valid(xml));
		CHECK_XML(xml, "/domain/name", o.name);
		CHECK_XML(xml, "//disk/source/@file", path);
		CHECK_XML(xml, "//serial/log/@file", path);
		CHECK_XML(xml, "count(/domain/devices)", "1");
	}
}

TEST(a_name_that_libvirt_does_not_take_is_refused_with_the_reason)
{
	char longest[202];
	const struct {
		const char *name, *reason;
	} cases[] = {
		{ NULL, "it is empty" }, { "", "it is empty" }, { "a/b", "holds a '/'" }, { "a\nb", "control character" },
		{ " a", "begins or ends with a blank" }, { "a\t", "begins or ends with a blank" }, { "  ", "begins or ends" },
		{ "a\x1b[31m", "no UTF-8 or no text" }, { "a\xff", "no UTF-8 or no text" }, { "\xed\xa0\x80", "no UTF-8 or no text" },
		{ "\xf0\x8f\x98\x80", "no UTF-8 or no text" }, /* U+F600, a byte longer than need be */
		{ ".", "names a folder" }, { "..", "names a folder" }, { "a\x7f" "b", "control character" }, { longest, "longer than 200" },
	};

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);

		o.name = cases[i].name;
		CHECK(build(&t, &o, &xml, &said) == -EINVAL);
		CHECK(!xml);
		if (!strstr(said, cases[i].reason))
			CHECK_STR(said, cases[i].reason);
	}
}

TEST(options_out_of_bounds_are_refused_and_those_at_the_bounds_are_not)
{
	static const struct {
		const char *name, *value, *reason; /* no reason: taken */
	} cases[] = {
		{ "memory", "127", "between 128 and 16777216" }, { "memory", "128", NULL }, { "memory", "16T", NULL },
		{ "memory", "0", "between 128" }, { "vcpus", "0", "between 1 and 255" }, { "vcpus", "1", NULL },
		{ "vcpus", "255", NULL }, { "vcpus", "256", "between 1 and 255" }, { "spare-ports", "0", NULL },
		{ "spare-ports", "32", NULL }, { "spare-ports", "33", "between 0 and 32" },
		{ "disk", "guest.raw", "no absolute path" }, { "disk", "", "no absolute path" }, { "disk", "/a\xff", "no UTF-8" },
		{ "emulator", "qemu", "no absolute path" }, { "console-log", "a.log", "no absolute path" },
		{ "bridge", "", "no name of a network interface" }, { "bridge", "a b", "no name of a network interface" },
		{ "bridge", "sixteen-letters-", "no name of a network interface" }, { "bridge", "fifteen-letters", NULL },
		{ "network", "", "no name of a libvirt network" }, { "network", "a/b", "no name of a libvirt network" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *said = NULL;
		struct guest_options o = profile_find("uefi")->defaults;
		int r;

		o.name = "guest";
		CHECK(guest_option_set(&o, cases[i].name, cases[i].value) == 0);
		stderr_catch();
		r = guest_options_check(&o);
		said = stderr_caught();
		CHECK(r == (cases[i].reason ? -EINVAL : 0));
		if (cases[i].reason ? !strstr(said, cases[i].reason) : *said)
			CHECK_STR(said, cases[i].reason);
	}
}

TEST(memory_is_taken_in_mib_or_with_a_unit)
{
	static const struct {
		const char *text;
		unsigned mib; /* 0: no such value */
	} cases[] = {
		{ "2048", 2048 }, { "512M", 512 }, { "8G", 8192 }, { "8g", 8192 }, { "1T", 1048576 }, { "16T", 16777216 },
		{ "17T", 0 }, { "4194304T", 0 }, { "", 0 }, { "G", 0 }, { "1.5G", 0 }, { "-1", 0 }, { "2 G", 0 }, { "8GiB", 0 },
		{ "99999999999999999999", 0 }, { "16777217", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *said = NULL;
		struct guest_options o = { .memory = 7 };
		int r;

		stderr_catch();
		r = guest_option_set(&o, "memory", cases[i].text);
		said = stderr_caught();
		CHECK(r == (cases[i].mib ? 0 : -EINVAL));
		CHECK(o.memory == (cases[i].mib ? cases[i].mib : 7));
		CHECK(cases[i].mib ? !*said : strstr(said, "memory in MiB") != NULL);
	}
}

TEST(options_are_set_by_their_names)
{
	_cleanup_free_ char *said = NULL;
	struct guest_options o = { .network = "default" };

	CHECK(guest_option_set(&o, "type", "qemu") == 0 && o.type == GUEST_QEMU);
	CHECK(guest_option_set(&o, "type", "kvm") == 0 && o.type == GUEST_KVM);
	CHECK(guest_option_set(&o, "format", "qcow2") == 0 && o.format == DISK_QCOW2);
	CHECK(guest_option_set(&o, "network", "none") == 0 && !o.network);
	CHECK(guest_option_set(&o, "network", "lan") == 0);
	CHECK_STR(o.network, "lan");
	CHECK(guest_option_set(&o, "colour", "red") == -ENOENT);
	stderr_catch();
	CHECK(guest_option_set(&o, "type", "xen") == -EINVAL && guest_option_set(&o, "format", "vmdk") == -EINVAL &&
	      guest_option_set(&o, "vcpus", "two") == -EINVAL);
	said = stderr_caught();
	CHECK(strstr(said, "'xen' is no value for type") && strstr(said, "'vmdk'") && strstr(said, "'two'"));
}

TEST(the_format_of_an_image_is_read_from_it)
{
	static const char qcow2[104] = { 'Q', 'F', 'I', (char)0xfb, 0, 0, 0, 3 };
	static const char backed[104] = { 'Q', 'F', 'I', (char)0xfb, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 2, 0 };
	static const char external[104] = { 'Q', 'F', 'I', (char)0xfb, 0, 0, 0, 3, [79] = 4 };
	static const struct {
		const char *data;
		size_t size;
		const char *format; /* NULL: refused */
	} cases[] = {
		{ qcow2, sizeof(qcow2), "qcow2" }, { "", 0, "raw" }, { "QFI", 3, "raw" }, { "QFI\xfc", 4, "raw" },
		{ backed, sizeof(backed), NULL }, { external, sizeof(external), NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *xml = NULL, *said = NULL, *named = NULL, *said_named = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);

		put(&t, "guest.img", cases[i].data, cases[i].size);
		o.disk = "/guest.img";
		CHECK(build(&t, &o, &xml, &said) == (cases[i].format ? 0 : -EINVAL));
		if (cases[i].format) {
			CHECK_XML(xml, "//disk/driver/@type", cases[i].format);
			continue;
		}
		CHECK(!xml && strstr(said, "refers to another file"));
		o.format = DISK_QCOW2;
		CHECK(build(&t, &o, &named, &said_named) == 0);
		CHECK_XML(named, "//disk/driver/@type", "qcow2");
	}
}

TEST(a_disk_that_must_be_looked_at_has_to_exist)
{
	_cleanup_free_ char *xml = NULL, *said = NULL, *folder = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.disk = "/gone.img";
	CHECK(build(&t, &o, &xml, &said) == -ENOENT);
	CHECK(!xml && strstr(said, "cannot look into the disk /gone.img"));
	o.disk = "/usr";
	CHECK(build(&t, &o, &xml, &folder) == -EINVAL);
	CHECK(!xml && strstr(folder, "neither a file nor a block device"));
}

TEST(an_emulator_that_is_not_there_is_an_error_with_its_package)
{
	_cleanup_free_ char *xml = NULL, *said = NULL, *said_own = NULL, *kvm = NULL, *said_kvm = NULL;
	_cleanup_tree_ struct tree t;
	struct guest_options o = start(&t);

	o.emulator = "/opt/qemu";
	CHECK(build(&t, &o, &xml, &said_own) == -ENOENT);
	CHECK(!xml && strstr(said_own, "no QEMU at /opt/qemu"));
	o.emulator = NULL;
	CHECK(fs_remove(t.fd, "usr/bin/qemu-system-x86_64") == 0);
	CHECK(build(&t, &o, &xml, &said) == -ENOENT);
	CHECK(!xml && strstr(said, "no QEMU at /usr/bin/qemu-system-x86_64") && strstr(said, "qemu-system-x86"));
	/* RHEL */
	put(&t, "usr/libexec/qemu-kvm", "", 0);
	software_done(&t.host.software);
	CHECK(software_read(t.fd, "x86_64", &t.host.software) == 0);
	CHECK(build(&t, &o, &kvm, &said_kvm) == 0);
	CHECK_XML(kvm, "//emulator", "/usr/libexec/qemu-kvm");
}

TEST(every_profile_can_be_listed_shown_and_built)
{
	size_t n = 0;

	for (const struct profile *p = profiles; p->name; p++, n++) {
		_cleanup_(strv_freep) char **lines = NULL;
		_cleanup_free_ char *xml = NULL;
		_cleanup_tree_ struct tree t;
		struct guest_options o = start(&t);

		CHECK(profile_find(p->name) == p);
		CHECK(p->help && !strchr(p->help, '\n') && strlen(p->help) <= 80);
		CHECK(p->text && str_ends(p->text, "\n"));
		CHECK(strv_split(p->text, "\n", &lines) == 0);
		for (char **line = lines; *line; line++)
			CHECK(strlen(*line) <= 105);
		o = p->defaults;
		o.name = "guest";
		CHECK(profile_build(&t.host, p, &o, &xml) == 0);
		CHECK(is_valid(xml));
	}
	CHECK(n > 0);
	CHECK(!profile_find("none-of-that-name"));
}

TEST_MAIN()
