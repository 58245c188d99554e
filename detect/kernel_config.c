/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a kernel was built, as far as passthrough goes: the options of its .config. */

#define ZLIB_CONST /* next_in is not written */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/kernel_config.h"

#define TEXT_MAX (16u << 20)

static const char *const names[CONFIG_OPTIONS] = {
	[CONFIG_OPTION_VFIO] = "CONFIG_VFIO",
	[CONFIG_OPTION_VFIO_PCI] = "CONFIG_VFIO_PCI",
	[CONFIG_OPTION_VFIO_NOIOMMU] = "CONFIG_VFIO_NOIOMMU",
	[CONFIG_OPTION_IOMMUFD] = "CONFIG_IOMMUFD",
	[CONFIG_OPTION_INTEL_IOMMU] = "CONFIG_INTEL_IOMMU",
	[CONFIG_OPTION_INTEL_IOMMU_DEFAULT_ON] = "CONFIG_INTEL_IOMMU_DEFAULT_ON",
	[CONFIG_OPTION_AMD_IOMMU] = "CONFIG_AMD_IOMMU",
	[CONFIG_OPTION_DEFAULT_DMA_STRICT] = "CONFIG_IOMMU_DEFAULT_DMA_STRICT",
	[CONFIG_OPTION_DEFAULT_DMA_LAZY] = "CONFIG_IOMMU_DEFAULT_DMA_LAZY",
	[CONFIG_OPTION_DEFAULT_PASSTHROUGH] = "CONFIG_IOMMU_DEFAULT_PASSTHROUGH",
	[CONFIG_OPTION_KVM] = "CONFIG_KVM",
	[CONFIG_OPTION_KVM_INTEL] = "CONFIG_KVM_INTEL",
	[CONFIG_OPTION_KVM_AMD] = "CONFIG_KVM_AMD",
};

void kernel_config_done(struct kernel_config *c)
{
	free(c->path);
	*c = (struct kernel_config){};
}

const char *kernel_option_name(enum kernel_option option)
{
	return names[option];
}

static void parse_line(const char *line, size_t n, char values[CONFIG_OPTIONS])
{
	for (int i = 0; i < CONFIG_OPTIONS; i++) {
		size_t length = strlen(names[i]);

		if (n == length + 2 && line[length] == '=' && memcmp(line, names[i], length) == 0)
			values[i] = line[length + 1] == 'm' ? 'm' : line[length + 1] == 'y' ? 'y' : 'n';
	}
}

void kernel_config_parse(const char *text, char values[CONFIG_OPTIONS])
{
	memset(values, 'n', CONFIG_OPTIONS);
	while (*text) {
		const char *end = strchrnul(text, '\n');

		if (*text == 'C')
			parse_line(text, (size_t)(end - text), values);
		text = end + (*end != '\0');
	}
}

static void inflate_endp(z_stream *z)
{
	inflateEnd(z);
}

int gunzip(const void *data, size_t size, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t allocated = 1u << 18, used = 0;
	_cleanup_(inflate_endp) z_stream z = {};
	int r = Z_OK;

	z.next_in = (const Bytef *)data;
	z.avail_in = (uInt)size;
	if (size > TEXT_MAX || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return -EINVAL;
	while (r == Z_OK) {
		char *grown = allocated > TEXT_MAX ? NULL : realloc(text, allocated + 1);

		if (!grown)
			return allocated > TEXT_MAX ? -EFBIG : -ENOMEM;
		text = grown;
		z.next_out = (Bytef *)text + used;
		z.avail_out = (uInt)(allocated - used);
		r = inflate(&z, Z_NO_FLUSH);
		used = allocated - z.avail_out;
		allocated *= 2;
	}
	if (r != Z_STREAM_END)
		return -EINVAL;
	text[used] = '\0';
	*ret = TAKE(text);
	return 0;
}

static int read_text(int root_fd, const char *release, char **ret_text, char **ret_path)
{
	static const char *const formats[] = { "boot/config-%s", "lib/modules/%s/config", "usr/lib/modules/%s/config" };

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		_cleanup_free_ char *path = text_format(formats[i], release);

		if (!path)
			return -ENOMEM;
		if (fs_read(root_fd, ret_text, NULL, "%s", path) < 0)
			continue;
		*ret_path = TAKE(path);
		return 0;
	}
	return -ENOENT;
}

static int read_running(int root_fd, char **ret_text, char **ret_path)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &data, &size, "proc/config.gz");
	if (r >= 0)
		r = gunzip(data, size, ret_text);
	if (r < 0)
		return r;
	*ret_path = strdup("proc/config.gz");
	return *ret_path ? 0 : -ENOMEM;
}

int kernel_config_read(int root_fd, const char *release, bool running, struct kernel_config *ret)
{
	_cleanup_free_ char *text = NULL;
	struct kernel_config c = {};
	int r = -ENOENT;

	if (release)
		r = read_text(root_fd, release, &text, &c.path);
	if (r == -ENOENT && running)
		r = read_running(root_fd, &text, &c.path);
	if (r == -ENOMEM)
		return r;
	if (r >= 0)
		kernel_config_parse(text, c.values);
	*ret = c;
	return 0;
}
