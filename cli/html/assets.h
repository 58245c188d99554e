/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page's style and script, and their hashes for its Content-Security-Policy; made by embed.py. */
#pragma once

extern const char page_style[], page_style_sha256[];
extern const char page_script[], page_script_sha256[];
