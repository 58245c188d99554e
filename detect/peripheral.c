/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peripherals through which somebody works at the host itself: keyboards, consoles, the console's framebuffer; and what hangs on Thunderbolt. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/device.h"
#include "detect/peripheral.h"

void peripherals_done(struct peripherals *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->list[i].name);
		free(p->list[i].function);
	}
	free(p->list);
	*p = (struct peripherals){};
}

static int add(struct peripherals *p, enum peripheral_kind kind, const char *name, const char *link)
{
	struct peripheral *grown = realloc(p->list, (p->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	p->list = grown;
	grown[p->n] = (struct peripheral){ .kind = kind, .name = strdup(name), .function = address_in_path(link) };
	return grown[p->n++].name ? 0 : -ENOMEM;
}

bool keys_are_keyboard(const char *keys)
{
	const char *space = strrchr(keys, ' ');
	uint64_t lowest;

	return parse_hex(space ? space + 1 : keys, &lowest) == 0 && (lowest & 0xfffffffe) == 0xfffffffe;
}

int keyboards_each(int root_fd, int (*found)(void *context, const char *name, const char *link), void *context)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "sys/class/input") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *link = NULL, *keys = NULL, *title = NULL;

		if (!str_starts(*name, "input") || fs_read_link(root_fd, &link, "sys/class/input/%s", *name) < 0 ||
		    strstr(link, "devices/virtual/") ||
		    fs_read_line(root_fd, &keys, "sys/class/input/%s/capabilities/key", *name) < 0 || !keys_are_keyboard(keys))
			continue;
		if (fs_read_line(root_fd, &title, "sys/class/input/%s/name", *name) < 0)
			title = NULL;
		r = found(context, title ? title : *name, link);
	}
	return r;
}

/* A PS/2 one hangs on no PCI function, and counts. */
static int add_keyboard(void *peripherals, const char *name, const char *link)
{
	return add(peripherals, PERIPHERAL_KEYBOARD, name, link);
}

static int add_console(int root_fd, struct peripherals *p, const char *name)
{
	_cleanup_free_ char *link = NULL;

	if (fs_read_link(root_fd, &link, "sys/class/tty/%s", name) < 0)
		return 0;
	return add(p, PERIPHERAL_CONSOLE, name, link);
}

/* proc/consoles: "ttyS4    -W- (EC  p a)    4:68"; for an ordinary user the names are in sysfs, too. */
static int read_consoles(int root_fd, struct peripherals *p)
{
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	int r = 0;

	if (fs_read(root_fd, &text, NULL, "proc/consoles") >= 0) {
		for (char *line = strtok_r(text, "\n", &save); line && r >= 0; line = strtok_r(NULL, "\n", &save)) {
			line[strcspn(line, " \t")] = '\0';
			r = *line ? add_console(root_fd, p, line) : 0;
		}
		return r;
	}
	if (fs_read_line(root_fd, &text, "sys/class/tty/console/active") < 0)
		return 0;
	r = strv_split(text, " ", &names);
	for (char **name = names; name && *name && r >= 0; name++)
		r = add_console(root_fd, p, *name);
	return r;
}

/* fbcon draws on the first framebuffer; the others are not the console's. */
static int read_framebuffer(int root_fd, struct peripherals *p)
{
	_cleanup_free_ char *link = NULL;

	if (fs_read_link(root_fd, &link, "sys/class/graphics/fb0") < 0)
		return 0;
	return add(p, PERIPHERAL_FRAMEBUFFER, "fb0", link);
}

/* "1-3" is what is connected to domain 1, by its route; "1-0" is the host's own router, and "1-0:1.1" a retimer in its cable. */
static bool is_connected(const char *name)
{
	const char *dash = strchr(name, '-');

	return dash && !str_starts(name, "domain") && !str_eq(dash, "-0") && !strchr(name, ':');
}

/*
 * The disks and ports in a dock are functions behind bridges of their own, by tunnels that the host interface makes: whoever has
 * that has them (Documentation/ABI/testing/sysfs-bus-thunderbolt).
 */
static int read_tunneled(int root_fd, struct peripherals *p)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "sys/bus/thunderbolt/devices") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *link = NULL, *vendor = NULL, *device = NULL, *both = NULL;

		if (!is_connected(*name) || fs_read_link(root_fd, &link, "sys/bus/thunderbolt/devices/%s", *name) < 0)
			continue;
		if (fs_read_line(root_fd, &vendor, "sys/bus/thunderbolt/devices/%s/vendor_name", *name) >= 0 &&
		    fs_read_line(root_fd, &device, "sys/bus/thunderbolt/devices/%s/device_name", *name) >= 0)
			both = text_format("%s %s", vendor, device);
		r = add(p, PERIPHERAL_TUNNELED, both ? both : *name, link);
	}
	return r;
}

int peripherals_read(int root_fd, struct peripherals *ret)
{
	_cleanup_(peripherals_done) struct peripherals p = {};
	int r;

	r = keyboards_each(root_fd, add_keyboard, &p);
	if (r >= 0)
		r = read_consoles(root_fd, &p);
	if (r >= 0)
		r = read_framebuffer(root_fd, &p);
	if (r >= 0)
		r = read_tunneled(root_fd, &p);
	if (r < 0)
		return log_oom();
	*ret = TAKE(p);
	return 0;
}
