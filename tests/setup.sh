# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Installs the packages that ./check and ./demo need. Both source this file; it says nothing where nothing is missing.

# What Debian installed is what is meant, whatever else stands first in the caller's PATH.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

die() {
	echo "error: $*" >&2
	exit 1
}

# set_up LIST...: the packages named in these files, one a line, with # for comments.
set_up() {
	grep -qx 'ID=debian' /etc/os-release 2>/dev/null || die "this is made for Debian 12; elsewhere, install what $* name, and see README.md for the build"

	set_up_wanted=$(sed 's/#.*//' "$@" | tr -s '[:space:]' '\n' | grep . | sort -u)
	# shellcheck disable=SC2086
	set_up_present=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $set_up_wanted 2>/dev/null | sed -n 's/^ii *//p')
	set_up_missing=$(printf '%s\n' "$set_up_wanted" | grep -vxF "$set_up_present" | tr '\n' ' ')
	[ -n "$set_up_missing" ] || return 0

	[ "$(id -u)" = 0 ] || die "packages are missing, and installing them needs root; as root: apt-get install $set_up_missing"
	set_up_log=$(mktemp) || exit 1
	echo "Installing what is missing: $set_up_missing" >&2
	set_up_apt update || echo "warning: apt-get update failed; going on with the package lists that are there" >&2
	# shellcheck disable=SC2086
	if ! set_up_apt install --no-install-recommends $set_up_missing; then
		tail -n 20 "$set_up_log" >&2
		die "cannot install the packages; the whole of apt-get's output is in $set_up_log"
	fi
	rm -f "$set_up_log"
}

# On a machine that has just been started, its own first update may hold apt's lock for a while.
set_up_apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >>"$set_up_log" 2>&1 </dev/null
}
